"""Cosine transforms: DCT of types I to IV, MDCT, and mel cepstra."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensor.core import dtypes
from tensor.core.convert import constant_tensor, convert
from tensor.core.public_api import export
from tensor.core.tensor import Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import cast, concat, shape_op
from tensor.ops.array_functions import array_function
from tensor.ops.facts import get_static_value
from tensor.ops.families import shape_of
from tensor.ops.math import rsqrt
from tensor.ops.reorder import reverse
from tensor.ops.signal.cosine_transform import cosine_transform
from tensor.ops.signal.frames import frame, overlap_and_add
from tensor.ops.signal.lengths import fit_length
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
        raise ValueError(f"n should be a positive integer or None, got {n}")
    if type not in (1, 2, 3, 4):
        raise ValueError(
            f"Types I, II, III and IV (I)DCT are supported. Got type={type}."
        )
    if norm not in (None, "ortho"):
        raise ValueError(
            f"Unknown normalization. Expected None or 'ortho', got: {norm}"
        )
    if type == 1 and norm == "ortho":
        raise ValueError(
            f"Normalization is not supported for the Type-I DCT. Leave norm={norm!r} "
            "out."
        )
    if type == 1 and size is not None and size < 2:
        raise ValueError(
            f"Type-I DCT requires the dimension to be greater than one. Got {size}."
        )


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
        IndexError: The input is a scalar.
    """
    dims = input.shape if hasattr(input, "shape") else None
    _check_dct(type, norm, axis, n, dims[-1] if dims else None)
    hint = None if hasattr(input, "dtype") else dtypes.float32
    x = convert(input, hint=hint)
    if x.dtype not in (dtypes.float32, dtypes.float64):
        raise TypeError(
            f"dct: cannot convert {x.dtype.name}: it needs real signals, one of "
            "[tf.float32, tf.float64]. Use tf.cast."
        )
    if x.ndim == 0:
        raise IndexError(f"dct needs signals along a last axis, got the scalar {x}.")
    if n is not None:
        x = fit_length(x, length=n)
    return cosine_transform(
        x, form=type, is_orthogonal=norm == "ortho", transposed=False, name=name
    )


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
        raise ValueError(f"The frame length must be a multiple of 4. Got {length}.")
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
    if not target.is_floating:
        raise ValueError(f"dtype must be a floating point type. Got: {target}")
    given = num_spectrogram_bins, sample_rate, lower_edge_hertz, upper_edge_hertz
    known = [_known(value) for value in (num_mel_bins, *given)]
    _check_bands(*known)
    if known[0] is None:
        raise ValueError("num_mel_bins must be a number that is known when tracing.")
    attrs = {"bands": int(known[0]), "dtype": target}
    if None not in known:
        return constant_tensor(_mel_weights(*known[1:], **attrs))
    bins, *hertz = (convert(value, hint=dtypes.float64) for value in given)
    return _mel_weights(bins, *hertz, **attrs)


def _known(value: Any) -> Any:
    """Return a number, or None if only the graph knows it."""
    value = get_static_value(value) if isinstance(value, Tensor) else value
    return value if value is None else np.asarray(value).item()


def _check_bands(bands: Any, bins: Any, rate: Any, low: Any, high: Any) -> None:
    """Check the arguments of a mel matrix, as far as they are known.

    Raises:
        ValueError: One is out of range.
    """
    both = low is not None and high is not None
    problems = (
        (
            bands is not None and bands <= 0,
            f"num_mel_bins must be positive. Got: {bands}",
        ),
        (
            low is not None and low < 0,
            f"lower_edge_hertz must be non-negative. Got: {low}",
        ),
        (
            both and low >= high,
            f"lower_edge_hertz {low:.1f} >= upper_edge_hertz {high:.1f}"
            if both
            else "",
        ),
        (
            rate is not None and rate <= 0,
            f"sample_rate must be positive. Got: {rate}",
        ),
        (
            rate is not None and high is not None and high > rate / 2,
            "upper_edge_hertz must not be larger than the Nyquist frequency "
            f"(sample_rate / 2). Got {high} for sample_rate: {rate}",
        ),
        (
            bins is not None and bins < 0,
            f"num_spectrogram_bins must not be negative. Got: {bins}",
        ),
    )
    for is_wrong, text in problems:
        if is_wrong:
            raise ValueError(text)


@array_function(
    "MelWeights",
    lambda *_, bands, dtype: TensorSpec.of((None, bands), dtype),
    12,
    8000.0,
    125.0,
    3800.0,
    bands=3,
    dtype=dtypes.float32,
)
def _mel_weights(
    bins: Any, rate: Any, low: Any, high: Any, bands: int, dtype: dtypes.DType
) -> Any:
    """How much of each frequency falls into each band: a triangle around its middle."""
    # The constant frequency belongs to no band.
    pitches = _mel(np.linspace(0, rate / 2, int(bins))[1:])[:, None]
    edges = np.linspace(_mel(low), _mel(high), bands + 2)
    rising = (pitches - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - pitches) / (edges[2:] - edges[1:-1])
    weights = np.maximum(0, np.minimum(rising, falling))
    return np.pad(weights, [(1, 0), (0, 0)]).astype(dtype.numpy_dtype)


@export("signal.mfccs_from_log_mel_spectrograms")
def mfccs_from_log_mel_spectrograms(
    log_mel_spectrograms: Any, name: str | None = None
) -> Any:
    """Return the mel-frequency cepstral coefficients of log-mel spectrograms.

    Raises:
        ValueError: The number of mel bins is 0.
    """
    x = convert(log_mel_spectrograms)
    size: Any = (shape_of(x) or (None,))[-1]
    if size == 0:
        raise ValueError(f"num_mel_bins must be positive. Got: {x}")
    if size is None:
        size = cast(shape_op(x, out_type=dtypes.int32)[-1], dtype=x.dtype)
        return dct(x, type=2) * rsqrt(size * 2)
    return dct(x, type=2) * (1 / math.sqrt(2 * size))
