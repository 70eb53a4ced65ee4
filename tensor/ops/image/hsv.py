"""Hue, saturation and value of colours, and back."""

from __future__ import annotations

from typing import Any

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import get_op
from tensor.ops.array import ones_like, where, zeros_like
from tensor.ops.clip import clip_by_value
from tensor.ops.dtype_kinds import FLOATING, check_kind
from tensor.ops.families import shape_of
from tensor.ops.math.logic import logical_and


def _check_rgb(x: Any) -> None:
    dims = shape_of(x)
    if dims == ():
        raise errors.invalid("RGBToHSV", "input must be at least 1D[]")
    if dims is not None and dims[-1] not in (None, 3):
        raise errors.because(
            errors.FailedPreconditionError,
            f"input must have 3 channels but input only has {dims[-1]} channels.",
        )


@export("image.rgb_to_hsv")
def rgb_to_hsv(images: Any, name: str | None = None) -> Any:
    """Return hue, saturation and value, each in [0, 1], of RGB images in [0, 1]."""
    x = convert(images, None, dtypes.float32)
    check_kind(get_op("Sqrt"), x, FLOATING)
    _check_rgb(x)
    red, green, blue = x[..., 0], x[..., 1], x[..., 2]
    # Among equals the gradients go where TensorFlow's go.
    value = where(
        logical_and(red >= green, red >= blue),
        red,
        where(green >= blue, green, blue),
    )
    lowest = where(
        logical_and(red < green, red < blue), red, where(green < blue, green, blue)
    )
    spread = value - lowest
    nothing, one = zeros_like(value), ones_like(value)
    saturation = where(value > 0, spread / where(value > 0, value, one), nothing)
    unit = where(spread > 0, spread, one) * 6.0
    equal = get_op("Equal")
    hue = where(
        equal(red, value),
        (green - blue) / unit,
        where(
            equal(green, value),
            (blue - red) / unit + 2.0 / 6.0,
            (red - green) / unit + 4.0 / 6.0,
        ),
    )
    hue = where(spread > 0, hue, nothing)
    hue = where(hue < 0, hue + 1.0, hue)
    return get_op("Pack")(hue, saturation, value, axis=-1)


@export("image.hsv_to_rgb")
def hsv_to_rgb(images: Any, name: str | None = None) -> Any:
    """Return RGB images for hue, saturation and value, each in [0, 1]."""
    x = convert(images, None, dtypes.float32)
    check_kind(get_op("Sqrt"), x, FLOATING)
    _check_rgb(x)
    hue, saturation, value = x[..., 0] * 6.0, x[..., 1], x[..., 2]
    size = get_op("Abs")
    colours = [
        clip_by_value(size(hue - 3.0) - 1.0, 0.0, 1.0),
        clip_by_value(2.0 - size(hue - 2.0), 0.0, 1.0),
        clip_by_value(2.0 - size(hue - 4.0), 0.0, 1.0),
    ]
    white = 1.0 - saturation
    return get_op("Pack")(*[(white + saturation * c) * value for c in colours], axis=-1)
