"""Means and variances, and normalising by them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import errors
from tensor.core.composites import takes_composites
from tensor.core.convert import constant_tensor, convert
from tensor.core.dtypes import (
    bfloat16,
    float16,
    float32,
    float64,
    int32,
    int64,
    short_name,
)
from tensor.core.public_api import export
from tensor.core.registry import get_op
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import (
    cast,
    reshape,
    shape_op,
    stop_gradient,
    zeros_like,
)
from tensor.ops.array_functions import array_function
from tensor.ops.families import check_kind, normalize_axes, shape_of
from tensor.ops.layout import squeeze_
from tensor.ops.linalg.matmul import matmul
from tensor.ops.math import power, sqrt, square
from tensor.ops.nn.channels import channel_moments, scale_shift
from tensor.ops.reduce import reduce_mean, reduce_sum

_SINGLE_OR_DOUBLE = (float32, float64)


def _axes(axes: Any, x: Any) -> tuple[int, ...] | None:
    return normalize_axes(axes, x.ndim, reduce_mean)


def _widen(x: Any) -> tuple[Any, Any]:
    """Return x, half precision as float32, and the dtype that it had."""
    dtype = x.dtype
    return (cast(x, dtype=float32) if dtype in (float16, bfloat16) else x), dtype


def _as(x: Any, dtype: Any) -> Any:
    return x if x.dtype is dtype else cast(x, dtype=dtype)


def _without(x: Any, axes: tuple[int, ...] | None) -> Any:
    """Return x without the axes that a reduction left as 1."""
    if axes is None:
        return squeeze_(x)
    return squeeze_(x, list(axes)) if axes else x


@export("nn.moments")
@takes_composites
def moments(
    x: Any, axes: Any, shift: Any = None, keepdims: bool = False, name: Any = None
) -> tuple[Any, Any]:
    """Return mean and variance of the elements of x along `axes`.

    Half precision is computed in float32. `shift` has no effect.
    """
    y, dtype = _widen(convert(x))
    check_kind(get_op("SquaredDifference"), y, "ifVc")
    at = _axes(axes, y)
    if y.ndim and y.dtype in _SINGLE_OR_DOUBLE and at == tuple(range(y.ndim - 1)) != ():
        mean, variance = channel_moments(y)
        if keepdims:
            shape = (*(1,) * len(at), -1)
            mean, variance = reshape(mean, shape=shape), reshape(variance, shape=shape)
        return _as(mean, dtype), _as(variance, dtype)
    mean = reduce_mean(y, axis=at, keepdims=True)
    variance = reduce_mean(square(y - stop_gradient(mean)), axis=at, keepdims=True)
    if not keepdims:
        mean, variance = _without(mean, at), _without(variance, at)
    return _as(mean, dtype), _as(variance, dtype)


@export("nn.weighted_moments")
def weighted_moments(
    x: Any,
    axes: Any,
    frequency_weights: Any,
    keepdims: bool = False,
    name: str | None = None,
) -> tuple[Any, Any]:
    """Return mean and variance of x along `axes`, each element counted by its weight.

    Args:
        x: The values.
        axes: What to reduce.
        frequency_weights: Weights that broadcast with x.
        keepdims: Whether to keep reduced axes as 1.
        name: A name for the node, in a graph.
    """
    y, dtype = _widen(convert(x))
    weights = convert(
        frequency_weights, None if hasattr(frequency_weights, "dtype") else y.dtype
    )
    weights = _as(weights, y.dtype)
    at = _axes(axes, y)
    # Weights of size 1 along a reduced axis count for every element there.
    total = reduce_sum(weights + y * 0, axis=at, keepdims=True)
    share = get_op("DivNoNan")  # where nothing weighs, the moments are 0
    mean = share(reduce_sum(weights * y, axis=at, keepdims=True), total)
    spread = reduce_sum(weights * square(y - mean), axis=at, keepdims=True)
    variance = share(spread, total)
    if not keepdims:
        mean, variance = _without(mean, at), _without(variance, at)
    return _as(mean, dtype), _as(variance, dtype)


@export("nn.sufficient_statistics")
def sufficient_statistics(
    x: Any, axes: Any, shift: Any = None, keepdims: bool = False, name: Any = None
) -> tuple[Any, Any, Any, Any]:
    """Return count, sum and sum of squares along `axes`, and the shift.

    Sums are of x - shift; `tf.nn.normalize_moments` makes mean and variance of them.
    """
    y = convert(x)
    at = _axes(axes, y)
    dims = shape_of(y)
    which = range(y.ndim or 0) if at is None else at
    if dims is not None and None not in [dims[i] for i in which]:
        count = np.prod([dims[i] or 0 for i in which], dtype=np.int64)
        counts = constant_tensor(np.asarray(count).astype(y.dtype.numpy_dtype)[()])
    else:
        sizes = [shape_op(y, out_type=int64)[i] for i in which]
        product = sizes[0]
        for size in sizes[1:]:
            product = product * size
        counts = cast(product, dtype=y.dtype)
    if shift is not None:
        shift = convert(shift, y.dtype)
        y = y - shift
    return (
        counts,
        reduce_sum(y, axis=at, keepdims=keepdims),
        reduce_sum(square(y), axis=at, keepdims=keepdims),
        shift,
    )


@export("nn.normalize_moments")
def normalize_moments(
    counts: Any, mean_ss: Any, variance_ss: Any, shift: Any, name: Any = None
) -> tuple[Any, Any]:
    """Return mean and variance from what `tf.nn.sufficient_statistics` gives."""
    counts, mean_ss = convert(counts), convert(mean_ss)
    share = 1.0 / counts
    shifted = mean_ss * share
    mean = shifted if shift is None else shifted + shift
    return mean, convert(variance_ss) * share - square(shifted)


@export("nn.batch_normalization")
def batch_normalization(
    x: Any,
    mean: Any,
    variance: Any,
    offset: Any,
    scale: Any,
    variance_epsilon: Any,
    name: str | None = None,
) -> Any:
    """Return scale * (x - mean) / sqrt(variance + variance_epsilon) + offset.

    Args:
        x: The values.
        mean: Their mean; like all that follow it broadcasts with x.
        variance: Their variance.
        offset: What to add in the end, or None.
        scale: What to multiply by, or None.
        variance_epsilon: A small number to keep from dividing by 0.
        name: A name for the node, in a graph.
    """
    x, mean, variance = convert(x), convert(mean), convert(variance)
    factor = 1.0 / sqrt(variance + variance_epsilon)
    if scale is not None:
        factor = factor * scale
    rest = -mean * factor if offset is None else offset - mean * factor
    factor, rest = _as(factor, x.dtype), _as(rest, x.dtype)
    dims = shape_of(x) or (None,)
    if (
        len(dims) > 1
        and shape_of(factor) == shape_of(rest) == dims[-1:] != (None,)
        and x.dtype in _SINGLE_OR_DOUBLE
    ):
        return scale_shift(x, factor, rest, name=name)
    return x * factor + rest


@export("nn.batch_norm_with_global_normalization")
def batch_norm_with_global_normalization(
    input: Any,
    mean: Any,
    variance: Any,
    beta: Any,
    gamma: Any,
    variance_epsilon: Any,
    scale_after_normalization: bool,
    name: str | None = None,
) -> Any:
    """Do what `tf.nn.batch_normalization` does, by the names of older days."""
    scale = gamma if scale_after_normalization else None
    return batch_normalization(
        input, mean, variance, beta, scale, variance_epsilon, name
    )


@export("math.l2_normalize", "linalg.l2_normalize", "nn.l2_normalize")
@takes_composites
def l2_normalize(
    x: Any, axis: Any = None, epsilon: Any = 1e-12, name: str | None = None
) -> Any:
    """Return x divided by its Euclidean length along `axis`.

    Args:
        x: The values.
        axis: One axis or several; None takes all elements together.
        epsilon: The smallest squared length to divide by.
        name: A name for the node, in a graph.
    """
    x = convert(x)
    magnitude = square(x)
    if x.dtype.is_complex:
        real, imaginary = get_op("Real")(x), get_op("Imag")(x)
        magnitude = square(real) + square(imaginary)
    total = reduce_sum.public(magnitude, axis, keepdims=True)
    floor = convert(epsilon, total.dtype)
    factor = 1.0 / sqrt(get_op("Maximum")(total, floor))
    return x * _as(factor, x.dtype)


@export("nn.l2_loss")
def l2_loss(t: Any, name: str | None = None) -> Any:
    """Return half the sum of the squares of the elements.

    Raises:
        InvalidArgumentError: They are not floating point.
    """
    x = convert(t)
    if not x.dtype.is_floating:
        raise errors.invalid(
            "L2Loss",
            f"Value for attr 'T' of {short_name(x.dtype)} is not in the list of "
            "allowed values: half, bfloat16, float, double. Convert it with tf.cast.",
        )
    return reduce_sum(square(x), axis=None, keepdims=False) * 0.5


@array_function(
    "NearChannels",
    lambda channels, radius: TensorSpec.of((None, None), int32),  # noqa: ARG005
    np.int32(4),
    radius=1,
)
def channel_band(channels: Any, radius: int) -> Any:
    """A matrix with ones where two channels are at most `radius` apart."""
    places = np.arange(int(channels))
    near = np.abs(np.subtract.outer(places, places)) <= radius
    return near.astype(np.int32)


@export("nn.local_response_normalization", "nn.lrn")
def local_response_normalization(
    input: Any,
    depth_radius: int = 5,
    bias: float = 1.0,
    alpha: float = 1.0,
    beta: float = 0.5,
    name: str | None = None,
) -> Any:
    """Return x / (bias + alpha * sum of squares of channels near by) ** beta.

    Args:
        input: [batch, height, width, channels].
        depth_radius: How many channels on each side count as near.
        bias: What keeps from dividing by 0.
        alpha: The weight of the sum.
        beta: The exponent.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: The input has another rank or dtype.
    """
    is_half = getattr(input, "dtype", None) in (np.float16, bfloat16.numpy_dtype)
    x = convert(input, None, None if is_half else float32)
    if x.dtype not in _LRN_DTYPES:
        raise errors.invalid(
            "LRN",
            f"Value for attr 'T' of {short_name(x.dtype)} is not in the list of "
            "allowed values: half, bfloat16, float. Convert it with tf.cast.",
        )
    y, dtype = _widen(x)
    if y.ndim not in (None, 4):
        raise errors.invalid("LRN", f"in must be 4-dimensional, got {x.shape}")
    channels = (shape_of(y) or (None,))[-1]
    if channels is None:
        channels = shape_op(y, out_type=int32)[-1]
    else:
        channels = np.int32(channels)
    band = channel_band(channels, radius=int(depth_radius))
    band = cast(convert(band), dtype=y.dtype)
    sums = matmul(square(y), band, transpose_a=False, transpose_b=False)
    norm = bias + alpha * sums
    return _as(y * power(norm, -beta), dtype)


_LRN_DTYPES = (float16, bfloat16, float32)


@export("math.zero_fraction", "nn.zero_fraction")
def zero_fraction(value: Any, name: str | None = None) -> Any:
    """Return the share of elements that are 0, as a float32 scalar; NaN of nothing."""
    x = convert(value)
    is_zero = get_op("Equal")(x, zeros_like(x))
    return reduce_mean(cast(is_zero, dtype=float32), axis=None, keepdims=False)
