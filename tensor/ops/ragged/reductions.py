"""Reductions of ragged tensors: along rows, along places in rows, and both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tensor.core.convert import convert
from tensor.core.registry import get_op
from tensor.ops.array import cast_
from tensor.ops.ragged.partitions import positions_in_rows
from tensor.ops.ragged.ragged_tensor import RaggedTensor

if TYPE_CHECKING:
    from collections.abc import Callable


def axis_of(axis: Any, rank: int, word: str = "axis") -> int:
    """Return an axis counted from the front.

    Raises:
        ValueError: There is no such axis.
        TypeError: It is no integer.
    """
    if not isinstance(axis, int | np.integer):
        raise TypeError(f"`{word}` must be an int; got {type(axis).__name__}")
    if not -rank <= axis < rank:
        raise ValueError(
            f"{word}={axis} out of bounds: expected {-rank}<={word}<{rank}"
        )
    return int(axis) % rank


def axes_of(axis: Any, rank: int) -> list[int]:
    """Return the axes of a reduction, the last one first."""
    if hasattr(axis, "numpy"):
        axis = axis.numpy()
    if isinstance(axis, np.ndarray):
        axis = axis.tolist()
    given = list(axis) if isinstance(axis, list | tuple) else [axis]
    return sorted({axis_of(a, rank) for a in given}, reverse=True)


class Reducer(NamedTuple):
    """What reduces tensors, and segments of them, that is not an op of that name.

    Attributes:
        dense: `dense(x, axis, keepdims)` reduces a tensor along one axis.
        segments: `segments(values, ids, count)` reduces each segment of rows.
    """

    dense: Callable[..., Any]
    segments: Callable[..., Any]


def reduce_ragged(
    function: Any, input_tensor: Any, axis: Any = None, keepdims: bool = False, **_: Any
) -> Any:
    """Apply a reduction's public function to a ragged tensor."""
    return reduced(function.op.type_name, input_tensor, axis, bool(keepdims))


def reduced(kind: str, x: Any, axis: Any, keepdims: bool) -> Any:
    """Return a reduction of a ragged tensor along axes, along all by default."""
    if axis is None:
        flat = x.flat_values
        if kind == "Mean" and flat.dtype.is_integer:
            flat = cast_(flat, "float64")  # as a quotient, which means along axes are
        result = get_op(kind)(flat, axis=None, keepdims=False)
        rank = x.shape.rank
        return result if not keepdims else get_op("Reshape")(result, shape=(1,) * rank)
    axes = axes_of(axis, x.shape.rank)
    if kind == "Mean" and len(axes) > 1:
        # The mean of all elements, not of rows that differ in length.
        ones = x.with_flat_values(get_op("OnesLike")(x.flat_values))
        total = reduce_along("Sum", x, axes, keepdims)
        return total / reduce_along("Sum", ones, axes, keepdims)
    return reduce_along(kind, x, axes, keepdims)


def reduce_along(kind: str | Reducer, x: Any, axes: list[int], keepdims: bool) -> Any:
    """Reduce along axes, the last one first."""
    for axis in axes:
        x = _along(kind, x, axis, keepdims)
    return x


def _along(kind: str | Reducer, x: Any, axis: int, keepdims: bool) -> Any:
    """Reduce along one axis."""
    if not isinstance(x, RaggedTensor):
        if isinstance(kind, Reducer):
            return kind.dense(x, axis, keepdims)
        return get_op(kind)(x, axis=(axis,), keepdims=keepdims)
    if axis > 1:
        return x.with_values(_along(kind, x.values, axis - 1, keepdims))
    if axis == 1:
        known = x.shape[0]
        ids, count = x.value_rowids(), x.nrows() if known is None else known
    else:
        ids, count = positions_in_rows(x.row_splits), x.bounding_shape()[1]
    result = reduce_segments(kind, x.values, ids, count)
    if not keepdims:
        return result
    from tensor.ops.ragged.dispatch import expand_dims  # which needs this module

    return expand_dims(result, axis)


def reduce_segments(kind: str | Reducer, values: Any, ids: Any, count: Any) -> Any:
    """Return a reduction of the values, which may be ragged, of each segment."""
    if isinstance(values, RaggedTensor):
        return _segments_of_rows(kind, values, ids, count)
    if isinstance(kind, Reducer):
        return kind.segments(values, ids, count)
    if kind in ("All", "Any"):
        name = "UnsortedSegmentMin" if kind == "All" else "UnsortedSegmentMax"
        numbers = cast_(values, "int32")
        return cast_(get_op(name).public(numbers, ids, count) > 0, "bool")
    if kind == "Mean":
        sums = get_op("UnsortedSegmentSum").public
        total, ones = sums(values, ids, count), get_op("OnesLike")(values)
        return total / sums(ones, ids, count)
    return get_op(f"UnsortedSegment{kind}").public(values, ids, count)


def _segments_of_rows(
    kind: str | Reducer, rows: RaggedTensor, ids: Any, count: Any
) -> Any:
    """Reduce rows of each segment, place by place: the longest says how many places."""
    lengths = rows.row_lengths()
    ids = cast_(ids, lengths.dtype)
    longest = get_op("UnsortedSegmentMax").public(lengths, ids, count)
    longest = get_op("Maximum")(longest, get_op("ZerosLike")(longest))
    splits = get_op("ConcatV2")(
        convert([0], longest.dtype),
        get_op("Cumsum")(longest, axis=0, exclusive=False, reverse=False),
        axis=0,
    )
    segment = get_op("GatherV2")(ids, rows.value_rowids(), axis=0, batch_dims=0)
    first = get_op("GatherV2")(splits, segment, axis=0, batch_dims=0)
    places = first + cast_(positions_in_rows(rows.row_splits), first.dtype)
    values = reduce_segments(kind, rows.values, places, splits[-1])
    return RaggedTensor.from_row_splits(values, splits, validate=False)


def reduce_variance(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: Any = None
) -> Any:
    """Return the variance along axes: the mean of squares less the mean's square."""
    square = get_op("Square")
    squares = input_tensor.with_flat_values(square(input_tensor.flat_values))
    mean_of_squares = reduced("Mean", squares, axis, bool(keepdims))
    mean_itself = reduced("Mean", input_tensor, axis, bool(keepdims))
    return mean_of_squares - _flat(square, mean_itself)


def _flat(op: Any, x: Any) -> Any:
    """Apply an elementwise op to a tensor or to a ragged tensor's flat values."""
    if isinstance(x, RaggedTensor):
        return x.with_flat_values(op(x.flat_values))
    return op(x)


def reduce_std(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: Any = None
) -> Any:
    """Return the standard deviation along axes."""
    return _flat(get_op("Sqrt"), reduce_variance(input_tensor, axis, keepdims))


def reduce_logsumexp(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: Any = None
) -> Any:
    """Return the logarithm of the sum of exponentials along axes."""
    largest = reduced("Max", input_tensor, axis, True)
    if axis is None:
        flat = get_op("Exp")(input_tensor.flat_values - _only(largest))
        total = get_op("Log")(get_op("Sum")(flat, axis=None, keepdims=False))
        return total + _only(largest)
    powers = _flat(get_op("Exp"), input_tensor - largest)
    total = _flat(get_op("Log"), reduced("Sum", powers, axis, bool(keepdims)))
    return total + reduced("Max", input_tensor, axis, bool(keepdims))


def _only(x: Any) -> Any:
    """Return the one element of a tensor as a scalar."""
    return get_op("Reshape")(x, shape=())
