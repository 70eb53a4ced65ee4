"""Short-time Fourier transforms, and the way back."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import dtypes
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.ops.array import as_static_shape
from tensor.ops.array_functions import array_function
from tensor.ops.signal.fourier import inverse_real, real_transform
from tensor.ops.signal.frames import frame, overlap_and_add
from tensor.ops.signal.lengths import (
    enclosing_power_of_two,
    fit_length,
    is_number,
    length_of,
)
from tensor.ops.signal.transforms import check_signal, check_spectrum
from tensor.ops.signal.windows import hann_window


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

    Raises:
        ValueError: A length or step is no scalar.
        TypeError: `fft_length` is no integer.
    """
    x = convert(signals)
    length = length_of(frame_length)
    size = _transform_length(length, fft_length)
    frames = frame(x, length, frame_step, pad_end=pad_end)
    if window_fn is not None:
        frames = frames * window_fn(length, dtype=frames.dtype)
    check_signal(frames)
    lengths = as_static_shape([size])
    return real_transform(frames, axes=(-1,), lengths=lengths, name=name)


def _transform_length(length: Any, fft_length: Any) -> Any:
    """Return the length of transforms: by default the power of two around a frame."""
    if fft_length is None:
        return enclosing_power_of_two(length)
    if np.ndim(fft_length) if is_number(fft_length) else fft_length.ndim:
        raise TypeError(
            "only integer scalar arrays can be converted to a scalar index: "
            f"fft_length must be one integer, got {fft_length!r}."
        )
    return length_of(fft_length)


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

    Raises:
        ValueError: A length or step is no scalar, the rank below 2, or the numbers are
            not complex.
        TypeError: `fft_length` is no integer.
    """
    x = convert(stfts)
    if x.ndim in (0, 1):
        raise ValueError(f"Shape {x.shape} must have rank at least 2")
    length = length_of(frame_length)
    check_spectrum(x)
    lengths = as_static_shape([_transform_length(length, fft_length)])
    frames = inverse_real(x, axes=(-1,), lengths=lengths)
    frames = fit_length(frames, length=length)
    if window_fn is not None:
        frames = frames * window_fn(length, dtype=frames.dtype)
    return overlap_and_add(frames, length_of(frame_step), name=name)


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
    step = length_of(frame_step)

    def inverse_window(frame_length: Any, dtype: Any) -> Any:
        """Return the forward window over the sum of its squares at each place."""
        forward = forward_window_fn(length_of(frame_length), dtype=dtype)
        return _over_squares(convert(forward), convert(step, dtypes.int32))

    return inverse_window


@array_function(
    "OverSquares", lambda window, _: window, np.array([1.0, 2.0, 3.0]), np.int32(2)
)
def _over_squares(window: Any, step: Any) -> Any:
    """A window divided by what the squares of overlapping ones add up to."""
    length, step = len(window), int(step)
    overlaps = -(-length // step)
    padded = np.pad(window * window, (0, overlaps * step - length))
    sums = padded.reshape(overlaps, step).sum(axis=0)
    total = np.tile(sums, overlaps)[:length]
    nothing = np.zeros_like(window)
    return np.divide(window, total, out=nothing, where=total > 0)
