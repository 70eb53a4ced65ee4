"""tf.sparse: reductions, softmax, and sums over segments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.convert import constant_tensor, convert
from tensor.core.public_api import export
from tensor.core.registry import get_op
from tensor.ops.array import cast_
from tensor.ops.gather import gather
from tensor.ops.sparse.sparse_ops import flat_index, from_dense, index_of, shape_of

if TYPE_CHECKING:
    from tensor.ops.sparse.sparse_tensor import SparseTensor


def _reduced(
    kind: str, sp: SparseTensor, axis: Any, keepdims: bool | None, as_sparse: bool
) -> Any:
    shape, index = shape_of(sp), index_of(sp)
    rank = len(shape)
    axes = range(rank) if axis is None else np.asarray(axis).reshape(-1)
    gone = {int(a) % rank for a in axes}
    kept = [a for a in range(rank) if a not in gone]
    sizes = tuple(shape[a] for a in kept)
    flat = flat_index(index[:, kept], sizes) if kept else np.zeros(len(index), np.int64)
    count = int(np.prod(sizes, dtype=np.int64))
    ids = constant_tensor(flat)
    total = get_op(f"UnsortedSegment{kind}")(sp.values, ids, num_segments=count)
    if kind == "Max":  # where nothing is kept stands 0
        found = np.zeros(count, np.bool_)
        found[flat] = True
        zeros = get_op("ZerosLike")(total)
        total = get_op("SelectV2")(constant_tensor(found), total, zeros)
    if keepdims:
        sizes = tuple(1 if a in gone else d for a, d in enumerate(shape))
    result = get_op("Reshape")(total, shape=sizes)
    return from_dense(result) if as_sparse else result


@export("sparse.reduce_sum")
def reduce_sum(
    sp_input: SparseTensor,
    axis: Any = None,
    keepdims: bool | None = None,
    output_is_sparse: bool = False,
    name: str | None = None,
) -> Any:
    """Return sums of the elements along axes."""
    return _reduced("Sum", sp_input, axis, keepdims, output_is_sparse)


@export("sparse.reduce_max")
def reduce_max(
    sp_input: SparseTensor,
    axis: Any = None,
    keepdims: bool | None = None,
    output_is_sparse: bool = False,
    name: str | None = None,
) -> Any:
    """Return the largest of the kept elements along axes; 0 where there is none."""
    return _reduced("Max", sp_input, axis, keepdims, output_is_sparse)


@export("sparse.softmax")
def softmax(sp_input: SparseTensor, name: Any = None) -> SparseTensor:
    """Return the softmax of the kept elements of each row."""
    shape = shape_of(sp_input)
    ids = flat_index(index_of(sp_input)[:, :-1], shape[:-1])
    rows = constant_tensor(ids)
    count = int(np.prod(shape[:-1], dtype=np.int64))
    largest = get_op("UnsortedSegmentMax")(sp_input.values, rows, num_segments=count)
    shifted = sp_input.values - gather(largest, rows, axis=0, batch_dims=0)
    e = get_op("Exp")(shifted)
    total = get_op("UnsortedSegmentSum")(e, rows, num_segments=count)
    return sp_input.with_values(e / gather(total, rows, axis=0, batch_dims=0))


def _segment(kind: str, data: Any, indices: Any, segment_ids: Any, count: Any) -> Any:
    """Reduce the rows of `data` at `indices`, by sorted segments."""
    rows = gather(convert(data), convert(indices), axis=0, batch_dims=0)
    ids = np.asarray(convert(segment_ids))
    total = int(count) if count is not None else int(ids[-1]) + 1 if ids.size else 0
    result = get_op("UnsortedSegmentSum")(
        rows, constant_tensor(ids), num_segments=total
    )
    if kind == "sum":
        return result
    sizes = np.maximum(np.bincount(ids, minlength=total), 1)
    divisor = np.sqrt(sizes) if kind == "sqrt_n" else sizes
    shape = (total,) + (1,) * (len(result.static_shape) - 1)
    return result / cast_(convert(divisor.reshape(shape)), result.dtype)


@export("sparse.segment_sum")
def segment_sum(
    data: Any,
    indices: Any,
    segment_ids: Any,
    num_segments: Any = None,
    name: Any = None,
) -> Any:
    """Return sums of the rows at `indices`, by segment."""
    return _segment("sum", data, indices, segment_ids, num_segments)


@export("sparse.segment_mean")
def segment_mean(
    data: Any,
    indices: Any,
    segment_ids: Any,
    num_segments: Any = None,
    name: Any = None,
    sparse_gradient: bool = False,
) -> Any:
    """Return means of the rows at `indices`, by segment."""
    return _segment("mean", data, indices, segment_ids, num_segments)


@export("sparse.segment_sqrt_n")
def segment_sqrt_n(
    data: Any,
    indices: Any,
    segment_ids: Any,
    num_segments: Any = None,
    name: Any = None,
    sparse_gradient: bool = False,
) -> Any:
    """Return sums of the rows at `indices` over the root of how many, by segment."""
    return _segment("sqrt_n", data, indices, segment_ids, num_segments)
