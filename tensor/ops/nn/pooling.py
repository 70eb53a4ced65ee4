"""Pooling on arrays: the maximum or mean of every window, and what flows back.

Windows are taken apart by axis where that is possible (a maximum of maxima), and by
place where it is not; no matrix of windows is ever made. Pieces of a few images are
spread over the pool.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import thread_pool
from tensor.ops.nn.odd_maxima import (
    chosen_places,
    is_ordinary,
    lowest,
    maxima_of_volumes,
    places,
)
from tensor.ops.nn.windows import Windows, padded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_PIECE_BYTES = 512 * 1024


def in_pieces(function: Callable[[slice], None], like: np.ndarray) -> None:
    """Call `function` with slices of the batch of `like`, spread over the pool."""
    images = thread_pool.share(
        len(like), _PIECE_BYTES * len(like) // max(like.nbytes, 1)
    )
    count = -(-len(like) // images)
    if count == 1:
        function(slice(None))
    else:
        thread_pool.run(lambda i: function(slice(i * images, (i + 1) * images)), count)


def _below(dtype: np.dtype[Any]) -> Any:
    """Return what no maximum is equal to, where the dtype has such a number."""
    return lowest(dtype) if dtype.kind in "iu" else -np.inf


def _along(
    x: np.ndarray, windows: Windows, axis: int, counts: tuple[int, ...]
) -> Iterator[np.ndarray]:
    """Yield, for each place along one axis, what the windows have there."""
    stride, rate = windows.strides[axis], windows.dilations[axis]
    lead = (slice(None),) * (axis + 1)
    for k in range(windows.sizes[axis]):
        start = k * rate
        yield x[(*lead, slice(start, start + (counts[axis] - 1) * stride + 1, stride))]


def _reduce(
    ufunc: np.ufunc,
    x: np.ndarray,
    windows: Windows,
    counts: tuple[int, ...],
    axes: Iterable[int],
) -> np.ndarray:
    """Combine the elements of each window of a padded array along some axes."""
    for axis in axes:
        places = _along(x, windows, axis, counts)
        first = next(places)
        if windows.sizes[axis] == 1:
            x = first
            continue
        total = ufunc(first, next(places))
        for place in places:
            ufunc(total, place, out=total)
        x = total
    return x


def maximum(x: np.ndarray, windows: Windows, is_finite: bool = False) -> np.ndarray:
    """Return the maximum of every window; in images NaN is passed over.

    Args:
        x: What the windows lie on.
        windows: Where they lie.
        is_finite: Whether a window of -inf and NaN gives the lowest finite number.
    """
    floor = lowest(x.dtype) if is_finite and x.dtype.kind not in "iu" else None
    in_volumes = len(windows.sizes) == 3
    counts = windows.known_counts(x.shape[1:-1])
    result = np.empty_like(x, shape=(len(x), *counts, x.shape[-1]), order="C")
    pads = windows.pads(x.shape[1:-1])

    def work(batch: slice) -> None:
        piece = padded(x[batch], pads, lowest(x.dtype))
        if in_volumes and np.isnan(np.min(piece)):
            result[batch] = maxima_of_volumes(piece, windows, counts)
            return
        # The first axis first: what is combined there are the longest runs in memory.
        best = _reduce(np.fmax, piece, windows, counts, range(len(counts)))
        if floor is None:
            result[batch] = best
        else:
            np.fmax(best, floor, out=result[batch])

    if result.size:
        in_pieces(work, x)
    return result


def _chosen(
    x: np.ndarray, y: np.ndarray, windows: Windows, pads: Any
) -> Iterator[tuple[tuple[slice, ...], np.ndarray]]:
    """Yield each place and the mask of windows whose maximum is the one found there.

    Among equals the first place has it.
    """
    counts = y.shape[1:-1]
    if not is_ordinary(x):
        chosen = chosen_places(x, windows, pads, counts)
        for number, where in enumerate(places(windows, counts)):
            yield where, chosen == number
        return
    x = padded(x, pads, _below(x.dtype))
    taken = None
    for where in places(windows, counts):
        mask = x[where] == y
        if taken is None:
            taken = mask.copy()
        else:
            np.greater(mask, taken, out=mask)
            np.logical_or(taken, mask, out=taken)
        yield where, mask


def _equal(
    x: np.ndarray, y: np.ndarray, windows: Windows, pads: Any
) -> Iterator[tuple[tuple[slice, ...], np.ndarray]]:
    """Yield each place and the mask of windows whose maximum is equal to what is there.

    Infinity below is not equal to itself, as TensorFlow has it.
    """
    x = padded(x, pads, _below(x.dtype))
    if not is_ordinary(y):
        y = np.where(np.isneginf(y), np.nan, y).astype(y.dtype)
    for where in places(windows, y.shape[1:-1]):
        yield where, x[where] == y


def maximum_gradient(
    x: np.ndarray, y: np.ndarray, dz: np.ndarray, windows: Windows
) -> np.ndarray:
    """Return dz at the place of each window's maximum, summed where windows overlap.

    Among equal elements the first gets all of it; in volumes each does, as TensorFlow
    has it.
    """
    in_volumes = len(windows.sizes) == 3
    pads = windows.pads(x.shape[1:-1])
    result = np.empty_like(dz, shape=x.shape, order="C")
    inner = _inside(x, pads)
    disjoint = all(
        s >= e for s, e in zip(windows.strides, windows.extents(), strict=True)
    )

    def work(batch: slice) -> None:
        rows, best, given = x[batch], y[batch], dz[batch]
        sizes = [n + b + a for n, (b, a) in zip(x.shape[1:-1], pads, strict=True)]
        is_whole = not any(map(any, pads))
        total = result[batch]
        if not is_whole:
            total = np.empty_like(dz, shape=(len(rows), *sizes, x.shape[-1]))
        if disjoint and not in_volumes and is_ordinary(rows):
            piece = padded(rows, pads, _below(x.dtype))
            _to_first(piece, best, given, windows, total)
        else:
            total.fill(0)
            masks = _equal if in_volumes else _chosen
            for where, mask in masks(rows, best, windows, pads):
                total[where] += given * mask
        if not is_whole:
            result[batch] = total[inner]

    if result.size and y.size:
        in_pieces(work, x)
    else:
        result.fill(0)
    return result


def _to_first(
    x: np.ndarray, y: np.ndarray, dz: np.ndarray, windows: Windows, total: np.ndarray
) -> None:
    """Write to `total` what windows that do not overlap give back: axis by axis.

    A window's dz goes to its first row that has the maximum, then to the first element
    of that row that has the row's: a third of the work of looking at every place.
    """
    counts = y.shape[1:-1]
    last = len(counts) - 1
    for axis in range(last + 1):
        # The maxima along the axes after this one; at the end, x itself.
        inside = _reduce(np.fmax, x, windows, counts, range(last, axis, -1))
        target = total if axis == last else np.empty_like(dz, shape=inside.shape)
        if counts[axis] * windows.sizes[axis] != target.shape[axis + 1]:
            target.fill(0)  # some elements are in no window
        places = _along(inside, windows, axis, counts)
        targets = _along(target, windows, axis, counts)
        for _ in range(windows.sizes[axis] - 1):
            # What is below the maximum hands everything on to those after it.
            later = dz * (next(places) < y)
            np.subtract(dz, later, out=next(targets))
            dz = later
        next(targets)[...] = dz
        y, dz = inside, target


def at_maximum(
    x: np.ndarray, y: np.ndarray, values: np.ndarray, windows: Windows
) -> np.ndarray:
    """Return `values`, shaped like x, at the place of each window's maximum."""
    pads = windows.pads(x.shape[1:-1])
    padded_values = padded(values, pads)
    result = np.zeros_like(values, shape=y.shape, order="C")
    for where, mask in _chosen(x, y, windows, pads):
        np.copyto(result, padded_values[where], where=mask)
    return result


def maximum_and_place(
    x: np.ndarray, windows: Windows, with_batch: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return each window's maximum, and its flat index in its image or in all of x."""
    index = np.arange(x.size, dtype=np.int64).reshape(x.shape)
    if not with_batch:
        index %= math.prod(x.shape[1:])
    y = maximum(x, windows)
    place = at_maximum(x, y, index, windows)
    return (y if is_ordinary(x) else at_maximum(x, y, x, windows)), place


def _inside(x: np.ndarray, pads: Any) -> tuple[slice, ...]:
    return (
        slice(None),
        *(slice(b, b + n) for n, (b, _) in zip(x.shape[1:-1], pads, strict=True)),
    )


def mean(x: np.ndarray, windows: Windows) -> np.ndarray:
    """Return the mean of every window; what was padded does not count."""
    counts = windows.known_counts(x.shape[1:-1])
    result = np.empty_like(x, shape=(len(x), *counts, x.shape[-1]), order="C")
    pads = windows.pads(x.shape[1:-1])
    share = 1 / _members(x.shape[1:-1], windows, counts).astype(x.dtype)

    def work(batch: slice) -> None:
        piece = padded(x[batch], pads)
        total = _reduce(np.add, piece, windows, counts, range(len(counts)))
        np.multiply(total, share, out=result[batch])

    if result.size:
        in_pieces(work, x)
    return result


def mean_gradient(
    dz: np.ndarray, spatial: tuple[int, ...], windows: Windows
) -> np.ndarray:
    """Return each window's dz, shared out among its elements."""
    pads = windows.pads(spatial)
    counts = dz.shape[1:-1]
    channels = dz.shape[-1]
    sizes = [n + b + a for n, (b, a) in zip(spatial, pads, strict=True)]
    result = np.empty_like(dz, shape=(len(dz), *spatial, channels), order="C")
    inner = _inside(result, pads)
    share = 1 / _members(spatial, windows, counts).astype(dz.dtype)

    def work(batch: slice) -> None:
        given = dz[batch] * share
        total = np.zeros_like(dz, shape=(len(given), *sizes, channels))
        for where in places(windows, counts):
            total[where] += given
        result[batch] = total[inner]

    if result.size and dz.size:
        in_pieces(work, result)
    else:
        result.fill(0)
    return result


def _members(
    spatial: tuple[int, ...], windows: Windows, counts: tuple[int, ...]
) -> np.ndarray:
    """Return how many elements of the array each window has: [*counts, 1]."""
    axes = []
    for i, n in enumerate(spatial):
        before = windows.pads(spatial)[i][0]
        starts = np.arange(counts[i]) * windows.strides[i] - before
        places = starts[:, None] + np.arange(windows.sizes[i]) * windows.dilations[i]
        axes.append(((places >= 0) & (places < n)).sum(axis=1))
    members: np.ndarray = functools.reduce(np.multiply.outer, axes)
    return members[..., None]
