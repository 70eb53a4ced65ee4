"""Short-time Fourier transforms, and the way back."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.ops.array import where, zeros_like
from tensor.ops.families import shape_of
from tensor.ops.padding import pad_
from tensor.ops.signal.fourier import inverse_real, real_transform
from tensor.ops.signal.frames import frame, overlap_and_add
from tensor.ops.signal.windows import hann_window


def enclosing_power_of_two(length: int) -> int:
    """Return the smallest power of two that is not below `length`."""
    return 1 << max(0, length - 1).bit_length()


@export("signal.stft")
def stft(
    signals: Any,
    frame_length: Any,
    frame_step: Any,
    fft_length: Any = None,
    window_fn: Any = hann_window,
    pad_end: bool = False,
    name: str | None = None,
) -> Any:
    """Return the Fourier transforms of windowed frames of real signals.

    Args:
        signals: Real signals along the last axis.
        frame_length: The number of elements in a frame.
        frame_step: The distance between frames.
        fft_length: To which length frames are filled up; by default the next power
            of two.
        window_fn: `f(length, dtype=…)` returns the weights of a frame; None for 1.
        pad_end: Whether to fill up the end of the signals.
        name: A name for the result, in a graph.
    """
    x = convert(signals)
    length = int(frame_length)
    size = enclosing_power_of_two(length) if fft_length is None else int(fft_length)
    frames = frame(x, length, frame_step, pad_end=pad_end)
    if window_fn is not None:
        frames = frames * window_fn(length, dtype=frames.dtype)
    return real_transform(frames, axes=(-1,), lengths=(size,), name=name)


@export("signal.inverse_stft")
def inverse_stft(
    stfts: Any,
    frame_length: Any,
    frame_step: Any,
    fft_length: Any = None,
    window_fn: Any = hann_window,
    name: str | None = None,
) -> Any:
    """Return the signals that frames with given Fourier transforms add up to.

    With `window_fn=inverse_stft_window_fn(frame_step)` this undoes `stft`, but for the
    ends of the signals.

    Args:
        stfts: Transforms of frames: [..., frames, fft_length // 2 + 1].
        frame_length: The number of elements in a frame.
        frame_step: The distance between frames.
        fft_length: The length of the transforms; by default the power of two that
            encloses `frame_length`.
        window_fn: `f(length, dtype=…)` returns weights for the frames; None for 1.
        name: A name for the result, in a graph.
    """
    x = convert(stfts)
    length = int(frame_length)
    size = enclosing_power_of_two(length) if fft_length is None else int(fft_length)
    frames = inverse_real(x, axes=(-1,), lengths=(size,))[..., :length]
    missing = length - (shape_of(frames) or (0,))[-1]  # type: ignore[operator]
    if missing > 0:
        paddings = [[0, 0]] * (frames.ndim - 1) + [[0, missing]]
        frames = pad_(frames, paddings)
    if window_fn is not None:
        frames = frames * window_fn(length, dtype=frames.dtype)
    return overlap_and_add(frames, int(frame_step), name=name)


@export("signal.inverse_stft_window_fn")
def inverse_stft_window_fn(
    frame_step: Any, forward_window_fn: Any = hann_window, name: str | None = None
) -> Any:
    """Return the window function with which `inverse_stft` undoes `stft`.

    Args:
        frame_step: The distance between frames.
        forward_window_fn: The window that `stft` used.
        name: Accepted for compatibility.
    """
    step = int(frame_step)

    def inverse_window(frame_length: Any, dtype: Any) -> Any:
        """Return the forward window over the sum of its squares at each place."""
        length = int(frame_length)
        forward = forward_window_fn(length, dtype=dtype)
        squares = np.square(np.asarray(forward))
        overlaps = -(-length // step)
        padded = np.pad(squares, (0, overlaps * step - length))
        sums = padded.reshape(overlaps, step).sum(axis=0)
        total = convert(np.tile(sums, overlaps)[:length].astype(squares.dtype))
        nothing = zeros_like(total)
        return where(total > 0, forward / where(total > 0, total, nothing + 1), nothing)

    return inverse_window
