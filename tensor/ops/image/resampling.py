"""Resampling whole images: rows and columns by their taps, one image at a time.

Of one image, what lies between the two steps stays in the cache. Columns are gathered
from rows that lie flat in memory, channel by channel: NumPy takes single numbers many
times faster than short stretches of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import thread_pool

if TYPE_CHECKING:
    from tensor.ops.image.taps import Taps

# Elements of the result that a thread makes at least.
_PIECE = 1 << 15


def resample(images: np.ndarray, rows: Taps, columns: Taps, dtype: Any) -> np.ndarray:
    """Return images [batch, height, width, channels] made of their taps.

    The sums are computed in `dtype`.
    """
    batch, height, width, channels = images.shape
    size = len(rows.indices), len(columns.indices)
    result = np.empty((batch, size[0], size[1] * channels), dtype)
    across = _Gather(rows, 0, 1, dtype)
    along = _Gather(columns, 1, channels, dtype)
    # Columns cost more: they come first where there are fewer rows before than after.
    first, second = (along, across) if size[0] > height else (across, along)
    step = thread_pool.share(batch, _PIECE * batch // max(result.size, 1))

    def work(piece: int) -> None:
        for i in range(piece * step, min((piece + 1) * step, batch)):
            flat = images[i].reshape(height, width * channels)
            half = first.scratch("resampled once", flat.shape)
            first.write(flat.astype(dtype, copy=False), half)
            second.write(half, result[i])

    if result.size:
        thread_pool.run(work, -(-batch // step))
    return result.reshape(batch, *size, channels)


class _Gather:
    """The taps along an axis of flat images, one index and weight for each number."""

    def __init__(self, taps: Taps, axis: int, channels: int, dtype: Any) -> None:
        places = taps.indices.T[:, :, None] * channels + np.arange(channels)
        self._indices = places.reshape(len(places), -1)
        weights = np.repeat(taps.weights.T, channels, axis=1).astype(dtype)
        self._weights = weights[:, :, None] if axis == 0 else weights
        self._is_copy = len(weights) == 1 and bool((taps.weights == 1).all())
        self._axis = axis
        self._dtype = dtype

    def scratch(self, purpose: str, shape: tuple[int, ...]) -> np.ndarray:
        """Return room for what comes of an array of this shape."""
        size = list(shape)
        size[self._axis] = self._indices.shape[1]
        return thread_pool.scratch(purpose, tuple(size), self._dtype)

    def write(self, x: np.ndarray, out: np.ndarray) -> None:
        """Write the sums over the taps of x to `out`."""
        self._take(x, 0, out)
        if len(self._indices) == 1:
            return
        term = self.scratch("term", x.shape)
        for k in range(1, len(self._indices)):
            self._take(x, k, term)
            np.add(out, term, out=out)

    def _take(self, x: np.ndarray, k: int, out: np.ndarray) -> None:
        # With "raise" NumPy would copy `out`; no index lies outside.
        np.take(x, self._indices[k], axis=self._axis, out=out, mode="clip")
        if not self._is_copy:
            np.multiply(out, self._weights[k], out=out)
