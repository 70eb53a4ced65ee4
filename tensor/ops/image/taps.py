"""Resampling along one axis: which elements each result is made of, with what weights.

Every method of resizing is linear and works on rows and columns separately. Along an
axis of n elements it is a table of `m` rows of taps: indices and weights. Turned round,
the same table carries gradients back.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable


class Taps(NamedTuple):
    """For each result, the elements it is made of and their weights: [m, taps]."""

    indices: np.ndarray
    weights: np.ndarray

    def reversed(self, size: int) -> Taps:
        """Return the table that takes results back to the `size` elements."""
        rows = np.repeat(np.arange(len(self.indices)), self.indices.shape[1])
        columns, weights = self.indices.reshape(-1), self.weights.reshape(-1)
        order = np.argsort(columns, kind="stable")
        counts = np.bincount(columns, minlength=size)
        width = max(int(counts.max(initial=0)), 1)
        starts = np.cumsum(counts) - counts
        place = np.arange(len(columns)) - starts[columns[order]]
        indices = np.zeros((size, width), np.int64)
        table = np.zeros((size, width), weights.dtype)
        indices[columns[order], place] = rows[order]
        table[columns[order], place] = weights[order]
        return Taps(indices, table)


def _triangle(x: np.ndarray) -> np.ndarray:
    return np.maximum(1 - x, 0)


def _keys_cubic(x: np.ndarray) -> np.ndarray:
    near = ((1.5 * x - 2.5) * x) * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0))


def _sharp_cubic(x: np.ndarray) -> np.ndarray:
    near = ((1.25 * x - 2.25) * x) * x + 1
    far = ((-0.75 * x + 3.75) * x - 6) * x + 3
    return np.where(x < 1, near, np.where(x < 2, far, 0))


def _mitchell_cubic(x: np.ndarray) -> np.ndarray:
    near = (((7 / 6) * x - 2) * x) * x + 8 / 9
    far = (((-7 / 18) * x + 2) * x - 10 / 3) * x + 16 / 9
    return np.where(x < 1, near, np.where(x < 2, far, 0))


def _gaussian(x: np.ndarray) -> np.ndarray:
    return np.where(x < 1.5, np.exp(-x * x / (2 * 0.5**2)), 0)


def _lanczos(radius: float) -> Callable[[np.ndarray], np.ndarray]:
    def kernel(x: np.ndarray) -> np.ndarray:
        safe = np.where(x <= 1e-3, 1, x) * math.pi
        value = radius * np.sin(safe) * np.sin(safe / radius) / (safe * safe)
        return np.where(x <= 1e-3, 1, np.where(x > radius, 0, value))

    return kernel


# The name of a method: how far its kernel reaches, and the kernel.
KERNELS: dict[str, tuple[float, Callable[[np.ndarray], np.ndarray]]] = {
    "bilinear": (1.0, _triangle),
    "bicubic": (2.0, _keys_cubic),
    "mitchellcubic": (2.0, _mitchell_cubic),
    "gaussian": (1.5, _gaussian),
    "lanczos3": (3.0, _lanczos(3.0)),
    "lanczos5": (5.0, _lanczos(5.0)),
}


@functools.lru_cache(maxsize=64)
def taps_for(method: str, size: int, target: int, antialias: bool) -> Taps:
    """Return the taps that bring an axis of `size` elements to `target`.

    A method may say how places are counted, as TF1 did: "bilinear:corners" lets the
    first and last elements stay where they are, "bilinear:edges" is for elements
    without extent.
    """
    kind, _, counting = method.partition(":")
    if kind == "nearest":
        return _nearest(size, target, counting)
    if kind == "area":
        return _area(size, target, counting)
    if kind == "bilinear" and not antialias:
        return _bilinear(size, target, counting)
    if kind == "bicubic" and not antialias:
        return _bicubic(size, target, counting)
    return _scaled_kernel(kind, size, target, antialias)


@functools.lru_cache(maxsize=64)
def taps_back(method: str, size: int, target: int, antialias: bool) -> Taps:
    """Return the taps that bring gradients of `target` elements back to `size`."""
    return taps_for(method, size, target, antialias).reversed(size)


def _scale(size: int, target: int, counting: str) -> np.float32:
    """Return how far apart the results lie, in elements.

    In single precision, as TensorFlow: it decides on which side a middle falls.
    """
    if counting == "corners" and target > 1:
        return np.float32(size - 1) / np.float32(target - 1)
    return np.float32(size) / np.float32(target)


def _centers(size: int, target: int, counting: str) -> np.ndarray:
    """Return where each result lies among the elements, of which the first is at 0."""
    scale, numbers = _scale(size, target, counting), np.arange(target, dtype=np.float32)
    if counting:
        return numbers * scale
    return (numbers + np.float32(0.5)) * scale - np.float32(0.5)


def _nearest(size: int, target: int, counting: str) -> Taps:
    scale, numbers = _scale(size, target, counting), np.arange(target, dtype=np.float32)
    if counting == "corners":
        places = np.floor(numbers * scale + np.float32(0.5))
    else:
        places = np.floor((numbers + np.float32(0 if counting else 0.5)) * scale)
    indices = np.minimum(places.astype(np.int64), size - 1)
    return Taps(indices[:, None], np.ones((target, 1)))


def _bilinear(size: int, target: int, counting: str) -> Taps:
    places = _centers(size, target, counting)
    floor = np.floor(places)
    share = (places - floor).astype(np.float64)
    low = np.maximum(floor, 0).astype(np.int64)
    high = np.minimum(np.ceil(places), size - 1).astype(np.int64)
    return Taps(np.stack([low, high], 1), np.stack([1 - share, share], 1))


def _bicubic(size: int, target: int, counting: str) -> Taps:
    # TensorFlow reads the kernel from a table of 1024 steps; what falls outside the
    # image is left out and the rest made to sum to 1. TF1's own ways of counting go
    # with another kernel, and take the outermost element again.
    places = _centers(size, target, counting)
    floor = np.floor(places).astype(np.int64)
    share = np.rint((places - floor) * np.float32(1024)) / 1024
    reach = np.arange(-1, 3)
    indices = floor[:, None] + reach
    distance = np.abs(share[:, None] - reach)
    if counting:
        return Taps(np.clip(indices, 0, size - 1), _sharp_cubic(distance))
    weights = _keys_cubic(distance)
    weights = np.where((indices >= 0) & (indices < size), weights, 0)
    total = weights.sum(axis=1, keepdims=True)
    weights = np.where(
        np.abs(total) >= 1000 * np.finfo(np.float32).tiny,
        weights / np.where(total == 0, 1, total),
        weights,
    )
    return Taps(np.clip(indices, 0, size - 1), weights)


def _area(size: int, target: int, counting: str) -> Taps:
    """Return the taps that weigh elements by how much of each a result covers."""
    scale = _scale(size, target, counting)
    if scale == 0:  # one element, with its corners where they were
        return Taps(np.zeros((target, 1), np.int64), np.ones((target, 1)))
    ends = np.arange(target + 1, dtype=np.float32) * scale
    start, end = ends[:-1, None], ends[1:, None]
    first = np.floor(start).astype(np.int64)
    width = int((np.ceil(end) - first).max(initial=1))
    indices = first + np.arange(width)
    covered = np.minimum(indices + 1, end) - np.maximum(indices, start)
    # An element that holds the result whole counts as if nothing had been rounded.
    is_whole = (indices < start) & (indices + 1 > end)
    weights = np.where(is_whole, scale, np.maximum(covered, 0)) / scale
    return Taps(np.minimum(indices, size - 1), weights)


def _scaled_kernel(method: str, size: int, target: int, antialias: bool) -> Taps:
    """Return the taps of a kernel, widened when an image shrinks if `antialias`."""
    # In single precision, step by step as TensorFlow: where a kernel ends with a jump,
    # the last digit decides whether an element counts.
    single = np.float32
    radius, kernel = KERNELS[method]
    step = single(1) / (single(target) / single(size))
    widen = max(step, single(1)) if antialias else single(1)
    reach = single(radius) * widen
    centers = (np.arange(target, dtype=single) + single(0.5)) * step
    first = np.ceil(centers - reach - single(0.5)).clip(0, size - 1).astype(np.int64)
    last = np.floor(centers + reach - single(0.5)).clip(0, size - 1).astype(np.int64)
    width = int((last - first).max(initial=0)) + 1
    indices = first[:, None] + np.arange(width)
    distance = indices.astype(single) + single(0.5) - centers[:, None]
    weights = kernel(np.abs(distance * (single(1) / widen)))
    weights = np.where(indices <= last[:, None], weights, 0)
    total = weights.sum(axis=1, keepdims=True)
    weights = weights / np.where(np.abs(total) > 1e-35, total, 1)
    return Taps(np.minimum(indices, size - 1), weights)
