"""Cosine transforms: DCT of types I to IV, MDCT, and mel cepstra."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensor.core import dtypes
from tensor.core.convert import constant_tensor, convert
from tensor.core.public_api import export
from tensor.ops.array import concat
from tensor.ops.families import shape_of
from tensor.ops.math import complex_op, real_op
from tensor.ops.padding import pad_
from tensor.ops.reorder import reverse
from tensor.ops.signal.fourier import fourier, real_transform
from tensor.ops.signal.frames import frame, overlap_and_add
from tensor.ops.signal.windows import vorbis_window


def _check_dct(type: Any, norm: Any, axis: Any, n: Any, size: int | None) -> None:
    """Check the arguments of a cosine transform.

    Raises:
        NotImplementedError: `axis` is not the last.
        ValueError: Another argument is out of range.
    """
    if axis != -1:
        raise NotImplementedError(f"axis must be -1. Got: {axis}")
    if n is not None and n < 1:
        raise ValueError("n should be a positive integer or None")
    if type not in (1, 2, 3, 4):
        raise ValueError("Types I, II, III and IV (I)DCT are supported.")
    if norm not in (None, "ortho"):
        raise ValueError(
            f"Unknown normalization. Expected None or 'ortho', got: {norm}"
        )
    if type == 1 and norm == "ortho":
        raise ValueError("Normalization is not supported for the Type-I DCT.")
    if type == 1 and size is not None and size < 2:
        raise ValueError("Type-I DCT requires the dimension to be greater than one.")


def _turned(x: Any, phase: np.ndarray) -> Any:
    """Return real values times exp(i phase)."""
    dtype = x.dtype.as_numpy_dtype
    return complex_op(x * np.cos(phase).astype(dtype), x * np.sin(phase).astype(dtype))


def _real_part_turned(z: Any, phase: np.ndarray) -> Any:
    """Return the real part of complex values times exp(i phase)."""
    target = z.dtype.as_numpy_dtype
    return real_op(z * np.exp(1j * phase).astype(target))


def _doubled(z: Any, size: int) -> Any:
    """Return the Fourier transform, twice as long, of complex values."""
    paddings = [[0, 0]] * (z.ndim - 1) + [[0, size]]
    return fourier(pad_(z, paddings), axes=(-1,), inverse=False)[..., :size]


def _type_1(x: Any, size: int, norm: Any) -> Any:
    mirrored = reverse(x[..., 1:-1], axis=(-1,))
    whole = concat(x, mirrored, axis=-1)
    return real_op(real_transform(whole, axes=(-1,), lengths=None))


def _type_2(x: Any, size: int, norm: Any) -> Any:
    places = np.arange(size)
    spectrum = real_transform(x, axes=(-1,), lengths=(2 * size,))[..., :size]
    result = _real_part_turned(spectrum, -np.pi * places / (2 * size)) * 2.0
    if norm is None:
        return result
    weights = np.full(size, math.sqrt(0.5 / size))
    weights[0] = math.sqrt(0.25 / size)
    return result * weights.astype(x.dtype.as_numpy_dtype)


def _type_3(x: Any, size: int, norm: Any) -> Any:
    places = np.arange(size)
    if norm is not None:
        weights = np.full(size, math.sqrt(0.5 / size))
        weights[0] = math.sqrt(1 / size)
        x = x * weights.astype(x.dtype.as_numpy_dtype)
    turned = _turned(x, -np.pi * places / (2 * size))
    return real_op(_doubled(turned, size)) * 2.0 - x[..., :1]


def _type_4(x: Any, size: int, norm: Any) -> Any:
    places = np.arange(size)
    turned = _turned(x, -np.pi * (2 * places + 1) / (4 * size))
    result = _real_part_turned(_doubled(turned, size), -np.pi * places / (2 * size))
    return result * (2.0 if norm is None else math.sqrt(2 / size))


_TYPES = {1: _type_1, 2: _type_2, 3: _type_3, 4: _type_4}
_INVERSE_TYPE = {1: 1, 2: 3, 3: 2, 4: 4}


@export("signal.dct")
def dct(
    input: Any,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    name: str | None = None,
) -> Any:
    """Return the discrete cosine transform along the last axis.

    Args:
        input: Real signals.
        type: 1, 2, 3 or 4.
        n: To which length the signals are cut or filled up.
        axis: -1.
        norm: None, or "ortho" for an orthogonal transform.
        name: A name for the result, in a graph.

    Raises:
        ValueError: The type, norm or length is out of range.
        NotImplementedError: `axis` is not -1.
    """
    dims = input.shape if hasattr(input, "shape") else None
    _check_dct(type, norm, axis, n, dims[-1] if dims else None)
    hint = None if hasattr(input, "dtype") else dtypes.float32
    x = convert(input, hint=hint)
    if not x.dtype.is_floating:
        raise TypeError(
            f"dct: cannot convert {x.dtype.name} to a floating point dtype: it needs "
            "real signals of float32 or float64."
        )
    size = (shape_of(x) or (None,))[-1]
    if size is None:
        raise ValueError("dct needs signals of known length; use tf.ensure_shape.")
    if n is not None:
        x = x[..., :n]
        if n > size:
            x = pad_(x, [[0, 0]] * (x.ndim - 1) + [[0, n - size]])
        size = n
    return _TYPES[type](x, size, norm)


@export("signal.idct")
def idct(
    input: Any,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    name: str | None = None,
) -> Any:
    """Return the inverse of `dct` of this type; up to a factor unless "ortho".

    Raises:
        ValueError: The type, norm or length is out of range, or `n` is given.
        NotImplementedError: `axis` is not -1.
    """
    _check_dct(type, norm, axis, n, None)
    return dct(input, type=_INVERSE_TYPE[type], n=n, axis=axis, norm=norm, name=name)


@export("signal.mdct")
def mdct(
    signals: Any,
    frame_length: Any,
    window_fn: Any = vorbis_window,
    pad_end: bool = False,
    norm: str | None = None,
    name: str | None = None,
) -> Any:
    """Return the modified cosine transform of frames that overlap by half.

    Args:
        signals: Real signals along the last axis.
        frame_length: The number of elements in a frame, a multiple of 4.
        window_fn: `f(length, dtype=…)` returns the weights of a frame; None for 1.
        pad_end: Whether to fill up the end of the signals.
        norm: None or "ortho".
        name: A name for the result, in a graph.

    Raises:
        ValueError: `frame_length` is not a multiple of 4.
    """
    x, length = convert(signals), int(frame_length)
    if length % 4:
        raise ValueError("The frame length must be a multiple of 4.")
    half = length // 2
    frames = frame(x, length, half, pad_end=pad_end)
    weights = _mdct_weights(window_fn, length, frames.dtype)
    frames = frames * weights
    quarter = length // 4
    a, b, c, d = (frames[..., i * quarter : (i + 1) * quarter] for i in range(4))
    front = -reverse(c, axis=(-1,)) - d
    back = a - reverse(b, axis=(-1,))
    return dct(concat(front, back, axis=-1), type=4, norm=norm)


def _mdct_weights(window_fn: Any, length: int, dtype: dtypes.DType) -> Any:
    if window_fn is not None:
        return window_fn(length, dtype=dtype)
    return constant_tensor(np.full(length, math.sqrt(0.5), dtype.numpy_dtype))


@export("signal.inverse_mdct")
def inverse_mdct(
    mdcts: Any,
    window_fn: Any = vorbis_window,
    norm: str | None = None,
    name: str | None = None,
) -> Any:
    """Return the signals that frames with given modified cosine transforms add up to.

    Args:
        mdcts: Transforms of frames: [..., frames, frame_length // 2].
        window_fn: The window that `mdct` used; None for 1.
        norm: The norm that `mdct` used.
        name: A name for the result, in a graph.
    """
    x = convert(mdcts)
    half = (shape_of(x) or (None,))[-1]
    if half is None:
        raise ValueError("inverse_mdct needs transforms of known length.")
    frames = idct(x, type=4, norm=norm)
    if norm is None:
        frames = frames * (0.5 / half)
    front, back = frames[..., : half // 2], frames[..., half // 2 :]
    whole = concat(
        back,
        -reverse(back, axis=(-1,)),
        -reverse(front, axis=(-1,)),
        -front,
        axis=-1,
    )
    return overlap_and_add(whole * _mdct_weights(window_fn, 2 * half, x.dtype), half)


def _mel(hertz: Any) -> Any:
    """Return the pitch, in mel, of a frequency."""
    return 1127.0 * np.log1p(np.asarray(hertz, np.float64) / 700.0)


@export("signal.linear_to_mel_weight_matrix")
def linear_to_mel_weight_matrix(
    num_mel_bins: Any = 20,
    num_spectrogram_bins: Any = 129,
    sample_rate: Any = 8000,
    lower_edge_hertz: Any = 125.0,
    upper_edge_hertz: Any = 3800.0,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Any:
    """Return the matrix that gathers frequencies into bands of equal width in mel.

    Args:
        num_mel_bins: The number of bands: columns.
        num_spectrogram_bins: The number of frequencies, from 0 to half the sample rate.
        sample_rate: Samples per second.
        lower_edge_hertz: Where the lowest band begins.
        upper_edge_hertz: Where the highest band ends.
        dtype: A floating point dtype.
        name: A name for the result, in a graph.

    Raises:
        ValueError: An argument is out of range.
    """
    target = dtypes.as_dtype(dtype)
    bands, bins = int(num_mel_bins), int(num_spectrogram_bins)
    rate, low, high = (
        float(sample_rate),
        float(lower_edge_hertz),
        float(upper_edge_hertz),
    )
    problems = (
        (bands <= 0, f"num_mel_bins must be positive. Got: {num_mel_bins}"),
        (low < 0, f"lower_edge_hertz must be non-negative. Got: {lower_edge_hertz}"),
        (low >= high, f"lower_edge_hertz {low:.1f} >= upper_edge_hertz {high:.1f}"),
        (rate <= 0, f"sample_rate must be positive. Got: {sample_rate}"),
        (
            high > rate / 2,
            "upper_edge_hertz must not be larger than the Nyquist frequency "
            f"(sample_rate / 2). Got {upper_edge_hertz} for sample_rate: "
            f"{sample_rate}",
        ),
        (
            not target.is_floating,
            f"dtype must be a floating point type. Got: {target}",
        ),
    )
    for is_wrong, text in problems:
        if is_wrong:
            raise ValueError(text)
    # The constant frequency belongs to no band.
    pitches = _mel(np.linspace(0, rate / 2, bins)[1:])[:, None]
    edges = np.linspace(_mel(low), _mel(high), bands + 2)
    rising = (pitches - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - pitches) / (edges[2:] - edges[1:-1])
    weights = np.maximum(0, np.minimum(rising, falling))
    return constant_tensor(np.pad(weights, [(1, 0), (0, 0)]).astype(target.numpy_dtype))


@export("signal.mfccs_from_log_mel_spectrograms")
def mfccs_from_log_mel_spectrograms(
    log_mel_spectrograms: Any, name: str | None = None
) -> Any:
    """Return the mel-frequency cepstral coefficients of log-mel spectrograms.

    Raises:
        ValueError: The number of mel bins is not known, or 0.
    """
    x = convert(log_mel_spectrograms)
    size = (shape_of(x) or (None,))[-1]
    if not size:
        raise ValueError(f"num_mel_bins must be positive. Got: {x}")
    return dct(x, type=2) * (1 / math.sqrt(2 * size))
