"""Evenly spaced numbers: range and linspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.call import is_symbolic
from tensor.core.context import context
from tensor.core.convert import constant_tensor, convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.shapes import broadcast
from tensor.core.tensor import EagerTensor, Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import (
    cast_,
    concat,
    ones_like,
    reshape,
    split,
    where,
    zeros_like,
)
from tensor.ops.known_ranks import knowing_ranks
from tensor.ops.layout import expand_dims
from tensor.ops.math import maximum, multiply
from tensor.ops.reduce import broadcast_to

if TYPE_CHECKING:
    from collections.abc import Iterator


class Range(Op):
    """The numbers from start up to, without, limit, in steps of delta."""

    gradient = NON_DIFFERENTIABLE
    shape_depends_on_values = True

    def kernel(self, start: Any, limit: Any, delta: Any) -> Any:
        for name, value in (("start", start), ("limit", limit), ("delta", delta)):
            if np.shape(value):
                raise errors.invalid(
                    "Range",
                    f"{name} must be a scalar, not shape {list(np.shape(value))}",
                )
        if delta == 0:
            raise errors.invalid("Range", f"Requires delta != 0: {delta}")
        if (limit - start) * np.sign(delta) < 0:
            sign, order = (">", "<=") if delta > 0 else ("<", ">=")
            raise errors.invalid(
                "Range",
                f"Requires start {order} limit when delta {sign} 0: {start}/{limit}",
            )
        dtype = np.asarray(start).dtype
        if dtype.kind in "iu":
            return np.arange(int(start), int(limit), int(delta)).astype(dtype)
        count = int(np.ceil(np.abs((float(limit) - float(start)) / float(delta))))
        steps = np.arange(count).astype(dtype)
        return steps * delta + start

    def infer(self, start: TensorSpec, limit: TensorSpec, delta: Any) -> TensorSpec:
        return TensorSpec.of((None,), start.dtype)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(np.float64(0.0), np.float64(1.0), np.float64(0.3))
        yield Sample(np.int32(5), np.int32(0), np.int32(-2))


range_op = register(Range)

_RANGE_ORDER = (dtypes.int32, dtypes.int64, dtypes.float16, dtypes.bfloat16)
_RANGE_ORDER += (dtypes.float32, dtypes.float64)


@export("range")
def range_(
    start: Any,
    limit: Any = None,
    delta: Any = 1,
    dtype: Any = None,
    name: str = "range",
) -> Any:
    """Return the numbers from `start` up to, without, `limit`, in steps of `delta`.

    With one argument, from 0 up to it. The dtype is the widest among the arguments.

    Raises:
        InvalidArgumentError: `delta` is 0 or leads away from `limit`.
    """
    if limit is None:
        start, limit = 0, start
    values = [start, limit, delta]
    if dtype is not None:
        dtype = dtypes.as_dtype(dtype)
        values = [v if isinstance(v, Tensor) else convert(v, dtype) for v in values]
    else:
        values = [convert(v) for v in values]
        found = {v.dtype for v in values}
        if not found <= set(_RANGE_ORDER):
            dtype = next(d for d in found if d not in _RANGE_ORDER)
        else:
            dtype = max(found, key=_RANGE_ORDER.index)
    values = [v if v.dtype is dtype else cast_(v, dtype) for v in values]
    if all(type(v) is EagerTensor for v in values):
        # Not through the op: what comes out is a constant, also in a graph.
        return constant_tensor(range_op.kernel(*[v._array for v in values]))
    known = [_known(v) for v in values]
    if context.graph is not None and None not in known:
        return constant_tensor(range_op.kernel(*known))
    return range_op(*values, name=name)


def _known(value: Any) -> Any:
    """Return the value of a tensor if it is known already, else None."""
    if type(value) is EagerTensor:
        return value._array
    if value.ndim != 0 or not value.dtype.is_integer:
        return None
    known = getattr(value, "static_vector", lambda: None)()
    return None if known is None else value.dtype.as_numpy_dtype(known)


@export("linspace", "lin_space")
def linspace(
    start: Any, stop: Any, num: Any, name: str | None = None, axis: int = 0
) -> Any:
    """Return `num` evenly spaced values from `start` to `stop`, both included.

    Args:
        start: The first value, or a tensor of first values. Integers become float64.
        stop: The last value or values.
        num: How many.
        name: A name for the node, in a graph.
        axis: Where the new axis goes if `start` and `stop` have dimensions.

    Raises:
        InvalidArgumentError: `num` is negative.
        TypeError: `num` is no integer.
    """
    start = convert(start)
    stop = convert(stop, start.dtype)
    if start.dtype.is_integer:
        start, stop = cast_(start, dtypes.float64), cast_(stop, dtypes.float64)
    if is_symbolic(num):
        return _linspace_of_unknown_length(start, stop, num, axis=axis)
    num = int(_integer(num))
    if num < 0:
        raise errors.invalid(
            "Range", f"Requires start <= limit when delta > 0: 1/{num}"
        )
    return _linspace(start, stop, num=num, axis=axis)


@knowing_ranks(None)
def _linspace(start: Any, stop: Any, num: int, axis: int) -> Any:
    """Return what linspace gives, for a number of values that is known."""
    dims = broadcast(start.static_shape, stop.static_shape)
    if None in (dims or ()):
        zeros = zeros_like(start + stop)
        start, stop = start + zeros, stop + zeros
    else:
        start, stop = broadcast_to(start, shape=dims), broadcast_to(stop, shape=dims)
    at = axis if axis >= 0 else axis + len(dims or ()) + 1
    first, last = expand_dims(start, axis=at), expand_dims(stop, axis=at)
    if num < 2:
        return first if num else split(first, sizes=(0, 1), axis=at)[0]
    between = np.arange(1, num - 1).astype(start.dtype.numpy_dtype)
    shape = [1] * (len(dims or ()) + 1)
    shape[at] = num - 2
    steps = constant_tensor(between.reshape(shape))
    delta = (last - first) / convert(num - 1, start.dtype)
    return concat(first, first + delta * steps, last, axis=at)


@knowing_ranks(None)
def _linspace_of_unknown_length(start: Any, stop: Any, num: Any, axis: int) -> Any:
    """Return what linspace gives, for a tensor as the number of values."""
    zeros = zeros_like(start + stop)
    at = axis if axis >= 0 else axis + len(zeros.static_shape) + 1
    first, last = (expand_dims(v + zeros, axis=at) for v in (start, stop))
    steps = range_(num)
    behind = (1,) * (first.ndim - at - 1)
    is_last = reshape((steps == num - 1) & (steps > 0), shape=(-1, *behind))
    gaps = cast_(maximum.public(num - 1, 1), start.dtype)
    along = reshape(cast_(steps, start.dtype), shape=(-1, *behind))
    return where(is_last, last, first + (last - first) / gaps * along)


def _integer(num: Any) -> Any:
    value = np.asarray(convert(num))
    if value.dtype.kind not in "iu":
        raise TypeError(
            "Argument `tensor` (name: num) must be of type integer. Received `tensor` "
            f"= {num} of dtype: {convert(num).dtype!s}"
        )
    return value


@export("meshgrid")
def meshgrid(*args: Any, **kwargs: Any) -> Any:
    """Return one grid of coordinates for each vector, as a list.

    Args:
        *args: Vectors.
        **kwargs: `indexing`, "xy" (the first vector runs along columns, the default)
            or "ij" (along rows); `name`.

    Raises:
        ValueError: There is no such indexing.
        TypeError: There is another keyword argument.
    """
    indexing = kwargs.pop("indexing", "xy")
    kwargs.pop("name", None)
    if kwargs:
        name = next(iter(kwargs))
        raise TypeError(f"{name!r} is an invalid keyword argument for this function")
    if indexing not in ("xy", "ij"):
        raise ValueError(
            f"Argument `indexing` parameter must be either 'xy' or 'ij', got "
            f"{indexing!r}"
        )
    vectors = [convert(v) for v in args]
    rank = len(vectors)
    axes = list(range(rank))
    if indexing == "xy" and rank > 1:
        axes[:2] = [1, 0]
    columns = [
        reshape(v, shape=tuple(-1 if i == axis else 1 for i in range(rank)))
        for v, axis in zip(vectors, axes, strict=True)
    ]
    # Products with ones of the whole shape, as in TensorFlow: dtypes must agree.
    ones = None
    for column in columns:
        one = ones_like(column)
        ones = one if ones is None else multiply.public(one, ones)
    return [multiply.public(ones, column) for column in columns]
