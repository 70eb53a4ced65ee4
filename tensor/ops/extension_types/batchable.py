"""BatchableExtensionType: values that stack into one value, and come apart again.

An encoder says how. It turns a value into tensors; those of several values are stacked,
and the stack is turned back. The usual one stacks each tensor of the fields; a user's
own may do more, such as add to the fields what the values of a batch share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import nest
from tensor.core.dtypes import int32
from tensor.core.indexed_slices import CompositeTensor
from tensor.core.public_api import export
from tensor.core.registry import get_op
from tensor.core.tensor import Tensor
from tensor.core.tensor_spec import CompositeSpec, TensorSpec, TypeSpec
from tensor.ops.extension_types.extension_spec import ExtensionTypeSpec
from tensor.ops.extension_types.extension_type import ExtensionType

if TYPE_CHECKING:
    from collections.abc import Sequence


@export("experimental.ExtensionTypeBatchEncoder")
class ExtensionTypeBatchEncoder:
    """Turns values into tensors that stack, and back; here, one for each tensor."""

    def batch(self, spec: Any, batch_size: int | None) -> Any:
        """Return the spec of so many values stacked."""
        return spec.with_specs(lambda leaf: batched(leaf, batch_size))

    def unbatch(self, spec: Any) -> Any:
        """Return the spec of one of the values that were stacked."""
        return spec.with_specs(unbatched)

    def encode(self, spec: Any, value: Any, minimum_rank: int = 0) -> list[Any]:
        """Return the tensors and composites that stand for a value.

        Args:
            spec: The value's spec.
            value: A value.
            minimum_rank: The number of dimensions that each of them has at least.
        """
        leaves = nest.flatten(list(value._field_values().values()))
        return [v for v in leaves if isinstance(v, Tensor | CompositeTensor)]

    def decode(self, spec: Any, encoded_value: Sequence[Any]) -> Any:
        """Return the value that tensors stand for."""
        remaining = iter(encoded_value)
        structure = nest.map_structure(
            lambda leaf: next(remaining) if isinstance(leaf, TypeSpec) else leaf,
            spec._structure(),
        )
        return spec.value_of(structure)

    def encoding_specs(self, spec: Any) -> list[Any]:
        """Return what describes the results of `encode`."""
        return [leaf for leaf in nest.flatten(spec._structure()) if _is_spec(leaf)]


def _is_spec(leaf: Any) -> bool:
    return isinstance(leaf, TypeSpec)


def _stack(values: Sequence[Any], spec: Any) -> Any:
    if isinstance(spec, CompositeSpec):
        return spec.stacked(values)
    return get_op("Pack")(*values, axis=0)


def batched(spec: Any, count: int | None) -> Any:
    """Return the spec of so many values stacked."""
    if isinstance(spec, TensorSpec):
        dims = None if spec.dims is None else (count, *spec.dims)
        return TensorSpec.of(dims, spec.dtype)
    return spec.batched(count)


def unbatched(spec: Any) -> Any:
    """Return the spec of a slice along the first axis.

    Raises:
        ValueError: It is that of a scalar.
    """
    if isinstance(spec, CompositeSpec):
        return spec.unbatched()
    if spec.dims == ():
        raise ValueError(f"Unbatching a tensor is only supported for rank >= 1: {spec}")
    return TensorSpec.of(None if spec.dims is None else spec.dims[1:], spec.dtype)


class BatchableExtensionTypeSpec(ExtensionTypeSpec):
    """Describes values that stack."""

    @classmethod
    def encoder(cls) -> Any:
        """Return what turns values into tensors and back."""
        own = cls.__dict__.get("__batch_encoder__")
        return own or cls.value_type.__batch_encoder__  # type: ignore[attr-defined]

    def batched(self, count: int | None) -> Any:
        """Return the spec of so many values stacked."""
        return self.encoder().batch(self, count)

    def stacked(self, values: Sequence[Any]) -> Any:
        """Return values as one value."""
        encoder = self.encoder()
        specs = encoder.encoding_specs(self)
        columns = zip(*[encoder.encode(self, v) for v in values], strict=True)
        stacks = [_stack(c, spec) for c, spec in zip(columns, specs, strict=True)]
        return encoder.decode(encoder.batch(self, len(values)), stacks)

    def unbatched(self) -> Any:
        """Return the spec of the values that were stacked."""
        return self.encoder().unbatch(self)


@export("experimental.BatchableExtensionType")
class BatchableExtensionType(ExtensionType):
    """The base of users' types whose values stack.

    `__batch_encoder__` says how; a subclass may have its own.
    """

    _is_base = True
    _spec_base = BatchableExtensionTypeSpec
    __batch_encoder__ = ExtensionTypeBatchEncoder()

    def slice_at(self, number: Any) -> Any:
        """Return the value of this number among those that were stacked."""
        spec = self._type_spec
        encoder = spec.encoder()
        parts = [
            part.slice_at(number) if isinstance(part, CompositeTensor) else part[number]
            for part in encoder.encode(spec, self, minimum_rank=1)
        ]
        return encoder.decode(encoder.unbatch(spec), parts)

    def slice_count(self) -> Any:
        """Return how many values were stacked: an int if it is known."""
        spec = self._type_spec
        first = spec.encoder().encode(spec, self, minimum_rank=1)[0]
        if isinstance(first, CompositeTensor):
            return first.slice_count()
        known = first.static_shape[0]
        return get_op("Shape")(first, out_type=int32)[0] if known is None else known
