"""Window functions: weights that fade a frame out at its ends."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import dtypes
from tensor.core.convert import constant_tensor
from tensor.core.public_api import export
from tensor.core.shapes import to_text
from tensor.ops.families import known_integers
from tensor.ops.math.special.bessel import i0e_of


def _length(window_length: Any, dtype: Any) -> tuple[int, dtypes.DType]:
    """Return length and dtype of a window.

    Raises:
        ValueError: The length is no scalar, or the dtype not floating point.
    """
    target = dtypes.as_dtype(dtype)
    if not target.is_floating:
        raise ValueError(f"dtype must be a floating point type. Found {target}")
    shape = np.shape(window_length)
    if shape != ():
        raise ValueError(f"Shape {to_text(shape)} must have rank 0")
    return int(known_integers(window_length)), target


def _raised_cosine(
    window_length: Any, periodic: bool, dtype: Any, level: float, swing: float
) -> Any:
    length, target = _length(window_length, dtype)
    if length == 1:
        return constant_tensor(np.ones(1, target.numpy_dtype))
    # A periodic window of even length is a longer one without its last element.
    period = length if periodic and length % 2 == 0 else length - 1
    angle = 2 * np.pi * np.arange(length) / period
    return constant_tensor((level - swing * np.cos(angle)).astype(target.numpy_dtype))


@export("signal.hann_window")
def hann_window(
    window_length: Any,
    periodic: bool = True,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Any:
    """Return Hann's window: half of 1 - cos.

    Args:
        window_length: The number of elements.
        periodic: Whether the window continues itself, if its length is even.
        dtype: A floating point dtype.
        name: A name for the result, in a graph.

    Raises:
        ValueError: `dtype` is not floating point, or the length no scalar.
    """
    return _raised_cosine(window_length, periodic, dtype, 0.5, 0.5)


@export("signal.hamming_window")
def hamming_window(
    window_length: Any,
    periodic: bool = True,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Any:
    """Return Hamming's window: 0.54 - 0.46 cos; arguments as for `hann_window`."""
    return _raised_cosine(window_length, periodic, dtype, 0.54, 0.46)


def kaiser(length: int, beta: float) -> np.ndarray:
    """Return Kaiser's window as an array."""
    if length == 1:
        return np.ones(1)
    half = (length - 1) / 2
    position = (np.arange(length) - half) / half
    argument = beta * np.sqrt(np.maximum(1 - position * position, 0))
    weights = i0e_of(argument) * np.exp(argument - abs(beta))
    return weights / i0e_of(np.array([float(beta)]))


@export("signal.kaiser_window")
def kaiser_window(
    window_length: Any,
    beta: Any = 12.0,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Any:
    """Return Kaiser's window; the larger `beta`, the narrower.

    Raises:
        ValueError: `dtype` is not floating point, or the length no scalar.
    """
    length, target = _length(window_length, dtype)
    return constant_tensor(kaiser(length, float(beta)).astype(target.numpy_dtype))


@export("signal.kaiser_bessel_derived_window")
def kaiser_bessel_derived_window(
    window_length: Any,
    beta: Any = 12.0,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Any:
    """Return the window whose squares, half its length apart, add up to 1.

    Raises:
        ValueError: `dtype` is not floating point, or the length no scalar.
    """
    length, target = _length(window_length, dtype)
    sums = np.cumsum(kaiser(length // 2 + 1, float(beta)))
    half = np.sqrt(sums[:-1] / sums[-1])
    whole = np.concatenate([half, half[::-1]])
    return constant_tensor(whole.astype(target.numpy_dtype))


@export("signal.vorbis_window")
def vorbis_window(
    window_length: Any, dtype: Any = dtypes.float32, name: str | None = None
) -> Any:
    """Return the window of the Vorbis codec: sin(π/2 sin²).

    Raises:
        ValueError: `dtype` is not floating point, or the length no scalar.
    """
    length, target = _length(window_length, dtype)
    inner = np.sin(np.pi * (np.arange(length) + 0.5) / max(length, 1))
    weights = np.sin(np.pi / 2 * inner * inner)
    return constant_tensor(weights.astype(target.numpy_dtype))
