"""tf.RaggedTensorSpec: shape, dtype and levels of a ragged tensor to come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import dtypes
from tensor.core.public_api import export
from tensor.core.shapes import TensorShape, relax
from tensor.core.tensor_spec import CompositeSpec, TensorSpec, no_common_spec

if TYPE_CHECKING:
    from collections.abc import Sequence


@export("RaggedTensorSpec")
class RaggedTensorSpec(CompositeSpec):
    """Describes ragged tensors by shape, dtype and the number of ragged levels."""

    __slots__ = (
        "_dtype",
        "_flat_values_spec",
        "_ragged_rank",
        "_row_splits_dtype",
        "_shape",
    )

    def __init__(
        self,
        shape: Any = None,
        dtype: Any = dtypes.float32,
        ragged_rank: int | None = None,
        row_splits_dtype: Any = dtypes.int64,
        flat_values_spec: Any = None,
    ) -> None:
        """Describe ragged tensors.

        Raises:
            ValueError: Neither a rank nor `ragged_rank` is known, or the rank is no
                greater than it.
            TypeError: `ragged_rank` is no integer.
        """
        self._shape = TensorShape(shape)
        self._dtype = dtypes.as_dtype(dtype)
        self._row_splits_dtype = dtypes.as_dtype(row_splits_dtype)
        if ragged_rank is None:
            if self._shape.rank is None:
                raise ValueError(
                    "Must specify ragged_rank or a shape with a known rank."
                )
            ragged_rank = self._shape.rank - 1
        if not isinstance(ragged_rank, int):
            raise TypeError(
                f"Argument `ragged_rank` must be an int. Received {ragged_rank}."
            )
        if self._shape.rank is not None and ragged_rank >= self._shape.rank:
            raise ValueError(
                f"Argument `ragged_rank` ({ragged_rank}) must be less than rank "
                f"({self._shape.rank})."
            )
        self._ragged_rank = ragged_rank
        self._flat_values_spec = flat_values_spec

    @property
    def shape(self) -> TensorShape:
        """The static shape."""
        return self._shape

    @property
    def dtype(self) -> dtypes.DType:
        """The element type."""
        return self._dtype

    @property
    def ragged_rank(self) -> int:
        """The number of ragged levels."""
        return self._ragged_rank

    @property
    def row_splits_dtype(self) -> dtypes.DType:
        """The dtype of the row splits."""
        return self._row_splits_dtype

    @property
    def flat_values_spec(self) -> Any:
        """The spec of the flat values, if one was given."""
        return self._flat_values_spec

    @property
    def value_type(self) -> type:
        """The class of the values described."""
        from tensor.ops.ragged.ragged_tensor import RaggedTensor

        return RaggedTensor

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Return whether a ragged tensor, or every one of a spec, fits this spec."""
        other = getattr(spec_or_value, "_type_spec", spec_or_value)
        return (
            isinstance(other, RaggedTensorSpec)
            and self._dtype is other._dtype
            and self._ragged_rank == other._ragged_rank
            and self._row_splits_dtype is other._row_splits_dtype
            and self._shape.is_compatible_with(other._shape)
        )

    def most_specific_compatible_type(self, other: Any) -> RaggedTensorSpec:
        """Return the narrowest spec that fits the values of both.

        Raises:
            ValueError: There is none.
        """
        if not isinstance(other, RaggedTensorSpec) or (
            self._parameters()[1:] != other._parameters()[1:]
        ):
            raise no_common_spec(self, other)
        dims = relax(self._shape._dims, other._shape._dims)
        return RaggedTensorSpec(dims, *self._parameters()[1:])

    def batched(self, count: int | None) -> RaggedTensorSpec:
        """Return the spec of so many values stacked."""
        dims = None if self._shape.rank is None else (count, *self._shape)
        rank = self._ragged_rank + 1
        return RaggedTensorSpec(dims, self._dtype, rank, self._row_splits_dtype)

    def unbatched(self) -> RaggedTensorSpec:
        """Return the spec of the rows."""
        dims, rank = self._shape[1:], self._ragged_rank - 1
        return RaggedTensorSpec(dims, self._dtype, rank, self._row_splits_dtype)

    def stacked(self, values: Sequence[Any]) -> Any:
        """Return tensors or ragged tensors as the rows of one."""
        from tensor.ops.ragged.construction import ragged_stack

        return ragged_stack(list(values))

    def composite_components(self) -> list[Any]:
        """Return the specs of the flat values and of the splits of each level."""
        dims, levels = self._shape._dims, self._ragged_rank
        inner = None if dims is None else dims[levels + 1 :]
        rows = None if dims is None else dims[0]
        if not levels:
            return [TensorSpec.of(dims, self._dtype)]
        sizes = [None if rows is None else rows + 1]
        for length in (None,) * levels if dims is None else dims[1 : levels + 1]:
            rows = None if rows is None or length is None else rows * length
            sizes.append(None if rows is None else rows + 1)
        flat = TensorSpec.of(None if inner is None else (rows, *inner), self._dtype)
        kind = self._row_splits_dtype
        return [flat, *[TensorSpec.of((n,), kind) for n in sizes[:-1]]]

    def composite_from(self, parts: Sequence[Any]) -> Any:
        """Return a ragged tensor made of flat values and the splits of each level."""
        from tensor.ops.ragged.ragged_tensor import RaggedTensor

        dims = self._shape._dims or (None,) * (self._ragged_rank + 1)
        values: Any = parts[0]
        for splits, length in reversed(
            list(zip(parts[1:], dims[1 : self._ragged_rank + 1], strict=True))
        ):
            values = RaggedTensor(values, splits, length)
        return values

    def _parameters(self) -> tuple[Any, ...]:
        return self._shape, self._dtype, self._ragged_rank, self._row_splits_dtype
