"""Looking up rows of tables by number: embeddings, dense and sparse."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core.convert import convert
from tensor.core.dtypes import bfloat16, float16, float32, int32, int64
from tensor.core.indexed_slices import CompositeTensor
from tensor.core.public_api import export
from tensor.core.registry import get_op
from tensor.core.tensor import EagerTensor
from tensor.ops.array import (
    as_static_shape,
    cast,
    concat,
    reshape,
    where,
    zeros_like,
)
from tensor.ops.gather import gather_
from tensor.ops.known_ranks import knowing_ranks
from tensor.ops.math import minimum, sqrt, square
from tensor.ops.reduce import reduce_sum


@export("nn.embedding_lookup")
def embedding_lookup(
    params: Any, ids: Any, max_norm: float | None = None, name: str | None = None
) -> Any:
    """Return the rows of a table that `ids` name.

    The gradient is IndexedSlices: it costs what was looked up, not the table.

    Args:
        params: The table, or a list of tables that hold its rows one after the other.
        ids: Which rows; of any shape.
        max_norm: Rows longer than this are scaled down to it.
        name: A name for the node, in a graph.

    Raises:
        ValueError: `params` is None or an empty list, or ragged ids are no integers.
    """
    if params is None:
        raise ValueError("params must be specified.")
    tables = list(params) if isinstance(params, list | tuple) else [params]
    if not tables:
        what = "params should not be empty. " if hasattr(ids, "flat_values") else ""
        raise ValueError(
            f"{what}Length of params is currently 0. Need at least one param."
        )
    table = (
        tables[0] if len(tables) == 1 else concat(*[convert(t) for t in tables], axis=0)
    )
    if isinstance(ids, CompositeTensor) and hasattr(ids, "flat_values"):
        ragged: Any = ids
        flat = ragged.flat_values
        if flat.dtype not in (int32, int64):
            raise ValueError(
                f"The values contained by the inputs have type {flat.dtype} and cannot "
                "be processed. All values should be indices, either of type `int32` or "
                "`int64`."
            )
        return ragged.with_flat_values(embedding_lookup(table, flat, max_norm))
    ids = convert(ids)
    rows = gather_(table, ids)
    if max_norm is None:
        return rows
    return _clipped_rows(rows, ids, max_norm=float(max_norm))


@knowing_ranks(None)
def _clipped_rows(rows: Any, ids: Any, max_norm: float) -> Any:
    """Return the rows of ids, those longer than `max_norm` scaled down to it."""
    axes = tuple(range(ids.ndim, rows.ndim))
    length = sqrt(reduce_sum(square(rows), axis=axes, keepdims=True))
    is_zero = get_op("Equal")(length, zeros_like(length))
    safe = where(is_zero, length + 1.0, length)
    return rows * minimum(max_norm / safe, safe * 0.0 + 1.0)


@export("nn.embedding_lookup_sparse")
def embedding_lookup_sparse(
    params: Any,
    sp_ids: Any,
    sp_weights: Any,
    combiner: str | None = None,
    max_norm: float | None = None,
    name: str | None = None,
    allow_fast_lookup: bool = False,
) -> Any:
    """Return, for each row of a sparse matrix of ids, their embeddings combined.

    Args:
        params: The table, or a list of tables.
        sp_ids: A SparseTensor of ids, [batch, any].
        sp_weights: A SparseTensor of weights at the same places, or None for 1.
        combiner: "sum", "mean" (the default) or "sqrtn": how a row is combined.
        max_norm: Rows longer than this are scaled down to it.
        name: A name for the node, in a graph.
        allow_fast_lookup: Has no effect here.

    Raises:
        ValueError: The combiner is none of these, or there are more or fewer weights
            than ids.
        TypeError: The ids or the weights are not sparse.
    """
    combiner = combiner or "mean"
    if combiner not in ("mean", "sqrtn", "sum"):
        raise ValueError(
            f"combiner must be one of 'mean', 'sqrtn' or 'sum', got {combiner}"
        )
    sp_ids, sp_weights = _as_sparse(sp_ids), _as_sparse(sp_weights)
    if not hasattr(sp_ids, "dense_shape"):
        raise TypeError(f"sp_ids must be SparseTensor, got {type(sp_ids)}")
    if sp_weights is not None:
        if not hasattr(sp_weights, "dense_shape"):
            raise TypeError(
                f"sp_weights must be either None or SparseTensor,got {type(sp_weights)}"
            )
        sp_ids.values.shape.assert_is_compatible_with(sp_weights.values.shape)
    segments = cast(sp_ids.indices[:, 0], dtype=int32)
    rows = embedding_lookup(params, sp_ids.values, max_norm)
    given = rows.dtype
    if given in (float16, bfloat16):
        rows = cast(rows, dtype=float32)
    count = _last_plus_one(segments)
    if sp_weights is None:
        weights = reduce_sum(rows * 0.0, axis=(1,), keepdims=True) + 1.0
    else:
        weights = cast(sp_weights.values, dtype=rows.dtype)
        weights = reshape(weights, shape=(-1,) + (1,) * ((rows.ndim or 2) - 1))
    # Rows without ids stay 0.
    unsorted_sum, share = get_op("UnsortedSegmentSum").public, get_op("DivNoNan")
    total = unsorted_sum(rows * weights, segments, count)
    if combiner == "mean":
        total = share(total, unsorted_sum(weights, segments, count))
    elif combiner == "sqrtn":
        squares = unsorted_sum(weights * weights, segments, count)
        total = share(total, sqrt(squares))
    return total if given is total.dtype else cast(total, dtype=given)


def _last_plus_one(segments: Any) -> Any:
    if isinstance(segments, EagerTensor):
        array = np.asarray(segments)
        return int(array.max()) + 1 if array.size else 0
    return get_op("Max")(segments, axis=None, keepdims=False) + 1


@export("nn.safe_embedding_lookup_sparse")
def safe_embedding_lookup_sparse(
    embedding_weights: Any,
    sparse_ids: Any,
    sparse_weights: Any = None,
    combiner: str = "mean",
    default_id: int | None = None,
    max_norm: float | None = None,
    name: str | None = None,
    allow_fast_lookup: bool = False,
) -> Any:
    """Look up embeddings of sparse ids; rows without valid ids give zeros.

    Ids below 0 and weights of 0 or less are left out. A row that has nothing left takes
    the embedding of `default_id`, or zeros.

    Raises:
        ValueError: There is no table.
    """
    tables = (
        list(embedding_weights)
        if isinstance(embedding_weights, list | tuple)
        else [embedding_weights]
    )
    if embedding_weights is None or not tables:
        raise ValueError(
            f"Missing embedding_weights {embedding_weights}. Pass a table, or a list "
            "of tables."
        )
    # Sparse tensors load on first use.
    from tensor.ops.sparse import rows as sparse_rows, sparse_ops

    ids, weights = _as_sparse(sparse_ids), _as_sparse(sparse_weights)
    shape = ids.dense_shape
    rank = ids.indices.static_shape[1]
    lead = shape[:-1]
    if rank != 2:
        # All axes but the last are taken together.
        rows = get_op("Prod")(lead, axis=None, keepdims=False)
        ids = sparse_ops.reshape(ids, convert([rows, shape[-1]]))
        if weights is not None:
            weights = ids.with_values(weights.values)
    keep = ids.values >= 0
    if weights is not None and combiner != "sum":
        keep = get_op("LogicalAnd")(keep, weights.values > 0)
    ids = sparse_ops.retain(ids, keep)
    ids, is_empty = sparse_rows.fill_empty_rows(
        ids, convert(default_id or 0, ids.dtype)
    )
    if weights is not None:
        kept = sparse_ops.retain(weights, keep)
        weights, _ = sparse_rows.fill_empty_rows(kept, 1.0)
    result = embedding_lookup_sparse(tables, ids, weights, combiner, max_norm)
    if default_id is None:
        rank_of_rows = result.ndim or 2
        column = reshape(is_empty, shape=(-1,) + (1,) * (rank_of_rows - 1))
        result = where(column, zeros_like(result), result)
    if rank == 2:
        return result
    inner = get_op("Shape")(result, out_type=int64)[1:]
    return reshape(result, shape=as_static_shape(concat(lead, inner, axis=0)))


def _as_sparse(value: Any) -> Any:
    """Return ids or weights, which may be ragged, as a sparse tensor."""
    return value.to_sparse() if hasattr(value, "to_sparse") else value
