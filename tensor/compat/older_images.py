"""TF1's resizing of images: places may be counted from corners or from edges."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.compat.older_table import older_function
from tensor.ops.image.resize import resize_op


class ResizeMethod:
    """The methods of tf.compat.v1.image.resize_images, by number."""

    BILINEAR = 0
    NEAREST_NEIGHBOR = 1
    BICUBIC = 2
    AREA = 3


older_function("image.ResizeMethod")(ResizeMethod)

_METHODS = {0: "bilinear", 1: "nearest", 2: "bicubic", 3: "area"}


def _resized(
    images: Any,
    size: Any,
    method: str,
    align_corners: bool,
    half_pixel_centers: bool,
    name: str | None,
) -> Any:
    """Return a batch of images resampled by a method.

    Raises:
        InvalidArgumentError: Corners are to be aligned, and pixels to have centers;
            or a shape is wrong.
    """
    if align_corners and half_pixel_centers:
        raise tf.errors.InvalidArgumentError(
            None,
            None,
            "If half_pixel_centers is True, align_corners must be False.",
        )
    x = tf.convert_to_tensor(images)
    if x.ndim not in (4, None):
        raise tf.errors.InvalidArgumentError(
            None, None, f"input must be 4-dimensional, got shape {x.shape}"
        )
    keeps = method == "nearest" or x.dtype == tf.float64
    wide = x if keeps else tf.cast(x, tf.float32)
    places = "corners" if align_corners else "edges"
    if not half_pixel_centers:
        method = f"{method}:{places}"
    target = tuple(int(n) for n in size) if isinstance(size, list | tuple) else size
    if not isinstance(target, tuple):
        known = tf.get_static_value(tf.convert_to_tensor(target))
        target = target if known is None else tuple(int(n) for n in known)
    z = resize_op(wide, size=target, method=method, antialias=False, name=name)
    return z if method.startswith("nearest") else tf.cast(z, tf.float32)


@older_function("image.resize_bilinear")
def resize_bilinear(
    images: Any,
    size: Any,
    align_corners: bool = False,
    name: str | None = None,
    half_pixel_centers: bool = False,
) -> Any:
    """Return images resized by weighing the four pixels around each place."""
    return _resized(images, size, "bilinear", align_corners, half_pixel_centers, name)


@older_function("image.resize_bicubic")
def resize_bicubic(
    images: Any,
    size: Any,
    align_corners: bool = False,
    name: str | None = None,
    half_pixel_centers: bool = False,
) -> Any:
    """Return images resized by cubic curves through four pixels."""
    return _resized(images, size, "bicubic", align_corners, half_pixel_centers, name)


@older_function("image.resize_nearest_neighbor")
def resize_nearest_neighbor(
    images: Any,
    size: Any,
    align_corners: bool = False,
    name: str | None = None,
    half_pixel_centers: bool = False,
) -> Any:
    """Return images whose pixels are the nearest ones, in their own dtype."""
    return _resized(images, size, "nearest", align_corners, half_pixel_centers, name)


@older_function("image.resize_area")
def resize_area(
    images: Any, size: Any, align_corners: bool = False, name: str | None = None
) -> Any:
    """Return images whose pixels are the means of what they cover."""
    method = "area" if not align_corners else "area:corners"
    x = tf.cast(images, tf.float32)
    return _resized(x, size, method, align_corners and method == "area", True, name)


@older_function("image.resize_images", "image.resize")
def resize_images(
    images: Any,
    size: Any,
    method: Any = ResizeMethod.BILINEAR,
    align_corners: bool = False,
    preserve_aspect_ratio: bool = False,
    name: str | None = None,
) -> Any:
    """Resize images as TF1 did: by default, places are counted from their edges.

    Raises:
        ValueError: The rank, the size or the method is wrong.
    """
    x = tf.convert_to_tensor(images)
    if x.ndim not in (3, 4):
        raise ValueError(
            f"'images' must have either 3 or 4 dimensions. Got shape {x.shape}."
        )
    how = _METHODS.get(method, method) if not isinstance(method, str) else method
    if how not in _METHODS.values():
        raise ValueError(
            f"Resize method is not implemented: {method}. Expected one of "
            f"{sorted(_METHODS)}."
        )
    was_one = x.ndim == 3
    x = x[None] if was_one else x
    from tensor.ops.image.resize import resize_target

    target = resize_target(x, size, preserve_aspect_ratio)
    if target == tuple(x.shape[1:3]):
        return x[0] if was_one else x
    if how == "area":
        z = resize_area(x, target, align_corners, name)
    else:
        z = _resized(x, target, how, align_corners, False, name)
    return z[0] if was_one else z
