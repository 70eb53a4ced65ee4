"""Indexing with indices that are computed: `x[i]`, `x[a:b]` with tensors in a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.registry import Op
from tensor.core.tensor import Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import shape_for, static_value
from tensor.ops.strided_slice import check_bounds, sliced_shape

if TYPE_CHECKING:
    from tensor.core.shapes import Dims


class Slot:
    """Stands in an index for the scalar of this number among an op's inputs."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number

    def __repr__(self) -> str:
        return f"#{self.number}"


Index = tuple[Any, ...]


def split_index(index: Index) -> tuple[Index, list[Any]]:
    """Return an index with slots for its tensors, and the tensors."""
    tensors: list[Any] = []

    def part(item: Any) -> Any:
        if isinstance(item, Tensor):
            tensors.append(item)
            return Slot(len(tensors) - 1)
        return item

    template = tuple(
        [
            slice(part(item.start), part(item.stop), part(item.step))
            if isinstance(item, slice)
            else part(item)
            for item in index
        ]
    )
    return template, tensors


def fill_index(template: Index, scalars: tuple[Any, ...]) -> Index:
    """Return an index with its slots filled."""

    def part(item: Any) -> Any:
        return int(scalars[item.number]) if type(item) is Slot else item

    return tuple(
        [
            slice(part(item.start), part(item.stop), part(item.step))
            if isinstance(item, slice)
            else part(item)
            for item in template
        ]
    )


def _has_slots(item: slice) -> bool:
    return any(type(v) is Slot for v in (item.start, item.stop, item.step))


class DynamicSlice(Op):
    """The part of x that an index selects, some of whose numbers are inputs."""

    type_name = "StridedSlice"

    def kernel(self, x: Any, *scalars: Any, index: Index) -> Any:
        filled = fill_index(index, scalars)
        check_bounds(np.shape(x), filled)
        return x[filled]

    def infer(self, x: TensorSpec, *scalars: TensorSpec, index: Index) -> TensorSpec:
        return TensorSpec.of(_selected(x.dims, index), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        x, *scalars = call.inputs
        index = call.attrs["index"]
        grad = dynamic_slice_grad(dz, *scalars, shape=shape_for(x), index=index)
        return (grad, *[None] * len(scalars))


class DynamicSliceGrad(Op):
    """Zeros of a shape, with dz where an index with computed numbers points."""

    type_name = "StridedSliceGrad"

    def kernel(self, dz: Any, *scalars: Any, shape: Any, index: Index) -> Any:
        result = np.zeros(tuple(shape), dz.dtype)
        result[fill_index(index, scalars)] = dz
        return result

    def infer(
        self, dz: TensorSpec, *scalars: TensorSpec, shape: Any, index: Index
    ) -> TensorSpec:
        return TensorSpec.of(static_value(shape), dz.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        scalars = call.inputs[1:]
        grad = dynamic_slice(dz, *scalars, index=call.attrs["index"])
        return (grad, *[None] * len(scalars))


dynamic_slice = DynamicSlice()
dynamic_slice_grad = DynamicSliceGrad()


def _selected(dims: Dims | None, index: Index) -> Dims | None:
    """Return the static shape; slices with computed bounds have unknown length."""
    if dims is None:
        return None
    # A slice with computed bounds selects none or more: the probe marks those axes.
    probe = tuple([_probe(item) for item in index])
    lengths = sliced_shape((1,) * len(dims), probe)
    result = sliced_shape(dims, tuple([_static(item) for item in index]))
    if result is None or lengths is None:
        return None
    return tuple([None if n == 0 else d for d, n in zip(result, lengths, strict=True)])


def _static(item: Any) -> Any:
    """Return an index item that selects as many axes, without slots."""
    if type(item) is Slot:
        return 0
    return slice(None) if isinstance(item, slice) and _has_slots(item) else item


def _probe(item: Any) -> Any:
    """Return an index item that selects nothing where the length is computed."""
    if isinstance(item, slice):
        return slice(0, 0) if _has_slots(item) else slice(None)
    return 0 if type(item) is Slot or type(item) is int else item


def dynamic_get_item(tensor: Any, index: Index) -> Any:
    """Return `tensor[index]` where some indices are symbolic tensors."""
    template, scalars = split_index(index)
    return dynamic_slice(tensor, *scalars, index=template)
