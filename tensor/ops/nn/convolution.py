"""Convolution on arrays, and its two gradients, over any number of spatial axes.

The work is cut into pieces of a few images. For each, the windows are copied side by
side into a matrix (im2col) that is used again for the next piece, and one matrix
product does the rest. The pieces are spread over the pool.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensor.core import thread_pool
from tensor.ops.nn.windows import Windows, padded, view

# How large a piece's matrix of windows may be. A level 2 cache holds less, but BLAS
# reads it once, in order; what costs more are threads that wait for one another between
# NumPy's calls, where Python runs. Less than the second is not worth cutting.
_PIECE_BYTES = 2560 * 1024
_CUT_FROM = 768 * 1024

# Windows whose runs in memory are shorter than this are copied place by place instead.
_SHORT_RUN = 16

# The sum over pieces is made in so many parts, whatever the number of threads, so that
# rounding does not depend on it; and in fewer where a part is large.
_PARTS = 8
_PART_BYTES = 8 * 1024 * 1024


def convolve(
    x: np.ndarray, w: np.ndarray, windows: Windows, out: np.ndarray | None = None
) -> np.ndarray:
    """Return x convolved with filters of shape [*sizes, channels, filters].

    The result is written to `out`, in rows, if that is given.
    """
    counts = windows.known_counts(x.shape[1:-1])
    shape = (len(x), *counts, w.shape[-1])
    result = np.empty_like(x, shape=shape, order="C") if out is None else out
    if not result.size:
        return result
    pieces = _Pieces(x, windows, counts)
    matrix = np.ascontiguousarray(w).reshape(-1, w.shape[-1])

    def work(i: int) -> None:
        columns, where = pieces.columns(i)
        np.matmul(columns, matrix, out=result[where].reshape(-1, w.shape[-1]))

    thread_pool.run(work, pieces.count)
    return result


def filter_gradient(x: np.ndarray, dz: np.ndarray, windows: Windows) -> np.ndarray:
    """Return the gradient of the filters: for each place of a window, x times dz."""
    filters = dz.shape[-1]
    shape = (*windows.sizes, x.shape[-1], filters)
    if not dz.size or not x.size:
        return np.zeros_like(dz, shape=shape)
    pieces = _Pieces(x, windows, dz.shape[1:-1])
    rows = math.prod(shape[:-1])
    dz = np.ascontiguousarray(dz)
    room = max(1, _PART_BYTES // (rows * filters * dz.itemsize))
    parts = min(pieces.count, _PARTS, room)
    totals = np.empty_like(dz, shape=(parts, rows, filters))

    def work(part: int) -> None:
        total = totals[part]
        first = True
        for i in range(part, pieces.count, parts):
            columns, where = pieces.columns(i)
            piece = dz[where].reshape(-1, filters)
            if first:
                np.matmul(columns.T, piece, out=total)
                first = False
            else:
                product = thread_pool.scratch("product", total.shape, total.dtype)
                np.matmul(columns.T, piece, out=product)
                np.add(total, product, out=total)

    thread_pool.run(work, parts)
    total = totals[0]
    for part in totals[1:]:
        np.add(total, part, out=total)
    return total.reshape(shape)


def input_gradient(
    dz: np.ndarray, w: np.ndarray, spatial: tuple[int, ...], windows: Windows
) -> np.ndarray:
    """Return the gradient of an input of the given spatial shape."""
    pads = windows.pads(spatial)
    reach = [e - 1 for e in windows.extents()]
    # One input channel would make it a product with a single column, which is slow.
    if all(s == 1 for s in windows.strides) and w.shape[-2] > 1:
        # With stride 1 it is a convolution itself, of dz with the filters turned round.
        turned = w[(slice(None, None, -1),) * len(spatial)].swapaxes(-1, -2)
        around = tuple(
            (r - before, n - 1 + before - (count - 1))
            for (before, _), r, n, count in zip(
                pads, reach, spatial, dz.shape[1:-1], strict=True
            )
        )
        if all(min(pair) >= 0 for pair in around):
            return convolve(dz, turned, windows._replace(padding=around))
    return _scatter_windows(dz, w, spatial, windows)


def _scatter_windows(
    dz: np.ndarray, w: np.ndarray, spatial: tuple[int, ...], windows: Windows
) -> np.ndarray:
    """Return the gradient of the input by adding up what each window gives back."""
    pads = windows.pads(spatial)
    channels, filters = w.shape[-2:]
    inner = tuple(slice(b, b + n) for (b, _), n in zip(pads, spatial, strict=True))
    sizes = [n + b + a for n, (b, a) in zip(spatial, pads, strict=True)]
    result = np.empty_like(dz, shape=(len(dz), *spatial, channels), order="C")
    if not result.size:
        return result
    counts = dz.shape[1:-1]
    matrix = np.ascontiguousarray(w).reshape(-1, filters).T
    per_image = math.prod(counts) * matrix.shape[1] * dz.itemsize
    images = max(1, _PIECE_BYTES // max(per_image, 1))
    places = list(np.ndindex(*windows.sizes))

    def work(i: int) -> None:
        batch = slice(i * images, (i + 1) * images)
        piece = dz[batch]
        total = thread_pool.scratch("total", (len(piece), *sizes, channels), dz.dtype)
        total.fill(0)
        rows = math.prod(piece.shape[:-1])
        given = thread_pool.scratch("columns", (rows, matrix.shape[1]), dz.dtype)
        np.matmul(piece.reshape(rows, filters), matrix, out=given)
        back = given.reshape(*piece.shape[:-1], *windows.sizes, channels)
        for place in places:
            target = tuple(
                slice(p * d, p * d + (count - 1) * s + 1, s)
                for p, d, s, count in zip(
                    place, windows.dilations, windows.strides, counts, strict=True
                )
            )
            whole = (slice(None), *target)
            total[whole] += back[(..., *place, slice(None))]
        result[batch] = total[(slice(None), *inner)]

    if dz.size:
        thread_pool.run(work, -(-len(dz) // images))
    else:
        result.fill(0)
    return result


class _Pieces:
    """The windows over an array, cut into matrices of moderate size.

    Attributes:
        count: How many pieces there are.
    """

    def __init__(
        self, x: np.ndarray, windows: Windows, counts: tuple[int, ...]
    ) -> None:
        x = padded(np.ascontiguousarray(x), windows.pads(x.shape[1:-1]))
        self._view = view(x, windows, counts)
        self._axes = len(counts)
        self._width = math.prod(windows.sizes) * x.shape[-1]
        row_bytes = math.prod(counts[1:]) * self._width * x.itemsize
        fitting = max(1, _PIECE_BYTES // max(row_bytes, 1))
        # Pieces of equal height: a small rest would be a poor matrix product.
        self._rows = -(-counts[0] // -(-counts[0] // fitting))
        self._per_image = -(-counts[0] // self._rows)
        self._images = len(x)
        self._batches = -(-len(x) // max(1, fitting // counts[0]))
        if self._batches > 1 or len(x) * counts[0] * row_bytes >= _CUT_FROM:
            # Equal shares for the parts of a sum, and for most numbers of threads.
            self._batches = min(len(x), -(-self._batches // _PARTS) * _PARTS)
        self.count = self._batches * self._per_image
        is_dense = windows.dilations[-1] == 1
        run = x.shape[-1] * (windows.sizes[-1] if is_dense else 1)
        self._is_short = run < _SHORT_RUN
        self._is_plain = all(
            k == s == 1 for k, s in zip(windows.sizes, windows.strides, strict=True)
        )

    def columns(self, i: int) -> tuple[np.ndarray, tuple[slice, ...]]:
        """Return a piece's windows as a matrix, one a row, and where they belong."""
        batch, row = divmod(i, self._per_image)
        where = (
            slice(
                batch * self._images // self._batches,
                (batch + 1) * self._images // self._batches,
            ),
            slice(row * self._rows, (row + 1) * self._rows),
        )
        piece = self._view[where]
        height = math.prod(piece.shape[: self._axes + 1])
        if self._is_plain:
            return piece.reshape(height, self._width), where
        if not self._is_short:
            shape = (height, self._width)
            matrix = thread_pool.scratch("columns", shape, piece.dtype)
            np.copyto(matrix.reshape(piece.shape), piece)
            return matrix, where
        # The long runs in memory are along the windows: one row for each of their
        # places.
        shape = (self._width, height)
        matrix = thread_pool.scratch("columns", shape, piece.dtype)
        order = (
            *range(self._axes + 1, piece.ndim),
            *range(self._axes + 1),
        )
        turned: Any = piece.transpose(order)
        np.copyto(matrix.reshape(turned.shape), turned)
        return matrix.T, where
