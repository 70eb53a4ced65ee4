"""Means over unsorted segments, and sums over the roots of their sizes."""

from __future__ import annotations

from typing import Any

from tensor.core import dtypes
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.ops.array import cast, concat, ones_like, reshape, shape_op
from tensor.ops.math import divide, maximum, sqrt
from tensor.ops.scatter import unsorted_segment_sum


def _sum_and_size(data: Any, segment_ids: Any, num_segments: Any) -> tuple[Any, Any]:
    """Return the sum of each segment, and its number of rows (at least 1)."""
    x, ids = convert(data), convert(segment_ids)
    whole = unsorted_segment_sum.public(x, ids, num_segments)
    dtype = x.dtype if x.dtype.is_floating or x.dtype.is_complex else dtypes.float64
    real = dtype.real_dtype
    ones = ones_like(cast(ids, dtype=real))
    size = maximum(unsorted_segment_sum.public(ones, ids, num_segments), 1)
    if whole.ndim is None:
        others = ones_like(shape_op(whole, out_type=dtypes.int32)[1:])
        shape = concat(convert([-1]), others, axis=0)
    else:
        shape = (-1, *(1,) * (whole.ndim - 1))
    return cast(whole, dtype=dtype), cast(reshape(size, shape=shape), dtype=dtype)


@export("math.unsorted_segment_mean")
@takes_composites
def unsorted_segment_mean(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Any:
    """Return the mean of the rows of each segment, 0 for one without rows."""
    whole, size = _sum_and_size(data, segment_ids, num_segments)
    return divide(whole, size, name=name)


@export("math.unsorted_segment_sqrt_n")
@takes_composites
def unsorted_segment_sqrt_n(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Any:
    """Return the sum of the rows of each segment over the root of their number."""
    whole, size = _sum_and_size(data, segment_ids, num_segments)
    return divide(whole, sqrt(size), name=name)
