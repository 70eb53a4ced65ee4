"""Shifts of the channels and the brightness of images, drawn at random or given."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.keras.preprocessing.affine import GLOBAL_RANDOM
from tensor.keras.utils.images import array_to_img, img_to_array


def apply_channel_shift(x: Any, intensity: float, channel_axis: int = 0) -> Any:
    """Return an image with `intensity` added, within the image's own range."""
    return np.clip(np.asarray(x) + intensity, np.min(x), np.max(x))


def random_channel_shift(x: Any, intensity_range: float, channel_axis: int = 0) -> Any:
    """Return an image with up to `intensity_range` added or subtracted."""
    intensity = GLOBAL_RANDOM.uniform(-intensity_range, intensity_range)
    return apply_channel_shift(x, intensity, channel_axis)


def apply_brightness_shift(x: Any, brightness: float, scale: bool = True) -> Any:
    """Return an image made brighter (more than 1) or darker by Pillow.

    Args:
        x: An image of three axes.
        brightness: The factor.
        scale: Whether to stretch the image's values to 0 … 255; otherwise that is done
            only where they lie outside, and undone.

    Raises:
        ImportError: Pillow is not installed.
    """
    lowest, highest = np.min(x), np.max(x)
    is_outside = lowest < 0 or highest > 255
    img = array_to_img(x, scale=is_outside or scale)
    from PIL import ImageEnhance

    y = img_to_array(ImageEnhance.Brightness(img).enhance(brightness))
    if is_outside and not scale:
        y = y / 255 * (highest - lowest) + lowest
    return y


def random_brightness(x: Any, brightness_range: Any, scale: bool = True) -> Any:
    """Return an image made brighter or darker by a factor between two.

    Raises:
        ImportError: Pillow is not installed.
        ValueError: There are not two.
    """
    if len(brightness_range) != 2:
        raise ValueError(
            "`brightness_range should be tuple or list of two floats. Received: "
            f"{brightness_range}"
        )
    factor = GLOBAL_RANDOM.uniform(brightness_range[0], brightness_range[1])
    return apply_brightness_shift(x, factor, scale)
