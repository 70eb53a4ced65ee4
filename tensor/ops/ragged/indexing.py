"""Indexing ragged tensors: rows, parts of rows, elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import constant_tensor, convert
from tensor.core.registry import get_op
from tensor.core.tensor import EagerTensor
from tensor.ops.array import cast_
from tensor.ops.ragged.dispatch import expand_dims, take
from tensor.ops.ragged.partitions import OPEN, part_of_rows
from tensor.ops.ragged.ragged_tensor import RaggedTensor


def get_item(x: RaggedTensor, key: Any) -> Any:
    """Return `x[key]`: rows, parts of rows, elements.

    Raises:
        ValueError: A single index into a ragged dimension behind a slice.
        IndexError: There is no such row.
        TypeError: A key is no index.
    """
    items = list(key) if isinstance(key, tuple) else [key]
    dots = [at for at, item in enumerate(items) if item is Ellipsis]
    if dots:
        rank: Any = x.shape.rank
        missing = rank - len([i for i in items if i is not None]) + 1
        items[dots[0] : dots[0] + 1] = [slice(None)] * missing
    if not items:
        return x
    for item in items:
        _check_index(item)
    first, rest = items[0], tuple(items[1:])
    if first is None:
        result = expand_dims(x, 0)
        return result[(slice(None), *rest)] if rest else result
    if isinstance(first, slice):
        return _slice_rows(x, first, rest)
    values = _row(x, first)
    return values[rest] if rest else values


def _check_index(item: Any) -> None:
    allowed = (int, np.integer, slice, np.ndarray, type(None))
    if isinstance(item, allowed) or item is Ellipsis or hasattr(item, "static_shape"):
        return
    raise TypeError(
        "Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar "
        f"tf.int32/tf.int64 tensors are valid indices, got {item!r}"
    )


def _row(x: RaggedTensor, number: Any) -> Any:
    """Return one row.

    Raises:
        IndexError: There is no such row.
    """
    splits = x.row_splits
    if type(splits) is EagerTensor and type(convert(number)) is EagerTensor:
        row, count = int(number), len(x)
        if not -count <= row < count:
            raise IndexError(f"Row key {row} out of bounds")
        ends = np.asarray(splits)
        return x.values[int(ends[row % count]) : int(ends[row % count + 1])]
    return x.values[splits[:-1][number] : splits[1:][number]]


def _slice_rows(x: RaggedTensor, part: slice, rest: tuple[Any, ...]) -> Any:
    rows: Any = x
    if part != slice(None):
        rows = take(x, _numbers_in(x, part))
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
    length = x.shape[1]
    if isinstance(length, int):
        place = int(inner)
        if not -length <= place < length:
            raise errors.because(
                errors.InvalidArgumentError,
                f"Index {place} out of bounds when indexing into a ragged tensor of "
                f"rows of {length}",
            )
        values = take(rows.values, rows.row_starts() + place % length)
        return values[(slice(None), *deeper)] if deeper else values
    raise ValueError(
        "Cannot index into an inner ragged dimension. Rows differ in length: use a "
        "slice, or to_tensor() first."
    )


def _numbers_in(x: RaggedTensor, part: slice) -> Any:
    """Return the numbers of the rows in a slice."""
    bounds = (part.start, part.stop, part.step)
    known = x.shape[0]
    if known is not None and all(isinstance(b, int | None) for b in bounds):
        return constant_tensor(np.arange(known)[part])
    numbers = get_op("Range")(*[_int64(v) for v in (0, x.nrows(), 1)])
    return numbers[part]


def _slice_inside(x: RaggedTensor, part: slice) -> RaggedTensor:
    """Return the same part of each row."""
    bounds = [
        _int64(OPEN if v is None else v) for v in (part.start, part.stop, part.step)
    ]
    positions, splits = part_of_rows(x.row_splits, *bounds)
    return RaggedTensor(take(x.values, positions), splits)


def _int64(value: Any) -> Any:
    return cast_(convert(value, hint=dtypes.int64), dtypes.int64)
