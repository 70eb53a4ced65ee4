"""Where rows end: what ragged tensors compute of their splits, as ops.

A row partition of n rows is n + 1 splits; row i holds the values from splits[i] to
splits[i + 1]. All functions take and give arrays of int32 or int64; as ops they work on
tensors, inside traced functions too.
"""

# ruff: noqa: ARG005  # specs of results do not depend on all of the inputs
from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import static_value
from tensor.ops.array_functions import array_function, like, longer, vector

# A bound of a slice that was left out.
OPEN = np.iinfo(np.int64).min


def row_ends(lengths: np.ndarray, dtype: Any) -> np.ndarray:
    """Return where rows of these lengths end, from 0 on."""
    splits = np.zeros(len(lengths) + 1, dtype)
    np.cumsum(lengths, out=splits[1:])
    return splits


def _spread(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return start, start + 1, … for each start, as long as its length says."""
    splits = row_ends(lengths, np.int64)
    return np.repeat(starts - splits[:-1], lengths) + np.arange(splits[-1])


@array_function("RowLengthsToSplits", lambda n: like(n, longer(n)), [2, 0, 1])
def lengths_to_splits(lengths: Any) -> Any:
    """Where rows of these lengths end."""
    return row_ends(lengths, lengths.dtype)


@array_function("RowSplitsToIds", like, [0, 2, 2, 3])
def splits_to_rowids(splits: Any) -> Any:
    """For each value the number of its row."""
    rows = np.arange(len(splits) - 1, dtype=splits.dtype)
    return np.repeat(rows, np.diff(splits))


@array_function("RowIdsToSplits", lambda ids, n: like(ids), [0, 0, 2], np.int64(3))
def rowids_to_splits(rowids: Any, nrows: Any) -> Any:
    """Where rows end whose values have these numbers; nrows is -1 if not known."""
    if (np.diff(rowids) < 0).any():
        raise errors.invalid(
            "RowPartitionFromValueRowIds",
            "Arguments to from_value_rowids do not form a valid RowPartition: "
            f"`value_rowids` must not decrease, got {rowids.tolist()}.",
        )
    count = int(rowids[-1]) + 1 if rowids.size else 0
    total = count if nrows < 0 else int(nrows)
    if total < count or (rowids.size and rowids[0] < 0):
        raise errors.invalid(
            "RowPartitionFromValueRowIds",
            "Arguments to from_value_rowids do not form a valid RowPartition: "
            f"`nrows` is {total}, but there is a row {count - 1}.",
        )
    return row_ends(np.bincount(rowids, minlength=total), rowids.dtype)


@array_function("PositionsInRows", like, [0, 2, 2, 3])
def positions_in_rows(splits: Any) -> Any:
    """For each value its place in its row."""
    lengths = np.diff(splits)
    return _spread(np.zeros_like(lengths), lengths).astype(splits.dtype)


@array_function(
    "RowsAt",
    lambda s, i: (vector(dtypes.int64), like(s, longer(i))),
    [0, 2, 2, 3],
    [2, 0],
)
def rows_at(splits: Any, indices: Any) -> Any:
    """Where the values of some rows stand, and where those rows end, put together."""
    count = len(splits) - 1
    wrong = np.flatnonzero((indices < 0) | (indices >= count))
    if wrong.size:
        raise errors.invalid(
            "RaggedGather",
            f"indices[{wrong[0]}] = {indices[wrong[0]]} is not in [0, {count})",
        )
    lengths = np.diff(splits)[indices]
    return _spread(splits[:-1][indices], lengths), row_ends(lengths, splits.dtype)


@array_function(
    "PartOfRows",
    lambda s, *bounds: (vector(dtypes.int64), s),
    [0, 3, 3, 5],
    np.int64(1),
    np.int64(OPEN),
    np.int64(OPEN),
)
def part_of_rows(splits: Any, start: Any, stop: Any, step: Any) -> Any:
    """Where the values of the same slice of each row stand, and where its rows end."""
    part = slice(*[None if v == OPEN else int(v) for v in (start, stop, step)])
    by_length = {n: np.arange(n)[part] for n in np.unique(np.diff(splits)).tolist()}
    rows = [
        a + by_length[n]
        for a, n in zip(splits[:-1].tolist(), np.diff(splits).tolist(), strict=True)
    ]
    lengths = [len(r) for r in rows]
    flat = np.concatenate([np.zeros(0, np.int64), *rows]).astype(np.int64)
    return flat, row_ends(np.array(lengths, splits.dtype), splits.dtype)


@array_function(
    "RowsSideBySide",
    lambda *splits: (vector(dtypes.int64), splits[0]),
    [0, 2, 2],
    [0, 1, 3],
)
def rows_side_by_side(*splits: Any) -> Any:
    """Where values stand when row i of each, one after the other, is a row.

    The values of all are taken as joined.
    """
    for at, other in enumerate(splits):
        if len(other) != len(splits[0]):
            raise errors.invalid(
                "RaggedConcat",
                f"Input tensors at index 0 (=x) and {at} (=y) have incompatible "
                f"shapes. Condition x == y did not hold: {len(splits[0]) - 1} and "
                f"{len(other) - 1} rows.",
            )
    starts = np.cumsum([0, *[s[-1] for s in splits[:-1]]])
    firsts = [s[:-1] + a for s, a in zip(splits, starts, strict=True)]
    lengths = np.stack([np.diff(s) for s in splits], axis=1)
    positions = _spread(np.stack(firsts, axis=1).ravel(), lengths.ravel())
    return positions, row_ends(lengths.sum(axis=1), splits[0].dtype)


def _put_together(*splits: TensorSpec) -> TensorSpec:
    sizes = [longer(s, -1) for s in splits]
    known = None if None in sizes else sum(s for s in sizes if s is not None) + 1
    return like(splits[0], known)


@array_function("RowsOneAfterAnother", _put_together, [0, 2, 2], [0, 1, 3])
def rows_one_after_another(*splits: Any) -> Any:
    """Where the rows of all end when their values are joined."""
    lengths = np.concatenate([np.diff(s) for s in splits])
    return row_ends(lengths, splits[0].dtype)


@array_function(
    "RowsKept",
    lambda s, keep: (vector(dtypes.int64), s),
    [0, 2, 3],
    [True, False, True],
)
def rows_kept(splits: Any, keep: Any) -> Any:
    """Where the values that a mask keeps stand, and where their rows end."""
    kept_before = row_ends(keep, splits.dtype)
    return np.flatnonzero(keep).astype(np.int64), kept_before[splits]


@array_function(
    "RaggedBoundingShape",
    lambda *splits: vector(splits[0].dtype, len(splits) + 1),
    [0, 2, 2],
    [0, 1, 3],
)
def bounding_sizes(*splits: Any) -> Any:
    """The number of rows, and for each level the length of its longest row."""
    sizes = [len(splits[0]) - 1, *[np.diff(s).max(initial=0) for s in splits]]
    return np.array(sizes, splits[0].dtype)


def _places_spec(*splits: TensorSpec, shape: Any) -> TensorSpec:
    known = static_value(shape)
    if known is None:
        return TensorSpec.of((None,) * (len(splits) + 1), dtypes.int64)
    dims = [None if d is None or d < 0 else d for d in known]
    if dims[0] is None:
        dims[0] = longer(splits[0], -1)
    return TensorSpec.of(tuple(dims), dtypes.int64)


@array_function("RaggedPlaces", _places_spec, [0, 2, 2], [0, 1, 3], shape=(-1, 3, -1))
def dense_places(*splits: Any, shape: Any) -> Any:
    """For each element of a tensor, which of the flat values it is.

    Where there is none it is one more than the last. Dimensions of `shape` that are
    negative fit the longest row.
    """
    bounds = [len(splits[0]) - 1, *[np.diff(s).max(initial=0) for s in splits]]
    sizes = [int(b if w < 0 else w) for b, w in zip(bounds, shape, strict=True)]
    nothing = int(splits[-1][-1])
    rows = np.arange(sizes[0])
    real = rows < bounds[0]
    for level, size in zip(splits, sizes[1:], strict=True):
        rows = np.where(real, rows, 0)
        if len(level) == 1:
            rows, real = np.zeros((*rows.shape, size), np.int64), np.zeros(1, bool)
            real = np.broadcast_to(real, rows.shape)
            continue
        starts, lengths = level[:-1][rows], np.diff(level)[rows]
        inside = np.arange(size) < lengths[..., None]
        real = real[..., None] & inside
        rows = starts[..., None] + np.arange(size)
    return np.where(real, rows, nothing).astype(np.int64)


@array_function(
    "RaggedCells",
    lambda inner, *splits: TensorSpec.of(
        (
            None,
            None
            if inner.dims is None or inner.dims[0] is None
            else len(splits) + inner.dims[0],
        ),
        dtypes.int64,
    ),
    [3, 2],
    [0, 2, 2],
    [0, 1, 3],
)
def cells(flat_shape: Any, *splits: Any) -> Any:
    """The index of each element: row, place in the row, …, place in a flat value."""
    count, *inner = flat_shape.tolist()
    columns: list[np.ndarray] = []
    row = np.arange(count)
    for level in reversed(splits):
        rowids = np.repeat(np.arange(len(level) - 1), np.diff(level))
        columns.insert(0, row - level[:-1][rowids[row]])
        row = rowids[row]
    columns.insert(0, row)
    outer = np.stack(columns, axis=1).astype(np.int64)
    if not inner:
        return outer
    width = int(np.prod(inner, dtype=np.int64))
    below = np.stack(np.unravel_index(np.arange(width), inner), axis=1)
    return np.concatenate(
        [np.repeat(outer, width, axis=0), np.tile(below, (count, 1))], axis=1
    ).astype(np.int64)


@array_function(
    "LengthsWithoutPadding",
    lambda x, p: vector(dtypes.int64, None if x.dims is None else x.dims[0]),
    [[1, 0, 0], [0, 2, 0]],
    0,
)
def lengths_without_padding(x: Any, padding: Any) -> Any:
    """The lengths of the rows of a tensor without the padding at their ends."""
    rows, width = x.shape[:2]
    real = ~(x == padding)
    real = real.reshape((rows, width, -1)).any(axis=2) if x.size else real
    real = real.reshape((rows, width))
    return np.where(real, np.arange(1, width + 1), 0).max(axis=1, initial=0)


@array_function(
    "FilledFromTheLeft", lambda n, w: vector(dtypes.int64), [2, 0], np.int64(3)
)
def filled_from_the_left(lengths: Any, width: Any) -> Any:
    """Where the values of rows of these lengths stand in rows of one width."""
    lengths = np.clip(lengths, 0, width)
    starts = np.arange(len(lengths), dtype=np.int64) * width
    return _spread(starts, lengths)


def _rows_of_ranges(bounds: tuple[TensorSpec, ...]) -> int | None:
    if any(b.dims is None for b in bounds):
        return None
    sizes = [b.dims[0] for b in bounds if b.dims]
    return sizes[0] + 1 if sizes and sizes[0] is not None else None


@array_function(
    "RaggedRangeOf",
    lambda *bounds: (like(bounds[0]), vector(dtypes.int64, _rows_of_ranges(bounds))),
    [0, 5],
    [3, 8],
    [1, 2],
)
def ranges(starts: Any, limits: Any, deltas: Any) -> Any:
    """The numbers of each range, one after the other, and where the ranges end."""
    sizes = {np.shape(v) for v in (starts, limits, deltas)} - {()}
    if any(len(size) > 1 for size in sizes):
        raise errors.invalid("RaggedRange", "starts must be a scalar or vector")
    if len(sizes) > 1:
        raise errors.invalid(
            "RaggedRange", "starts, limits, and deltas must have the same shape"
        )
    if (deltas == 0).any():
        raise errors.invalid("RaggedRange", "Requires delta != 0")
    rows = [np.arange(a, b, c) for a, b, c in np.broadcast(starts, limits, deltas)]
    flat = np.concatenate([np.zeros(0, starts.dtype), *rows]).astype(starts.dtype)
    return flat, row_ends(np.array([len(r) for r in rows], np.int64), np.int64)


@array_function("RightRaggedRows", lambda i: vector(i.dtype), [[0, 0], [0, 1], [2, 0]])
def right_ragged_rows(indices: Any) -> Any:
    """The rows of the indices of a sparse matrix whose rows have no gaps."""
    rows, columns = indices[:, 0], indices[:, 1]
    start = np.searchsorted(rows, rows, side="left")
    if (columns != np.arange(len(columns)) - start).any():
        raise errors.invalid("RaggedFromSparse", "SparseTensor is not right-ragged.")
    return rows.copy()


@array_function(
    "GroupedByNumber",
    lambda p, n: (vector(dtypes.int64), vector(dtypes.int64)),
    [1, 0, 1],
    np.int64(3),
)
def grouped_by_number(partitions: Any, count: Any) -> Any:
    """Values in the order of their group's number, and where the groups end."""
    flat = partitions.reshape(-1)
    wrong = flat[(flat < 0) | (flat >= count)]
    if wrong.size:
        raise errors.invalid(
            "StackDynamicPartitions",
            "partitions must be less than num_partitions and not negative: must be in "
            f"[0, num_partitions={int(count)}), got {wrong[0]}",
        )
    order = np.argsort(flat, kind="stable").astype(np.int64)
    return order, row_ends(np.bincount(flat, minlength=int(count)), np.int64)
