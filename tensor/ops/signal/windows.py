"""Window functions: weights that fade a frame out at its ends."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import dtypes
from tensor.core.convert import constant_tensor, convert
from tensor.core.public_api import export
from tensor.core.shapes import to_text
from tensor.ops.array_functions import array_function, vector
from tensor.ops.math.special.bessel import i0e_of
from tensor.ops.reduction import is_unknown, known_integers


def raised_cosine(length: int, level: float, swing: float, periodic: bool) -> Any:
    """Return level - swing * cos over one period as an array."""
    if length == 1:
        return np.ones(1)
    # A periodic window of even length is a longer one without its last element.
    period = length if periodic and length % 2 == 0 else length - 1
    return level - swing * np.cos(2 * np.pi * np.arange(length) / period)


def kaiser(length: int, beta: float) -> np.ndarray:
    """Return Kaiser's window as an array."""
    if length == 1:
        return np.ones(1)
    half = (length - 1) / 2
    position = (np.arange(length) - half) / half
    argument = beta * np.sqrt(np.maximum(1 - position * position, 0))
    weights = i0e_of(argument) * np.exp(argument - abs(beta))
    return weights / i0e_of(np.array([float(beta)]))


def kaiser_bessel(length: int, beta: float) -> np.ndarray:
    """Return the window derived from Kaiser's as an array."""
    sums = np.cumsum(kaiser(length // 2 + 1, beta))
    half = np.sqrt(sums[:-1] / sums[-1])
    return np.concatenate([half, half[::-1]])


def vorbis(length: int) -> np.ndarray:
    """Return Vorbis's window as an array."""
    inner = np.sin(np.pi * (np.arange(length) + 0.5) / max(length, 1))
    return np.sin(np.pi / 2 * inner * inner)


_KINDS: dict[str, Any] = {
    "cosine": raised_cosine,
    "kaiser": kaiser,
    "kaiser_bessel": kaiser_bessel,
    "vorbis": vorbis,
}


@array_function(
    "SignalWindow",
    lambda length, form, dtype, options: vector(dtype),  # noqa: ARG005
    np.int32(5),
    form="kaiser",
    dtype=dtypes.float32,
    options=(12.0,),
)
def window_op(length: Any, form: str, dtype: Any, options: tuple[Any, ...]) -> Any:
    """The weights of a window of this form and length."""
    return _KINDS[form](int(length), *options).astype(dtype.numpy_dtype)


def _window(window_length: Any, dtype: Any, form: str, *options: Any) -> Any:
    """Return a window of a length, which may be symbolic.

    Raises:
        ValueError: The length is no scalar, or the dtype not floating point.
    """
    target = dtypes.as_dtype(dtype)
    if not target.is_floating:
        raise ValueError(f"dtype must be a floating point type. Found {target}")
    length = convert(window_length)
    if length.static_shape not in ((), None):
        raise ValueError(f"Shape {to_text(length.static_shape)} must have rank 0")
    if is_unknown(window_length):
        return window_op(length, form=form, dtype=target, options=options)
    weights = _KINDS[form](int(known_integers(window_length)), *options)
    return constant_tensor(weights.astype(target.numpy_dtype))


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
    return _window(window_length, dtype, "cosine", 0.5, 0.5, bool(periodic))


@export("signal.hamming_window")
def hamming_window(
    window_length: Any,
    periodic: bool = True,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Any:
    """Return Hamming's window: 0.54 - 0.46 cos; arguments as for `hann_window`."""
    return _window(window_length, dtype, "cosine", 0.54, 0.46, bool(periodic))


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
    return _window(window_length, dtype, "kaiser", float(beta))


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
    return _window(window_length, dtype, "kaiser_bessel", float(beta))


@export("signal.vorbis_window")
def vorbis_window(
    window_length: Any, dtype: Any = dtypes.float32, name: str | None = None
) -> Any:
    """Return the window of the Vorbis codec: sin(π/2 sin²).

    Raises:
        ValueError: `dtype` is not floating point, or the length no scalar.
    """
    return _window(window_length, dtype, "vorbis")
