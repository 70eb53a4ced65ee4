"""Indexing: `x[1:3, ..., tf.newaxis, ::-1]`, its gradient, tensors as indices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.dimension import Dimension
from tensor.core.registry import Op, Sample, register
from tensor.core.tensor import EagerTensor, Tensor, element
from tensor.core.tensor_spec import TensorSpec
from tensor.core.variable import Variable
from tensor.ops.array import shape_for, static_value
from tensor.ops.families import shape_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensor.core.shapes import Dims


class StridedSlice(Op):
    """The part of x that NumPy-style basic indices select.

    `index` is a tuple of ints, slices, None (a new axis) and Ellipsis.
    """

    kind = "view"
    keeps_inputs = False

    def kernel(self, x: Any, index: tuple[Any, ...]) -> Any:
        return element(x[index])

    def infer(self, x: TensorSpec, index: tuple[Any, ...]) -> TensorSpec:
        return TensorSpec.of(sliced_shape(x.dims, index), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return strided_slice_grad(dz, shape=shape_for(call.inputs[0]), **call.attrs)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(4, 3, 5))
        for index in (
            (1,),
            (slice(1, 3), slice(None), slice(None, None, -2)),
            (Ellipsis, -1),
            (None, 0, Ellipsis, None),
            (slice(3, 1),),
        ):
            yield Sample(x, index=index)


class StridedSliceGrad(Op):
    """Zeros of a shape, with dz where the indices point."""

    keeps_inputs = False

    def kernel(self, dz: Any, shape: Any, index: tuple[Any, ...]) -> Any:
        result = np.zeros(tuple(shape), dz.dtype)
        result[index] = dz
        return result

    def infer(self, dz: TensorSpec, shape: Any, index: tuple[Any, ...]) -> TensorSpec:
        return TensorSpec.of(static_value(shape), dz.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return strided_slice(dz, index=call.attrs["index"])

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2,)), shape=(4,), index=(slice(1, 3),))


strided_slice = register(StridedSlice)
strided_slice_grad = register(StridedSliceGrad)


def sliced_shape(dims: Dims | None, index: tuple[Any, ...]) -> Dims | None:
    """Return the static shape that basic indices select from a shape."""
    if dims is None:
        return None
    index = _without_ellipsis(index, len(dims))
    result: list[int | None] = []
    axis = 0
    for item in index:
        if item is None:
            result.append(1)
            continue
        if isinstance(item, slice):
            size = dims[axis]
            if item == slice(None):
                result.append(size)
            elif size is None:
                result.append(None)
            else:
                result.append(len(range(*item.indices(size))))
        axis += 1
    return (*result, *dims[axis:])


def _without_ellipsis(index: tuple[Any, ...], rank: int) -> tuple[Any, ...]:
    if Ellipsis not in index:
        return index
    at = index.index(Ellipsis)
    used = sum(item is not None and item is not Ellipsis for item in index)
    return (*index[:at], *(slice(None),) * (rank - used), *index[at + 1 :])


def get_item(self: Any, key: Any) -> Any:
    """Return `self[key]` for a tensor or variable.

    Raises:
        InvalidArgumentError: An index is out of bounds, or there are too many.
        TypeError: An index is none of int, slice, None, Ellipsis, scalar tensor.
    """
    if _is_mask(key):
        from tensor.ops.selection import boolean_mask

        return boolean_mask(self, key)
    items = key if type(key) is tuple else (key,)
    index = tuple([_basic(item) for item in items])
    if any(_is_symbolic(item) for item in index):
        from tensor.core.context import context

        result = context.graph.get_item(self, index)
    else:
        shape = shape_of(self)
        if shape is not None:
            check_bounds(shape, index)
        result = strided_slice(self, index=index)
    if isinstance(self, Variable):
        result._slice_of = self, index
    return result


def _is_mask(key: Any) -> bool:
    """Return whether an index is a tensor or array of booleans."""
    kind = type(key)
    if kind is int or kind is slice or kind is tuple:
        return False
    if isinstance(key, bool):
        return True
    dtype = getattr(key, "dtype", None)
    return dtype is not None and dtype == np.bool_


def _basic(item: Any) -> Any:
    """Return one index as an int, slice, None or Ellipsis; symbolic tensors stay."""
    if type(item) is int or item is None or item is Ellipsis:
        return item
    if isinstance(item, slice):
        if item.start is None and item.stop is None and item.step is None:
            return item
        return slice(_bound(item.start), _bound(item.stop), _bound(item.step))
    return _bound(item)


def _bound(value: Any) -> Any:
    if value is None or type(value) is int:
        return value
    if isinstance(value, EagerTensor | Variable | np.ndarray):
        array = np.asarray(value)
        if array.ndim or array.dtype.kind not in "iu":
            raise TypeError(_bad_index(value))
        return int(array)
    if isinstance(value, Tensor):
        return value
    if isinstance(value, Dimension) and value.value is None:
        return None
    if isinstance(value, bool | np.bool_) or not hasattr(value, "__index__"):
        raise TypeError(_bad_index(value))
    return value.__index__()


def _bad_index(value: Any) -> str:
    return (
        "Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar "
        f"tf.int32/tf.int64 tensors are valid indices, got {value!r}. To select by a "
        "mask use tf.boolean_mask, by several indices tf.gather."
    )


def _is_symbolic(item: Any) -> bool:
    if isinstance(item, slice):
        return any(isinstance(v, Tensor) for v in (item.start, item.stop, item.step))
    return isinstance(item, Tensor)


def check_bounds(shape: Dims, index: tuple[Any, ...]) -> None:
    """Check the number and the range of indices, with TensorFlow's messages.

    Raises:
        InvalidArgumentError: There are too many, or one is out of bounds.
    """
    used = sum(item is not None and item is not Ellipsis for item in index)
    if sum(item is Ellipsis for item in index) > 1:
        raise errors.because(
            errors.InvalidArgumentError,
            "Multiple ellipses in slice spec not allowed [Op:StridedSlice] name: "
            "strided_slice/",
        )
    if not shape and used:
        raise errors.because(
            errors.InvalidArgumentError,
            "Attempting to slice scalar input. [Op:StridedSlice] name: strided_slice/",
        )
    if used > len(shape):
        raise errors.because(
            errors.InvalidArgumentError,
            f"Index out of range using input dim {len(shape)}; input has only "
            f"{len(shape)} dims [Op:StridedSlice] name: strided_slice/",
        )
    axis = 0
    for item in _without_ellipsis(index, len(shape)):
        if item is None:
            continue
        size = shape[axis]
        if type(item) is int and size is not None and not -size <= item < size:
            place = item + size if item < 0 else item
            raise errors.because(
                errors.InvalidArgumentError,
                f"slice index {place} of dimension {axis} out of bounds. "
                "[Op:StridedSlice] name: strided_slice/",
            )
        if isinstance(item, slice) and item.step == 0:
            raise errors.because(
                errors.InvalidArgumentError,
                f"strides[{axis}] must be non-zero [Op:StridedSlice] name: "
                "strided_slice/",
            )
        axis += 1
