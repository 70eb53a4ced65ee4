"""Lists and whole tensors: entries stacked or joined, and tensors cut up again."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import errors
from tensor.core.registry import get_op
from tensor.core.shapes import to_brackets
from tensor.core.tensor import wrap
from tensor.core.tensor_spec import TensorSpec
from tensor.graph.control.list_ops import LIST, ListOp, empty_entry, filled


def stacked(items: list[Any], spec: TensorSpec) -> Any:
    """Return the entries of a list as one array, zeros for empty ones.

    Raises:
        InvalidArgumentError: They differ in shape, or there are none and it is not
            known what shape they would have.
    """
    if not items:
        return np.zeros((0, *_shape_of_none(spec, "stack")), spec.dtype.numpy_dtype)
    arrays = [empty_entry(items, spec) if v is None else v for v in items]
    _check_shapes([a.shape for a in arrays])
    return np.stack(arrays)


def _shape_of_none(spec: TensorSpec, use: str) -> tuple[int, ...]:
    """Return the shape that the entries of an empty list would have."""
    dims = spec.dims
    if dims is None or None in dims:
        raise errors.because(
            errors.InvalidArgumentError,
            f"Tried to {use} elements of an empty list with non-fully-defined "
            f"element_shape: {to_brackets(dims)}",
        )
    return dims  # type: ignore[return-value]  # no dimension is None


def _check_shapes(shapes: list[tuple[int, ...]]) -> None:
    first = shapes[0]
    for shape in shapes:
        if shape != first:
            same = len(shape) == len(first)
            what = (
                f"shapes during merge: {to_brackets(first)} vs. {to_brackets(shape)}"
                if same
                else f"ranks during merge: {len(first)} vs. {len(shape)}"
            )
            raise errors.because(
                errors.InvalidArgumentError,
                f"PartialTensorShape: Incompatible {what}. The elements of the "
                "TensorArray differ.",
            )


class ListStack(ListOp):
    """The entries of a list as one tensor; `count` is how many there must be."""

    type_name = "TensorListStack"

    def kernel(self, items: Any, spec: TensorSpec, count: int | None = None) -> Any:
        if count is not None and count != len(items):
            raise errors.because(
                errors.InvalidArgumentError,
                f"Operation expected a list with {count} elements but got a list with "
                f"{len(items)} elements. TensorArray(dynamic_size=True) may differ.",
            )
        return stacked(items, spec)

    def apply_now(self, *inputs: Any, **attrs: Any) -> Any:
        items = filled(inputs[0], attrs["spec"])
        return (
            get_op("Pack")(*items, axis=0) if items else wrap(self.kernel([], **attrs))
        )

    def infer(
        self, items: TensorSpec, spec: TensorSpec, count: int | None = None
    ) -> TensorSpec:
        dims = None if spec.dims is None else (count, *spec.dims)
        return TensorSpec.of(dims, spec.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return list_unstack(dz)


class ListConcat(ListOp):
    """The entries of a list joined along their first axis."""

    type_name = "TensorListConcatV2"

    def kernel(self, items: Any, spec: TensorSpec) -> Any:
        if not items:
            rest = None if spec.dims is None else spec.dims[1:]
            dims = _shape_of_none(TensorSpec.of(rest, spec.dtype), "concatenate")
            return np.zeros((0, *dims), spec.dtype.numpy_dtype)
        arrays = [empty_entry(items, spec) if v is None else v for v in items]
        check_vectors([a.shape for a in arrays])
        _check_shapes([a.shape[1:] for a in arrays])
        return np.concatenate(arrays)

    def apply_now(self, *inputs: Any, **attrs: Any) -> Any:
        return get_op("ConcatV2")(*filled(inputs[0], attrs["spec"]), axis=0)

    def infer(self, items: TensorSpec, spec: TensorSpec) -> TensorSpec:
        dims = None if spec.dims is None else (None, *spec.dims[1:])
        return TensorSpec.of(dims, spec.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return list_split_like(dz, call.inputs[0], spec=call.attrs["spec"])


def check_vectors(shapes: list[tuple[int, ...]]) -> None:
    """Check that the entries to be joined have a first axis.

    Raises:
        InvalidArgumentError: One has none.
    """
    for i, shape in enumerate(shapes):
        if not shape:
            raise errors.because(
                errors.InvalidArgumentError,
                f"Concat saw a scalar shape at index {i} but requires at least "
                "vectors. `stack` joins scalars.",
            )


class ListSplitLike(ListOp):
    """Pieces of a tensor along its first axis, as long as a list's entries."""

    def kernel(self, value: Any, items: Any, spec: TensorSpec) -> Any:
        lengths = [len(empty_entry(items, spec) if v is None else v) for v in items]
        return np.split(value, np.cumsum(lengths[:-1]))

    def apply_now(self, *inputs: Any, **attrs: Any) -> Any:
        value, items = inputs
        sizes = tuple([len(v) for v in filled(items, attrs["spec"])])
        return list(get_op("SplitV")(value, sizes=sizes, axis=0))

    def infer(
        self, value: TensorSpec, items: TensorSpec, spec: TensorSpec
    ) -> TensorSpec:
        return LIST

    def gradient(self, call: Any, dz: Any) -> Any:
        return list_concat(dz, spec=call.attrs["spec"]), None


class ListUnstack(ListOp):
    """The slices of a tensor along its first axis as a list."""

    type_name = "TensorListFromTensor"

    def kernel(self, value: Any) -> Any:
        if not np.ndim(value):
            raise errors.because(
                errors.InvalidArgumentError,
                "Tensor must be at least a vector, but saw shape: []",
            )
        return list(value)

    def apply_now(self, *inputs: Any, **attrs: Any) -> Any:
        return list(get_op("Unpack")(inputs[0], axis=0, num=len(inputs[0])))

    def infer(self, value: TensorSpec) -> TensorSpec:
        return LIST

    def gradient(self, call: Any, dz: Any) -> Any:
        return list_stack_like(dz, call.inputs[0])


class ListStackLike(ListOp):
    """The entries of a list as one tensor of another's shape; zeros where empty."""

    def kernel(self, items: Any, value: Any) -> Any:
        result = np.zeros(value.shape, value.dtype)
        for i, item in enumerate(items[: len(result)]):
            if item is not None:
                result[i] = item
        return result

    def apply_now(self, *inputs: Any, **attrs: Any) -> Any:
        items, value = inputs
        zeros = get_op("ZerosLike")(value[0]) if len(value) else None
        rows = [*items, *[None] * (len(value) - len(items))][: len(value)]
        filled = [zeros if v is None else v for v in rows]
        return get_op("Pack")(*filled, axis=0) if filled else value

    def infer(self, items: TensorSpec, value: TensorSpec) -> TensorSpec:
        return value

    def gradient(self, call: Any, dz: Any) -> Any:
        return list_unstack(dz), None


list_stack = ListStack()
list_stack_like = ListStackLike()
list_concat = ListConcat()
list_split_like = ListSplitLike()
list_unstack = ListUnstack()
