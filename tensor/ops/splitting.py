"""tf.split: pieces of equal or given sizes along an axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.call import is_symbolic
from tensor.core.composites import takes_composites
from tensor.core.convert import convert, to_array
from tensor.core.dtypes import from_numpy, short_name
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, register
from tensor.core.tensor import Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import as_static_shape, concat, split
from tensor.ops.facts import ensure_shape_op
from tensor.ops.joining import pieces_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensor.core.shapes import Dims


class SplitEven(Op):
    """`num` pieces of equal size along an axis."""

    type_name = "Split"
    keeps_inputs = False

    def kernel(self, x: Any, num: int, axis: int) -> Any:
        axis = int(axis)
        size = x.shape[axis]
        if size % num:
            raise errors.invalid(
                "Split",
                f"Dimension size must be evenly divisible by {num} but is {size}. "
                "Number of ways to split should evenly divide the split dimension, but "
                f"got split_dim {axis} (size = {size}) and num_split {num}",
            )
        return tuple(np.split(x, num, axis=axis))

    def infer(self, x: TensorSpec, num: int, axis: Any) -> Any:
        dims: Dims | None = x.dims
        if is_symbolic(axis):
            dims = None if dims is None else (None,) * len(dims)
        elif dims is not None:
            size = dims[axis]
            if size is not None and size % num:
                self.kernel(np.empty([1 if d is None else d for d in dims]), num, axis)
            at = axis % len(dims)
            piece = None if size is None else size // num
            dims = (*dims[:at], piece, *dims[at + 1 :])
        return tuple(TensorSpec.of(dims, x.dtype) for _ in range(num))

    def gradient(self, call: Any, *dz: Any) -> Any:
        return concat(*dz, axis=call.attrs["axis"])

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(4, 2)), num=2, axis=0)
        yield Sample(rng.normal(size=(2, 3)), num=3, axis=-1)


split_even = register(SplitEven)


@export("split")
@takes_composites
def split_(
    value: Any,
    num_or_size_splits: Any,
    axis: Any = 0,
    num: int | None = None,
    name: str = "split",
) -> Any:
    """Return pieces of `value` along `axis`, as a list.

    Args:
        value: The tensor.
        num_or_size_splits: How many pieces of equal size, or the sizes; one of them
            may be -1: what is left.
        axis: The axis to split along.
        num: The number of pieces, where `num_or_size_splits` is a symbolic vector.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: The sizes do not add up, or `axis` is out of range.
        ValueError: The number of pieces is not known, or a tensor.
    """
    x = convert(value)
    is_number = isinstance(num_or_size_splits, int | np.integer)
    rank_0 = not hasattr(num_or_size_splits, "__len__")
    if isinstance(num_or_size_splits, Tensor | np.ndarray):
        rank_0 = num_or_size_splits.ndim == 0
    if rank_0 and not is_number:
        raise ValueError(
            "Rank-0 tensors are not supported as the num_or_size_splits argument to "
            f"split. Argument provided: {num_or_size_splits}. Expected a Python number."
        )
    if is_symbolic(axis) and is_number:
        return list(split_even(x, num=int(num_or_size_splits), axis=axis, name=name))
    axis = int(axis)
    op_type = "Split" if is_number else "SplitV"
    rank = x.ndim
    if rank is not None and not -rank <= axis < rank:
        raise errors.invalid(
            op_type,
            f"-input rank(-{rank}) <= split_dim < input rank ({rank}), but got {axis}",
        )
    if is_number:
        count = int(num_or_size_splits)
        if count < 1:
            raise errors.invalid(
                "Split",
                f"Value for attr 'num_split' of {count} must be at least minimum 1",
            )
        return list(split_even(x, num=count, axis=axis, name=name))
    sizes = _sizes(x, num_or_size_splits, axis, num)
    return list(split(x, sizes=sizes, axis=axis, name=name))


def _sizes(x: Any, sizes: Any, axis: int, num: int | None) -> Any:
    """Return the sizes of the pieces, as numbers or as a symbolic vector.

    Raises:
        InvalidArgumentError: They do not add up to the size of the axis.
        ValueError: They are symbolic, and how many there are is not known.
    """
    if isinstance(sizes, list | tuple) and any(map(is_symbolic, sizes)):
        sizes = as_static_shape(sizes)
    if is_symbolic(sizes):
        count = num if sizes.static_shape is None else sizes.static_shape[0]
        if num is None and count is None:
            raise ValueError(f"Cannot infer argument `num` from shape {sizes.shape}")
        return ensure_shape_op(sizes, shape=(num if count is None else count,))
    vector = np.asarray(to_array(sizes))
    if vector.dtype.kind not in "iu":
        raise errors.invalid(
            "SplitV",
            f"Value for attr 'Tlen' of {short_name(from_numpy(vector.dtype))} is not "
            "in the list of allowed values: int8, int32, int64",
        )
    if vector.ndim != 1 or (num is not None and num != vector.size):
        raise errors.invalid(
            "SplitV",
            "size of the split_tensor must be 1-D and have the same elements as "
            f"outputs got {vector.ndim} -D and {vector.size} elements",
        )
    total = None if x.static_shape is None else x.static_shape[axis]
    return pieces_of([int(s) for s in vector], total)
