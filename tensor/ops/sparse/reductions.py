"""tf.sparse: reductions, softmax, and sums over segments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.call import is_symbolic
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import get_op
from tensor.core.shapes import are_compatible, is_known
from tensor.ops import segment_means
from tensor.ops.array import as_static_shape, cast_
from tensor.ops.dtype_kinds import FLOATING, check_kind
from tensor.ops.gather import gather
from tensor.ops.reduction import known_or_symbolic, reduced_shape, together
from tensor.ops.sparse.places import in_segments, reduced_ids
from tensor.ops.sparse.sparse_ops import from_dense

if TYPE_CHECKING:
    from tensor.ops.sparse.sparse_tensor import SparseTensor


def _reduced(
    kind: str, sp: SparseTensor, axis: Any, keepdims: bool | None, as_sparse: bool
) -> Any:
    axes: Any = known_or_symbolic(together(axis))
    if axes is not None and not is_symbolic(axes):
        axes = tuple(np.asarray(axes).reshape(-1).tolist())
    flat, count, sizes = reduced_ids(
        sp.indices, sp.dense_shape, axes=axes, keepdims=bool(keepdims)
    )
    total = get_op(f"UnsortedSegment{kind}").public(sp.values, flat, count)
    if kind == "Max":  # where nothing is kept stands 0
        ones = get_op("OnesLike")(flat)
        found = get_op("UnsortedSegmentSum").public(ones, flat, count) > 0
        total = get_op("SelectV2")(found, total, get_op("ZerosLike")(total))
    result = get_op("Reshape")(total, shape=as_static_shape(sizes))
    if is_symbolic(result) and is_known(sp.shape._dims) and not is_symbolic(axes):
        result.set_shape(reduced_shape(sp.shape._dims, axes, bool(keepdims)))
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
    """Return the softmax of the kept elements of each row.

    Raises:
        InvalidArgumentError: There are no rows: it is a vector.
    """
    if sp_input.shape.rank == 1:
        raise errors.invalid(
            "SparseSoftmax",
            f"Input should have rank >= 2, but received shape: {sp_input.shape[0]}",
        )
    rows, count, _ = reduced_ids(
        sp_input.indices, sp_input.dense_shape, axes=(-1,), keepdims=False
    )
    largest = get_op("UnsortedSegmentMax").public(sp_input.values, rows, count)
    shifted = sp_input.values - gather(largest, rows, axis=0, batch_dims=0)
    e = get_op("Exp")(shifted)
    total = get_op("UnsortedSegmentSum").public(e, rows, count)
    return sp_input.with_values(e / gather(total, rows, axis=0, batch_dims=0))


def _segment(kind: str, data: Any, indices: Any, segment_ids: Any, count: Any) -> Any:
    """Reduce the rows of `data` at `indices`, by sorted segments.

    With a number of segments every id must be below it.

    Raises:
        InvalidArgumentError: There are more indices than ids, or fewer; or a mean of
            integers is asked for.
    """
    x, indices, segment_ids = convert(data), convert(indices), convert(segment_ids)
    op_type = f"SparseSegment{kind}"
    if kind != "Sum":
        check_kind(get_op("UnsortedSegmentSum"), x, FLOATING, "T")
    if not are_compatible(indices.static_shape, segment_ids.static_shape):
        raise errors.invalid(op_type, "segment_ids and indices should have same size.")
    places, ids = in_segments(
        indices,
        segment_ids,
        get_op("Shape")(x, out_type=dtypes.int64)[0],
        cast_(convert(-1 if count is None else count), dtypes.int64),
        op_type=op_type,
    )
    rows = gather(x, places, axis=0, batch_dims=0)
    if count is None:
        reduce = {"Sum": "SegmentSum", "Mean": "SegmentMean"}.get(kind)
        if reduce is not None:
            return get_op(reduce)(rows, ids)
        largest = get_op("Max")(ids, axis=None, keepdims=False)
        count = get_op("Maximum")(largest, -1) + 1  # of no ids, the lowest there is
    whole = get_op("UnsortedSegmentSum").public(rows, ids, count)
    if kind == "Sum":
        return whole
    names = {"Mean": "unsorted_segment_mean", "SqrtN": "unsorted_segment_sqrt_n"}
    return getattr(segment_means, names[kind])(rows, ids, count)


@export("sparse.segment_sum")
def segment_sum(
    data: Any,
    indices: Any,
    segment_ids: Any,
    num_segments: Any = None,
    name: Any = None,
    sparse_gradient: bool = False,
) -> Any:
    """Return sums of the rows at `indices`, by segment."""
    return _segment("Sum", data, indices, segment_ids, num_segments)


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
    return _segment("Mean", data, indices, segment_ids, num_segments)


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
    return _segment("SqrtN", data, indices, segment_ids, num_segments)
