"""Integers as vectors: one_hot and sequence_mask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.call import is_symbolic
from tensor.core.composites import takes_composites
from tensor.core.convert import constant_tensor, convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.tensor import Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import cast_, zeros_like
from tensor.ops.gather import check_index_dtype

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensor.core.shapes import Dims


class OneHot(Op):
    """on_value where an index points along a new axis, off_value elsewhere."""

    gradient = NON_DIFFERENTIABLE

    def kernel(self, indices: Any, on: Any, off: Any, depth: Any, axis: int) -> Any:
        depth = int(depth)
        if depth < 0:
            raise errors.invalid("OneHot", f"depth must be non-negative, got: {depth}")
        indices = np.asarray(indices)
        at = axis if axis >= 0 else indices.ndim
        shape = [1] * (indices.ndim + 1)
        shape[at] = depth
        chosen = np.expand_dims(indices, at) == np.arange(depth).reshape(shape)
        on, off = np.asarray(on), np.asarray(off)
        if on.dtype == np.float32 and on == 1 and off == 0:
            return chosen.astype(on.dtype)
        return np.where(chosen, on, off)

    def infer(
        self, indices: TensorSpec, on: TensorSpec, off: Any, depth: Any, axis: int
    ) -> TensorSpec:
        dims: Dims | None = indices.dims
        if dims is None:
            return TensorSpec.of(None, on.dtype)
        at = axis if axis >= 0 else len(dims)
        size = None if isinstance(depth, Tensor) else int(depth)
        return TensorSpec.of((*dims[:at], size, *dims[at:]), on.dtype)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        one, zero = np.float64(1), np.float64(0)
        for axis in (-1, 0, 1):
            indices = np.array([[0, 2, -1], [5, 1, 1]], np.int32)
            yield Sample(indices, one, zero, depth=3, axis=axis)


one_hot_op = register(OneHot)


@export("one_hot")
@takes_composites
def one_hot(
    indices: Any,
    depth: Any,
    on_value: Any = None,
    off_value: Any = None,
    axis: int | None = None,
    dtype: Any = None,
    name: str | None = None,
) -> Any:
    """Return vectors that are `on_value` at an index and `off_value` elsewhere.

    Indices outside [0, depth) give a vector of `off_value` alone.

    Args:
        indices: Integers.
        depth: The length of the new axis.
        on_value: 1 by default.
        off_value: 0 by default.
        axis: Where the new axis goes; last by default.
        dtype: That of `on_value` by default, float32 if neither value is given.
        name: A name for the node, in a graph.

    Raises:
        TypeError: The dtypes of the values differ, or from `dtype`; or `indices` is a
            Python float.
        InvalidArgumentError: `axis` is out of range, `depth` is negative, or indices
            are no integers.
    """
    # A Python number must be an integer; from arrays, TensorFlow makes integers.
    exactly = type(indices) is float
    x = convert(indices, dtypes.int64 if exactly else None, dtypes.int64)
    check_index_dtype("OneHot", x, "TI", ("uint8", "int8", "int32", "int64"))
    wanted = None if dtype is None else dtypes.as_dtype(dtype)
    dtype = _value_dtype(on_value, off_value, wanted)
    on = convert(1 if on_value is None else on_value, dtype)
    off = convert(0 if off_value is None else off_value, dtype)
    at = -1 if axis is None else int(axis)
    rank = x.ndim
    if rank is not None and not -1 <= at <= rank:
        raise errors.invalid(
            "OneHot",
            f"Expected axis to be -1 or between [0, {rank + 1}).  But received: {at}",
        )
    if not is_symbolic(depth):
        if np.ndim(depth):
            raise errors.invalid(
                "OneHot",
                f"depth must be a scalar, but got: {[*np.shape(depth)]}. Input must be "
                f"scalar but has rank {np.ndim(depth)}",
            )
        depth = int(depth)
        if depth < 0:
            raise errors.invalid("OneHot", f"depth must be non-negative, got: {depth}")
    return one_hot_op(x, on, off, depth=depth, axis=at, name=name)


def _value_dtype(on: Any, off: Any, wanted: Any) -> Any:
    """Return the dtype of one_hot's result; see `one_hot`."""
    dtype_on = None if on is None else convert(on, hint=wanted).dtype
    dtype_off = None if off is None else convert(off, hint=wanted).dtype
    for name, dtype in (("on_value", dtype_on), ("off_value", dtype_off)):
        if wanted is not None and dtype is not None and dtype is not wanted:
            raise TypeError(
                f"dtype {dtype!s} of {name} does not match dtype parameter {wanted!s}"
            )
    if dtype_on is not None and dtype_off is not None and dtype_on is not dtype_off:
        raise TypeError(
            f"dtype {dtype_on!s} of on_value does not match dtype {dtype_off!s} of "
            "off_value"
        )
    return wanted or dtype_on or dtype_off or dtypes.float32


@export("sequence_mask")
@takes_composites
def sequence_mask(
    lengths: Any, maxlen: Any = None, dtype: Any = dtypes.bool_, name: Any = None
) -> Any:
    """Return, for each length, as many trues and then falses up to `maxlen`.

    Args:
        lengths: Integers of any shape; a last axis of size `maxlen` is added.
        maxlen: The largest length by default.
        dtype: What to give instead of booleans.
        name: A name for the node, in a graph.

    Raises:
        ValueError: `maxlen` is no scalar.
    """
    from tensor.ops.compare import less
    from tensor.ops.layout import expand_dims
    from tensor.ops.math.arithmetic import maximum
    from tensor.ops.number_lines import range_
    from tensor.ops.reduce import reduce_max

    lengths = convert(lengths)
    if maxlen is None:
        # Not below 0: there may be no length at all.
        largest = reduce_max(lengths, axis=None, keepdims=False)
        maxlen = maximum(largest, zeros_like(largest))
    elif not hasattr(maxlen, "dtype"):
        maxlen = constant_tensor(np.asarray(convert(maxlen)))
    maxlen = convert(maxlen)
    if maxlen.ndim not in (None, 0):
        raise ValueError(
            "Argument `maxlen` must be scalar for sequence_mask, received `maxlen` = "
            f"{maxlen} with shape '{maxlen.shape}' instead"
        )
    steps = cast_(range_(maxlen), lengths.dtype)
    result = less(steps, expand_dims(lengths, axis=-1))
    return cast_(result, dtype)
