"""Looking up rows of tables by number: embeddings, dense and sparse."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core.convert import convert
from tensor.core.dtypes import bfloat16, float16, float32, int32, int64
from tensor.core.public_api import export
from tensor.core.registry import get_op
from tensor.core.tensor import EagerTensor
from tensor.ops.array import cast, concat, reshape, where, zeros_like
from tensor.ops.families import shape_of
from tensor.ops.gather import gather_
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
        ValueError: `params` is an empty list.
    """
    tables = list(params) if isinstance(params, list | tuple) else [params]
    if not tables:
        raise ValueError("Length of params is currently 0. Need at least one param.")
    ids = convert(ids)
    table = (
        tables[0] if len(tables) == 1 else concat(*[convert(t) for t in tables], axis=0)
    )
    rows = gather_(table, ids)
    if max_norm is None:
        return rows
    rank = ids.ndim or 0
    return _clip(rows, float(max_norm), tuple(range(rank, rows.ndim or rank)))


def _clip(rows: Any, max_norm: float, axes: tuple[int, ...]) -> Any:
    """Return rows, those longer than `max_norm` scaled down to it."""
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
        ValueError: The combiner is none of these.
    """
    combiner = combiner or "mean"
    if combiner not in ("mean", "sqrtn", "sum"):
        raise ValueError(
            f"combiner must be one of 'mean', 'sqrtn' or 'sum', got {combiner}"
        )
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
    unsorted_sum, share = get_op("UnsortedSegmentSum"), get_op("DivNoNan")
    total = unsorted_sum(rows * weights, segments, num_segments=count)
    if combiner == "mean":
        total = share(total, unsorted_sum(weights, segments, num_segments=count))
    elif combiner == "sqrtn":
        squares = unsorted_sum(weights * weights, segments, num_segments=count)
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
    if not tables:
        raise ValueError(f"Missing embedding_weights {embedding_weights}.")
    ids = np.asarray(sparse_ids.values)
    places = np.asarray(sparse_ids.indices)
    shape = np.asarray(sparse_ids.dense_shape)
    weights = None if sparse_weights is None else np.asarray(sparse_weights.values)
    keep = ids >= 0
    if weights is not None and combiner != "sum":
        keep &= weights > 0
    rows = _row_numbers(places[keep], shape[:-1])
    count = int(np.prod(shape[:-1]))
    ids, weights = ids[keep], None if weights is None else weights[keep]
    empty = np.setdiff1d(np.arange(count), rows)
    rows, ids = (
        np.concatenate([rows, empty]),
        np.concatenate([ids, np.full(len(empty), default_id or 0, ids.dtype)]),
    )
    if weights is not None:
        weights = np.concatenate([weights, np.ones(len(empty), weights.dtype)])
    order = np.argsort(rows, kind="stable")
    result = embedding_lookup_sparse(
        tables,
        _Sparse(rows[order], ids[order]),
        None if weights is None else _Sparse(rows[order], weights[order]),
        combiner,
        max_norm,
    )
    if default_id is None and len(empty):
        is_empty = np.zeros((count,) + (1,) * ((result.ndim or 2) - 1), np.bool_)
        is_empty[empty] = True
        result = where(convert(is_empty), zeros_like(result), result)
    dims = shape_of(result) or ()
    return reshape(result, shape=(*(int(d) for d in shape[:-1]), *dims[1:]))


def _row_numbers(places: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """Return the number of each place's row, all axes but the last taken together."""
    if not len(places):
        return np.zeros(0, np.int64)
    leading = tuple(places[:, i] for i in range(len(shape)))
    return np.ravel_multi_index(leading, tuple(int(d) for d in shape))


class _Sparse:
    """A sparse matrix as far as a lookup needs it: rows and values."""

    def __init__(self, rows: np.ndarray, values: np.ndarray) -> None:
        self.indices = cast(convert(rows.reshape(-1, 1)), dtype=int64)
        self.values = convert(values)
