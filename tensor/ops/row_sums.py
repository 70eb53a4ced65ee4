"""Sums over the leading or the trailing axes of an array, as products with ones.

NumPy adds one row after another, at a tenth of the speed at which BLAS reads memory;
the elements of a row at a third of it, of a short row at a tenth. In pieces, the sum of
many rows is more exact too.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensor.core import blas, thread_pool

# Fewer rows, or fewer elements, NumPy adds up as fast.
_ROWS_FROM = 64
_SIZE_FROM = 1 << 12
# Elements a piece, and the elements from which on the pool is worth waking.
_PIECE = 1 << 17
_THREADS_FROM = 1 << 19

# Sums over trailing axes: BLAS adds up so many elements one after another, NumPy adds
# these sums in pairs. From how many elements on, and on how many threads work.
_RUN = 1024
_TRAILING_FROM = 1 << 15
_TRAILING_PIECE = 1 << 20


def applies(x: Any, axis: tuple[int, ...] | None) -> bool:
    """Return whether a sum along these axes is one over many rows."""
    return (
        axis is not None
        and x.size >= _SIZE_FROM
        and x.dtype.char in "fd"
        and 0 < len(axis) < x.ndim
        and x.shape[-1] > 1
        and sorted(axis) == list(range(len(axis)))
        and math.prod(x.shape[: len(axis)]) >= _ROWS_FROM
        and x.flags.c_contiguous
    )


def sum_rows(x: np.ndarray, axes: int) -> np.ndarray:
    """Return the sum over the first so many axes of an array that lies row by row."""
    columns = math.prod(x.shape[axes:])
    matrix = x.reshape(-1, columns)
    rows = len(matrix)
    step = max(1, _PIECE // columns)
    count = -(-rows // step)
    ones = np.ones(min(step, rows), x.dtype)
    totals = np.empty_like(x, shape=(count, columns))
    if x.size >= _PIECE:
        blas.use_one_thread()

    def work(piece: int) -> None:
        part = matrix[piece * step : (piece + 1) * step]
        np.matmul(ones[: len(part)], part, out=totals[piece])

    if x.size >= _THREADS_FROM:
        thread_pool.run(work, count)
    else:
        for piece in range(count):
            work(piece)
    total = totals[0] if count == 1 else np.add.reduce(totals, axis=0)
    return total.reshape(x.shape[axes:])


def applies_trailing(x: Any, axis: tuple[int, ...] | None) -> bool:
    """Return whether a sum along these axes is one of whole stretches of memory."""
    if x.size < _TRAILING_FROM or x.dtype.char not in "fd" or not x.flags.c_contiguous:
        return False
    return axis is None or (
        len(axis) > 0
        and sorted(a % x.ndim for a in axis) == list(range(x.ndim - len(axis), x.ndim))
    )


def sum_trailing(x: np.ndarray, axes: int) -> Any:
    """Return the sum over the last so many axes of an array that lies row by row."""
    shape = x.shape[: x.ndim - axes]
    matrix = x.reshape(math.prod(shape), -1)
    count, length = matrix.shape
    blas.use_one_thread()
    if length <= _RUN:
        return _in_runs(matrix).reshape(shape)
    whole = length - length % _RUN
    totals = _in_runs(matrix[:, :whole].reshape(count, -1, _RUN))
    total = np.add.reduce(totals, axis=1)
    if whole < length:
        total += np.add.reduce(matrix[:, whole:], axis=1)
    return total.reshape(shape)[()]


def _in_runs(x: np.ndarray) -> np.ndarray:
    """Return the sums along the last axis, which is short."""
    ones = np.ones(x.shape[-1], x.dtype)
    axis = int(x.ndim > 2 and len(x) == 1)
    length = x.shape[axis]
    rows = max(1, _TRAILING_PIECE * length // x.size)
    if rows >= length:
        return np.matmul(x, ones)
    totals = np.empty_like(x, shape=x.shape[:-1])
    lead = (slice(None),) * axis

    def work(piece: int) -> None:
        part = (*lead, slice(piece * rows, (piece + 1) * rows))
        np.matmul(x[part], ones, out=totals[part])

    thread_pool.run(work, -(-length // rows))
    return totals
