"""Maxima of windows that have NaN or the lowest numbers in them.

Comparisons with NaN are false, so its place among the others decides; and what was
padded must not be taken for an element. The rules are TensorFlow's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.dtypes import as_dtype
from tensor.ops.nn.windows import padded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensor.ops.nn.windows import Windows

# How many channels of float32 TensorFlow computes at once.
_LANES = 8


def lowest(dtype: np.dtype[Any]) -> Any:
    """Return the lowest finite number."""
    return as_dtype(dtype).min


def is_ordinary(x: np.ndarray) -> bool:
    """Return whether all elements are above the lowest number; NaN is not."""
    return bool(x.size == 0 or np.min(x) > lowest(x.dtype))


def places(windows: Windows, counts: tuple[int, ...]) -> Iterator[tuple[slice, ...]]:
    """Yield where the windows have each of their places, in row-major order."""
    for place in np.ndindex(*windows.sizes):
        yield (
            slice(None),
            *(
                slice(p * d, p * d + (count - 1) * s + 1, s)
                for p, d, s, count in zip(
                    place, windows.dilations, windows.strides, counts, strict=True
                )
            ),
        )


def chosen_places(
    x: np.ndarray, windows: Windows, pads: Any, counts: tuple[int, ...]
) -> np.ndarray:
    """Return the number of the place that each window has its maximum at.

    It is the first that lies on the array, unless a later one is greater: a NaN that
    comes first stays, others are passed over.
    """
    inside = padded(np.ones((1, *x.shape[1:-1], 1), bool), pads, False)
    x = padded(x, pads, lowest(x.dtype))
    best = np.empty((len(x), *counts, x.shape[-1]), x.dtype)
    chosen = np.full(best.shape, -1)
    for number, where in enumerate(places(windows, counts)):
        here, is_first = x[where], inside[where] & (chosen < 0)
        better = is_first | (inside[where] & (here > best))
        np.copyto(best, here, where=better)
        chosen[better] = number
    return chosen


def maxima_of_volumes(
    x: np.ndarray, windows: Windows, counts: tuple[int, ...]
) -> np.ndarray:
    """Return the maximum of every window of a padded array that has NaN in it.

    Where eight channels are computed at once, NaN is passed over; elsewhere each number
    replaces a NaN before it, and a NaN whatever was before.
    """
    first, *others = places(windows, counts)
    best = at_once = x[first]
    for where in others:
        here = x[where]
        best = np.where(here < best, best, here)
        at_once = np.fmax(here, at_once)
    channels = x.shape[-1]
    first_lane = np.arange(best.size) // _LANES * _LANES
    is_at_once = first_lane % channels + _LANES <= channels
    result: np.ndarray = np.where(is_at_once.reshape(best.shape), at_once, best)
    return result
