"""Indexing ragged tensors: rows, parts of rows, elements."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from tensor.core.convert import constant_tensor
from tensor.ops.ragged.dispatch import expand_dims, take
from tensor.ops.ragged.ragged_tensor import RaggedTensor


def get_item(x: RaggedTensor, key: Any) -> Any:
    """Return `x[key]`: rows, parts of rows, elements.

    Raises:
        ValueError: A single index into a ragged dimension behind a slice.
        IndexError: There is no such row.
    """
    items = list(key) if isinstance(key, tuple) else [key]
    if Ellipsis in items:
        at = items.index(Ellipsis)
        rank: Any = x.shape.rank
        missing = rank - len([i for i in items if i is not None]) + 1
        items[at : at + 1] = [slice(None)] * missing
    if not items:
        return x
    first, rest = items[0], tuple(items[1:])
    if first is None:
        result = expand_dims(x, 0)
        return result[(slice(None), *rest)] if rest else result
    if isinstance(first, slice):
        return _slice_rows(x, first, rest)
    row = int(first)
    count = len(x)
    if not -count <= row < count:
        raise IndexError(f"Row key {row} out of bounds")
    row %= count
    splits = np.asarray(x.row_splits)
    values = x.values[int(splits[row]) : int(splits[row + 1])]
    return values[rest] if rest else values


def _slice_rows(x: RaggedTensor, part: slice, rest: tuple[Any, ...]) -> Any:
    rows: Any = x
    if part != slice(None):
        start, stop, step = (
            None if v is None else int(v) for v in (part.start, part.stop, part.step)
        )
        index = np.arange(len(x))[slice(start, stop, step)]
        rows = take(x, constant_tensor(index))
    if not rest:
        return rows
    inner, *deeper = rest
    if isinstance(inner, slice):
        cut = _slice_inside(rows, inner)
        if deeper:
            return cut.with_values(cut.values[(slice(None), *deeper)])
        return cut
    if inner is None:
        result = expand_dims(rows, 1)
        return result[(slice(None), slice(None), *deeper)] if deeper else result
    raise ValueError(
        "Cannot index into an inner ragged dimension. Rows differ in length: use a "
        "slice, or to_tensor() first."
    )


def _slice_inside(x: RaggedTensor, part: slice) -> RaggedTensor:
    """Return the same part of each row."""
    splits = np.asarray(x.row_splits)
    start, stop, step = (
        None if v is None else int(v) for v in (part.start, part.stop, part.step)
    )
    cells = [
        np.arange(a, b)[slice(start, stop, step)] for a, b in itertools.pairwise(splits)
    ]
    flat = np.concatenate([*cells, np.zeros(0, np.int64)]).astype(np.int64)
    lengths = np.array([len(c) for c in cells], splits.dtype)
    return RaggedTensor.from_row_lengths(take(x.values, constant_tensor(flat)), lengths)
