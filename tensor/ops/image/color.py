"""Colours: scales of dtypes, grey, HSV, YIQ, YUV, brightness, contrast, hue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.composites import takes_composites
from tensor.core.convert import constant_tensor, convert
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, get_op, register
from tensor.core.shapes import to_brackets
from tensor.core.tensor import Tensor
from tensor.ops.array import cast, cast_, shape
from tensor.ops.assertions import assert_
from tensor.ops.clip import clip_by_value
from tensor.ops.families import shape_of
from tensor.ops.image.hsv import hsv_to_rgb, rgb_to_hsv
from tensor.ops.image.shapes import check_at_least_3d, check_that
from tensor.ops.layout import expand_dims_
from tensor.ops.math import maximum, sqrt, square
from tensor.ops.reduce import reduce_mean, reduce_prod, reduce_sum

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensor.core.tensor_spec import TensorSpec

_GREY = (0.2989, 0.587, 0.114)
_YIQ = (
    (0.299, 0.59590059, 0.2115),
    (0.587, -0.27455667, -0.52273617),
    (0.114, -0.32134392, 0.31119955),
)
_FROM_YIQ = (
    (1.0, 1.0, 1.0),
    (0.95598634, -0.27201283, -1.10674021),
    (0.6208248, -0.64720424, 1.70423049),
)
_YUV = (
    (0.299, -0.14714119, 0.61497538),
    (0.587, -0.28886916, -0.51496512),
    (0.114, 0.43601035, -0.10001026),
)
_FROM_YUV = (
    (1.0, 1.0, 1.0),
    (0.0, -0.394642334, 2.03206185),
    (1.13988303, -0.58062185, 0.0),
)


@export("image.convert_image_dtype")
@takes_composites
def convert_image_dtype(
    image: Any, dtype: Any, saturate: bool = False, name: str | None = None
) -> Any:
    """Convert an image to another dtype, its values scaled to that dtype's range.

    Floating point images have values in [0, 1), integers up to their largest value.

    Args:
        image: The image.
        dtype: A floating point or integer dtype.
        saturate: Clip values before they would overflow.
        name: A name for the node, in a graph.

    Raises:
        AttributeError: The dtype is neither.
    """
    x = convert(image)
    target = dtypes.as_dtype(dtype)
    if not (target.is_floating or target.is_integer):
        raise AttributeError(
            f"dtype must be either floating point or integer, got {target.name}"
        )
    if not (x.dtype.is_floating or x.dtype.is_integer):
        raise AttributeError(
            f"image dtype must be either floating point or integer, got {x.dtype.name}"
        )
    if x.dtype is target:
        return x
    if x.dtype.is_integer and target.is_integer:
        return _between_integers(x, target, saturate)
    if x.dtype.is_floating and target.is_floating:
        return cast_(x, target)
    if x.dtype.is_integer:
        return cast_(x, target) * (1.0 / x.dtype.max)
    scaled = x * (target.max + 0.5)
    return _saturated(scaled, target) if saturate else cast_(scaled, target)


def _saturated(x: Any, target: Any) -> Any:
    """Convert to an integer dtype, values beyond its range set to the nearest."""
    low = max(float(target.min), float(x.dtype.min))
    high = min(float(target.max), float(x.dtype.max))
    kind = x.dtype.as_numpy_dtype
    upper = kind(high)
    if float(upper) > target.max:
        upper = np.nextafter(upper, kind(0))  # rounding went beyond the range
    return cast_(clip_by_value(x, kind(low), upper), target)


def _between_integers(x: Any, target: Any, saturate: bool) -> Any:
    largest, wanted = x.dtype.max, target.max
    if largest > wanted:
        factor = (largest + 1) // (wanted + 1)
        scaled = get_op("FloorDiv")(x, constant_tensor(x.dtype.as_numpy_dtype(factor)))
        return (
            _saturated_integers(scaled, target) if saturate else cast_(scaled, target)
        )
    factor = (wanted + 1) // (largest + 1)
    wide = _saturated_integers(x, target) if saturate else cast_(x, target)
    return wide * factor


def _saturated_integers(x: Any, target: Any) -> Any:
    low, high = max(target.min, x.dtype.min), min(target.max, x.dtype.max)
    kind = x.dtype.as_numpy_dtype
    return cast_(clip_by_value(x, kind(low), kind(high)), target)


def _as_float(image: Any) -> tuple[Any, Any]:
    """Return an image as floating point, and the dtype that it had."""
    x = convert(image)
    if x.dtype in (dtypes.float16, dtypes.float32, dtypes.float64, dtypes.bfloat16):
        return x, x.dtype
    return convert_image_dtype(x, dtypes.float32), x.dtype


def _back(x: Any, dtype: Any) -> Any:
    return convert_image_dtype(x, dtype, saturate=True)


def _mix(images: Any, matrix: Any) -> Any:
    """Return images with each pixel's channels multiplied by a matrix."""
    x = convert(images)
    dims = shape_of(x)
    if dims and dims[-1] not in (3, None):
        raise errors.invalid(
            "MatMul",
            f"Matrix size-incompatible: In[0]: [{x.shape.num_elements() // dims[-1]},"
            f"{dims[-1]}], In[1]: [3,3]: images have 3 channels, got shape {x.shape}",
        )
    table = convert(np.asarray(matrix).tolist(), x.dtype)  # no integers: an error
    return get_op("MatMul")(x, table, transpose_a=False, transpose_b=False)


def _check_adjustable(x: Any, op_type: str) -> None:
    dims = shape_of(x)
    if dims is not None and len(dims) < 3:
        raise errors.invalid(
            op_type,
            f"Shape must be at least rank 3 but is rank {len(dims)}: input must be at "
            f"least 3-D, got shape{to_brackets(dims)}",
        )
    if dims is not None and dims[-1:] not in ((None,), (3,)):
        raise errors.invalid(
            op_type,
            "input must have 3 channels but instead has "
            f"{dims[-1] if dims else 0} channels.",
        )


@export("image.rgb_to_grayscale")
def rgb_to_grayscale(images: Any, name: str | None = None) -> Any:
    """Return images of one channel: a weighted sum of red, green and blue.

    Raises:
        InvalidArgumentError: They do not have three channels.
    """
    x = convert(images)
    if (shape_of(x) or (3,))[-1] not in (None, 3):
        raise errors.because(
            errors.InvalidArgumentError,
            f"rgb_to_grayscale: expected images of 3 channels, got shape {x.shape}.",
        )
    y, dtype = _as_float(x)
    weights = constant_tensor(np.array(_GREY).astype(y.dtype.numpy_dtype))
    grey = reduce_sum.public(y * weights, -1, True)
    return convert_image_dtype(grey, dtype)


@export("image.grayscale_to_rgb")
def grayscale_to_rgb(images: Any, name: str | None = None) -> Any:
    """Return images with their one channel repeated for red, green and blue.

    Raises:
        ValueError: They have more than one channel.
    """
    x = convert(images)
    if (2 if x.ndim is None else x.ndim) < 2:
        raise ValueError(
            f"A grayscale image (shape {x.shape}) must be at least two-dimensional."
        )
    if (shape_of(x) or (1,))[-1] not in (None, 1):
        raise ValueError(
            "Last dimension of a grayscale image should be size 1, got shape "
            f"{x.shape}."
        )
    if None in (shape_of(x) or (None,)):
        check_that(
            get_op("Equal")(shape(x)[-1], 1),
            "Last dimension of a grayscale image should be size 1.",
        )
    z = get_op("ConcatV2")(x, x, x, axis=-1)
    if x.static_shape is not None:
        z.set_shape([*x.static_shape[:-1], 3])
    return z


@export("image.rgb_to_yiq")
def rgb_to_yiq(images: Any) -> Any:
    """Return the NTSC colours Y, I and Q of RGB images."""
    return _mix(images, _YIQ)


@export("image.yiq_to_rgb")
def yiq_to_rgb(images: Any) -> Any:
    """Return RGB images for the NTSC colours Y, I and Q."""
    return _mix(images, _FROM_YIQ)


@export("image.rgb_to_yuv")
def rgb_to_yuv(images: Any) -> Any:
    """Return the PAL colours Y, U and V of RGB images."""
    return _mix(images, _YUV)


@export("image.yuv_to_rgb")
def yuv_to_rgb(images: Any) -> Any:
    """Return RGB images for the PAL colours Y, U and V."""
    return _mix(images, _FROM_YUV)


@export("image.adjust_brightness")
@takes_composites
def adjust_brightness(image: Any, delta: Any) -> Any:
    """Return an image with `delta` added, on the scale on which 1 is white."""
    x, dtype = _as_float(image)
    return _back(x + cast(convert(delta, None, dtypes.float32), dtype=x.dtype), dtype)


@export("image.adjust_contrast")
def adjust_contrast(images: Any, contrast_factor: Any) -> Any:
    """Return images with each channel's distance from its mean times a factor."""
    x = convert(images)
    if x.ndim is not None and x.ndim < 3:
        raise errors.invalid(
            "AdjustContrastv2",
            f"input must be at least 3-D, got shape{to_brackets(x.static_shape)}",
        )
    y, dtype = _as_float(x)
    factor = convert(contrast_factor, None, dtypes.float32)
    adjusted = adjust_contrast_op(y, cast(factor, dtype=dtypes.float32))
    return _back(adjusted, dtype)


class AdjustContrast(Op):
    """Each channel's distance from its mean times a factor, in single precision.

    It has no gradient, as in TensorFlow: its guide shows what that means.
    """

    type_name = "AdjustContrastv2"

    def kernel(self, x: Any, factor: Any) -> Any:
        wide = x.astype(np.float32)
        mean = wide.mean(axis=(-3, -2), keepdims=True)
        return ((wide - mean) * np.float32(factor) + mean).astype(x.dtype)

    def infer(self, x: TensorSpec, factor: TensorSpec) -> TensorSpec:
        return x

    def gradient(self, call: Any, dz: Any) -> Any:
        raise LookupError(f"gradient registry has no entry for: {self.type_name}")

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        images = rng.normal(size=(2, 3, 4, 3)).astype(np.float32)
        yield Sample(images, np.float32(1.5))


adjust_contrast_op = register(AdjustContrast)


@export("image.adjust_gamma")
def adjust_gamma(image: Any, gamma: Any = 1, gain: Any = 1) -> Any:
    """Return gain * image ** gamma.

    Raises:
        ValueError: `gamma` is negative.
        InvalidArgumentError: `gamma` is a tensor, and negative.
    """
    x, dtype = _as_float(image)
    text = "Gamma should be a non-negative real number."
    if isinstance(gamma, int | float) and gamma < 0:
        raise ValueError(text)
    power = cast(convert(gamma, None, x.dtype), dtype=x.dtype)
    if isinstance(gamma, Tensor):
        assert_(power >= 0, [text])
    return _back(x**power * gain, dtype)


@export("image.adjust_hue")
def adjust_hue(image: Any, delta: Any, name: str | None = None) -> Any:
    """Return an RGB image with its hue turned by `delta`, in [-1, 1] of a circle.

    Raises:
        ValueError: `delta` is outside [-1, 1].
        InvalidArgumentError: There are not 3 channels.
    """
    if isinstance(delta, int | float) and not -1 <= delta <= 1:
        raise ValueError(f"delta must be in the interval [-1, 1], got {delta}")
    x, dtype = _as_float(image)
    _check_adjustable(x, "AdjustHue")
    hsv = rgb_to_hsv(x)
    turned = hsv[..., 0] + cast(convert(delta, None, dtypes.float32), dtype=x.dtype)
    hue = turned - get_op("Floor")(turned)
    z = hsv_to_rgb(get_op("Pack")(hue, hsv[..., 1], hsv[..., 2], axis=-1))
    return _back(z, dtype)


@export("image.adjust_saturation")
def adjust_saturation(image: Any, saturation_factor: Any, name: Any = None) -> Any:
    """Return an RGB image with its saturation times a factor, up to full.

    Raises:
        InvalidArgumentError: There are not 3 channels.
    """
    x, dtype = _as_float(image)
    _check_adjustable(x, "AdjustSaturation")
    hsv = rgb_to_hsv(x)
    factor = cast(convert(saturation_factor, None, dtypes.float32), dtype=x.dtype)
    saturation = clip_by_value(hsv[..., 1] * factor, 0.0, 1.0)
    z = hsv_to_rgb(get_op("Pack")(hsv[..., 0], saturation, hsv[..., 2], axis=-1))
    return _back(z, dtype)


@export("image.per_image_standardization")
def per_image_standardization(image: Any) -> Any:
    """Return each image with mean 0 and variance 1.

    The deviation counts as at least one over the root of the number of elements, so
    that images of one colour become 0.
    """
    x = check_at_least_3d(image)
    y = cast_(x, dtypes.float32)
    rank = y.ndim or 0  # or counted from the end
    axes = (rank - 3, rank - 2, rank - 1)
    count = cast_(reduce_prod.public(shape(y)[-3:]), y.dtype)
    mean = reduce_mean(y, axis=axes, keepdims=True)
    variance = reduce_mean(square(y - mean), axis=axes, keepdims=True)
    return (y - mean) / maximum(sqrt(variance), 1.0 / sqrt(count))


@export("image.total_variation")
def total_variation(images: Any, name: str | None = None) -> Any:
    """Return the sum of the differences of neighbouring pixels, for each image.

    Raises:
        ValueError: The rank is neither three nor four.
    """
    x = convert(images)
    if x.ndim not in (3, 4):
        raise ValueError(
            f"'images' must be either 3 or 4-dimensional. Got shape {x.shape}."
        )
    batch = x if x.ndim == 4 else expand_dims_(x, 0)
    size = get_op("Abs").public
    rows = size(batch[:, 1:] - batch[:, :-1])
    columns = size(batch[:, :, 1:] - batch[:, :, :-1])
    axes = (1, 2, 3)
    total = reduce_sum(rows, axis=axes, keepdims=False) + reduce_sum(
        columns, axis=axes, keepdims=False
    )
    return total if x.ndim == 4 else total[0]
