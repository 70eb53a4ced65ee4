"""Images as files, as Pillow images, and as arrays."""

from __future__ import annotations

import io
import os
import warnings
from typing import Any

import numpy as np

import tensor as tf
from tensor.keras import settings

_MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}


def _pillow() -> Any:
    """Return Pillow's module Image.

    Raises:
        ImportError: It is not installed.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError(
            "Image files need Pillow: pip install 'ringflow[image]'."
        ) from error
    return Image


def _checked_format(data_format: str | None) -> str:
    chosen = data_format or settings.image_data_format()
    if chosen not in ("channels_first", "channels_last"):
        raise ValueError(
            f"Unknown data_format: {chosen}. Expected 'channels_first' or "
            "'channels_last'."
        )
    return chosen


def array_to_img(
    x: Any, data_format: str | None = None, scale: bool = True, dtype: Any = None
) -> Any:
    """Return an array as a Pillow image.

    Args:
        x: An image of 1, 3 or 4 channels.
        data_format: Where the channels are; the global setting by default.
        scale: Whether to stretch values to 0 … 255.
        dtype: The dtype to compute in, floatx by default.

    Raises:
        ImportError: Pillow is not installed.
        ValueError: There are not three axes, or another number of channels.
    """
    image = _pillow()
    values = np.asarray(x, dtype=dtype or settings.floatx())
    if values.ndim != 3:
        raise ValueError(
            "Expected image array to have rank 3 (single image). Got array with shape: "
            f"{values.shape}"
        )
    if _checked_format(data_format) == "channels_first":
        values = values.transpose(1, 2, 0)
    if scale:
        values = values - values.min()
        highest = values.max()
        values = values * (255 / highest if highest else 255)
    mode = {1: "L", 3: "RGB", 4: "RGBA"}.get(values.shape[2])
    if mode is None:
        raise ValueError(f"Unsupported channel number: {values.shape[2]}")
    if mode != "L":
        return image.fromarray(values.astype("uint8"), mode)
    if values.max() > 255:
        return image.fromarray(values[:, :, 0].astype("int32"), "I")
    return image.fromarray(values[:, :, 0].astype("uint8"), "L")


def img_to_array(img: Any, data_format: str | None = None, dtype: Any = None) -> Any:
    """Return a Pillow image as an array of three axes, of floatx by default.

    Raises:
        ValueError: The image has neither two nor three axes.
    """
    chosen = _checked_format(data_format)
    values = np.asarray(img, dtype=dtype or settings.floatx())
    if values.ndim == 2:
        values = values[:, :, np.newaxis]
    if values.ndim != 3:
        raise ValueError(f"Unsupported image shape: {values.shape}")
    return values.transpose(2, 0, 1) if chosen == "channels_first" else values


def save_img(
    path: Any,
    x: Any,
    data_format: str | None = None,
    file_format: str | None = None,
    scale: bool = True,
    **kwargs: Any,
) -> None:
    """Write an array as an image file, in the format that the name's ending says."""
    img = array_to_img(x, data_format=data_format, scale=scale)
    if img.mode == "RGBA" and file_format in ("jpg", "jpeg"):
        warnings.warn(
            "The JPG format does not support RGBA images, converting to RGB.",
            stacklevel=2,
        )
        img = img.convert("RGB")
    img.save(path, format=file_format, **kwargs)


def load_img(
    path: Any,
    grayscale: bool = False,
    color_mode: str = "rgb",
    target_size: Any = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> Any:
    """Return an image file as a Pillow image.

    Args:
        path: The file, or a `BytesIO` with its content.
        grayscale: An old name for `color_mode="grayscale"`.
        color_mode: "grayscale", "rgb" or "rgba".
        target_size: Height and width to resize to.
        interpolation: How: "nearest", "bilinear", "bicubic", "lanczos", "box",
            "hamming".
        keep_aspect_ratio: Whether to cut off what does not fit, instead of distorting.

    Raises:
        ImportError: Pillow is not installed.
        TypeError: The path is none.
        ValueError: The mode or the interpolation is unknown.
    """
    image = _pillow()
    if isinstance(path, io.BytesIO):
        img = image.open(path)
    elif isinstance(path, str | bytes | os.PathLike):
        with open(path, "rb") as file:
            img = image.open(io.BytesIO(file.read()))
    else:
        raise TypeError(f"path should be path-like or io.BytesIO, not {type(path)}")
    chosen = "grayscale" if grayscale else color_mode
    if chosen not in _MODES:
        raise ValueError('color_mode must be "grayscale", "rgb", or "rgba"')
    keeps = chosen == "grayscale" and img.mode in ("I;16", "I")
    if img.mode != _MODES[chosen] and not keeps:
        img = img.convert(_MODES[chosen])
    if target_size is None or img.size == (target_size[1], target_size[0]):
        return img
    methods = {method.name.lower(): method for method in image.Resampling}
    if interpolation not in methods:
        raise ValueError(
            f"Invalid interpolation method {interpolation} specified. Supported "
            f"methods are {', '.join(methods)}"
        )
    height, width = target_size
    box = _centered_box(img.size, width, height) if keep_aspect_ratio else None
    return img.resize((width, height), methods[interpolation], box=box)


def _centered_box(size: Any, width: int, height: int) -> tuple[int, int, int, int]:
    """Return the largest part of an image with a target's proportions: its corners."""
    own_width, own_height = size
    part_width = min(own_width, own_height * width // height)
    part_height = min(own_height, own_width * height // width)
    left, top = (own_width - part_width) // 2, (own_height - part_height) // 2
    return left, top, left + part_width, top + part_height


def smart_resize(x: Any, size: Any, interpolation: str = "bilinear") -> Any:
    """Return images resized without distortion: what does not fit is cut off.

    Args:
        x: An image, or a batch of images, with channels last.
        size: Height and width.
        interpolation: As for `tf.image.resize`.

    Returns:
        A NumPy array for an array, a tensor for a tensor.

    Raises:
        ValueError: The size is no pair, or there are not three or four axes.
    """
    from tensor.keras.layers.preprocessing.image_size import cropped_to_proportions

    if len(size) != 2:
        raise ValueError(
            f"Expected `size` to be a tuple of 2 integers, but got: {size}."
        )
    images = tf.convert_to_tensor(x)
    if images.shape.rank not in (None, 3, 4):
        raise ValueError(
            "Expected an image array with shape `(height, width, channels)`, or "
            "`(batch_size, height, width, channels)`, but got input with incorrect "
            f"rank, of shape {images.shape}."
        )
    cropped = cropped_to_proportions(images, *size)
    resized = tf.image.resize(cropped, size, method=interpolation)
    return resized.numpy() if isinstance(x, np.ndarray) else resized
