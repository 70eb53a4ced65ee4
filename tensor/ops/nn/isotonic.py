"""Isotonic regression: the nearest values that never rise, or never fall."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tensor.core import dtypes
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import get_op
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import cast, reshape, shape_for
from tensor.ops.array_functions import array_function
from tensor.ops.dtype_kinds import REAL, check_kind
from tensor.ops.gather import gather
from tensor.ops.known_ranks import knowing_ranks

_SINGLE = (dtypes.int8, dtypes.int16)
_KEPT = (dtypes.float32, dtypes.float16, dtypes.bfloat16)


class IsotonicRegression(NamedTuple):
    """What isotonic_regression returns."""

    output: Any
    segments: Any


@array_function(
    "IsotonicSegments",
    lambda x: TensorSpec.of(x.dims, dtypes.int32),
    np.array([[3.0, 1.0, 2.0], [1.0, 2.0, 3.0]]),
)
def pooled_segments(x: Any) -> Any:
    """For each element of rows the number of the segment that takes one value.

    Neighbours whose means rise are pooled until none do ("pool adjacent violators").
    """
    result = np.empty(x.shape, np.int32)
    width = x.shape[-1]
    rows = x.reshape(-1, width) if x.size else x.reshape(0, max(width, 1))
    for row, segments in zip(rows, result.reshape(rows.shape), strict=True):
        totals: list[float] = []
        sizes: list[int] = []
        for value in row.astype(np.float64).tolist():
            totals.append(value)
            sizes.append(1)
            while len(sizes) > 1 and (totals[-1] / sizes[-1] > totals[-2] / sizes[-2]):
                last, size = totals.pop(), sizes.pop()
                totals[-1] += last
                sizes[-1] += size
        segments[:] = np.repeat(np.arange(len(sizes)), sizes)
    return result


@array_function(
    "IsotonicIds",
    lambda s: TensorSpec.of((None,), dtypes.int64),  # noqa: ARG005
    np.array([[0, 1, 1], [0, 0, 0]], np.int32),
)
def segment_ids(segments: Any) -> Any:
    """Numbers of the segments that differ from row to row too."""
    width = segments.shape[-1]
    rows = segments.reshape(-1, max(width, 1)).astype(np.int64)
    return (rows + np.arange(len(rows))[:, None] * width).reshape(-1)


def _falling(x: Any) -> tuple[Any, Any]:
    """Return the nearest values that never rise along the last axis, and segments."""
    segments = pooled_segments(x)
    flat, ids = reshape(x, shape=(-1,)), segment_ids(segments)
    count = get_op("Size")(x, out_type=dtypes.int32)
    sums = get_op("UnsortedSegmentSum").public
    total, size = sums(flat, ids, count), sums(get_op("OnesLike")(flat), ids, count)
    parts = [gather(v, ids, axis=0, batch_dims=0) for v in (total, size)]
    output = parts[0] / parts[1]
    return reshape(output, shape=shape_for(x)), segments


@export("nn.isotonic_regression")
def isotonic_regression(
    inputs: Any, decreasing: bool = True, axis: int = -1, name: str | None = None
) -> Any:
    """Return the values nearest to `inputs`, by squares, that never rise along an axis.

    Args:
        inputs: A tensor of one dimension or more.
        decreasing: Whether values never rise; else they never fall.
        axis: Along which axis.
        name: A name for the node, in a graph.

    Returns:
        The values, and for each the number of the segment of equal values it is in.
    """
    x = convert(inputs)
    check_kind(get_op("Max"), x, REAL)
    if x.ndim == 0:
        return IsotonicRegression(x, get_op("ZerosLike")(cast(x, dtype=dtypes.int32)))
    kept = x.dtype in _KEPT
    kind = dtypes.float32 if x.dtype in _SINGLE else dtypes.float64
    x = cast(x, dtype=x.dtype if kept else kind)
    found = _isotonic(x, decreasing=decreasing, axis=axis)
    return IsotonicRegression(*found) if decreasing and axis == -1 else found


@knowing_ranks(None, dtypes.int32)
def _isotonic(x: Any, decreasing: bool, axis: int) -> tuple[Any, Any]:
    rank = x.ndim
    at = axis % rank
    perm = tuple(
        [at if a == rank - 1 else rank - 1 if a == at else a for a in range(rank)]
    )
    moved = x if at == rank - 1 else get_op("Transpose")(x, perm=perm)
    output, segments = _falling(moved if decreasing else -moved)
    output = output if decreasing else -output
    if at == rank - 1:
        return output, segments
    output, segments = (get_op("Transpose")(v, perm=perm) for v in (output, segments))
    return output, segments
