"""Images moved, turned and stretched: each output pixel taken from where it was.

A transform of one image is eight numbers (a0 a1 a2 b0 b1 b2 c0 c1): the output pixel at
(x, y) comes from ((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k) of the input, with
k = c0 x + c1 y + 1. Formulas are those of TensorFlow's ImageProjectiveTransformV3.
"""

from __future__ import annotations

from typing import Any

import tensor as tf

FILL_MODES = ("reflect", "wrap", "constant", "nearest")
INTERPOLATIONS = ("nearest", "bilinear")


def translations(offsets: Any) -> Any:
    """Return transforms that move images by offsets (right, down), one row an image."""
    one, zero = tf.ones_like(offsets[:, 0]), tf.zeros_like(offsets[:, 0])
    right, down = -offsets[:, 0], -offsets[:, 1]
    return tf.stack([one, zero, right, zero, one, down, zero, zero], axis=1)


def rotations(angles: Any, height: Any, width: Any) -> Any:
    """Return transforms that turn images about their middle, by radians."""
    cos, sin = tf.cos(angles), tf.sin(angles)
    zero = tf.zeros_like(angles)
    right = ((width - 1) - (cos * (width - 1) - sin * (height - 1))) / 2
    down = ((height - 1) - (sin * (width - 1) + cos * (height - 1))) / 2
    return tf.stack([cos, -sin, right, sin, cos, down, zero, zero], axis=1)


def zooms(scales: Any, height: Any, width: Any) -> Any:
    """Return transforms that show a part of so many widths and heights."""
    across, down = scales[:, 0], scales[:, 1]
    zero = tf.zeros_like(across)
    left = (width - 1) / 2 * (1 - across)
    top = (height - 1) / 2 * (1 - down)
    return tf.stack([across, zero, left, zero, down, top, zero, zero], axis=1)


def transformed(
    images: Any,
    transforms: Any,
    fill_mode: str = "reflect",
    fill_value: float = 0.0,
    interpolation: str = "bilinear",
) -> Any:
    """Return images transformed.

    Args:
        images: A batch with channels last.
        transforms: Eight numbers for each image.
        fill_mode: What is outside of an image: "reflect" (d c b a | a b c d | d c b a),
            "wrap" (a b c d | a b c d), "nearest" (a a | a b c d | d d) or "constant".
        fill_value: That constant.
        interpolation: "bilinear" or "nearest".
    """
    height, width = tf.shape(images)[1], tf.shape(images)[2]
    x = tf.cast(tf.range(width), "float32")[tf.newaxis, tf.newaxis, :]
    y = tf.cast(tf.range(height), "float32")[tf.newaxis, :, tf.newaxis]
    t = [transforms[:, i, tf.newaxis, tf.newaxis] for i in range(8)]
    scale = t[6] * x + t[7] * y + 1.0
    from_x = _inside((t[0] * x + t[1] * y + t[2]) / scale, width, fill_mode)
    from_y = _inside((t[3] * x + t[4] * y + t[5]) / scale, height, fill_mode)
    pixels = _Pixels(images, height, width, fill_value)
    if interpolation == "nearest":
        return pixels.at(_rounded(from_y), _rounded(from_x))
    top, left = tf.floor(from_y), tf.floor(from_x)
    down, right = (from_y - top)[..., tf.newaxis], (from_x - left)[..., tf.newaxis]
    upper = (1 - right) * pixels.at(top, left) + right * pixels.at(top, left + 1)
    lower = (1 - right) * pixels.at(top + 1, left) + right * pixels.at(
        top + 1, left + 1
    )
    return (1 - down) * upper + down * lower


class _Pixels:
    """The pixels of a batch of images, and a value for places that are none."""

    def __init__(self, images: Any, height: Any, width: Any, fill_value: float) -> None:
        self._flat = tf.reshape(images, [tf.shape(images)[0], -1, images.shape[-1]])
        self._height, self._width = height, width
        self._fill_value = tf.cast(fill_value, images.dtype)

    def at(self, rows: Any, columns: Any) -> Any:
        rows, columns = tf.cast(rows, "int32"), tf.cast(columns, "int32")
        inside = (rows >= 0) & (rows < self._height)
        inside &= (columns >= 0) & (columns < self._width)
        places = tf.where(inside, rows * self._width + columns, 0)
        found = tf.gather(self._flat, places, batch_dims=1)
        return tf.where(inside[..., tf.newaxis], found, self._fill_value)


def _inside(places: Any, length: Any, fill_mode: str) -> Any:
    """Return where places outside of an image are taken from."""
    if fill_mode == "constant":
        return places
    size = tf.cast(length, places.dtype)
    last = size - 1
    if fill_mode == "reflect":
        period = tf.math.floormod(places, 2 * size)
        beyond = 2 * size - period - 1
        places = tf.where(
            (places < 0) | (places > last),
            tf.where(period >= size, beyond, period),
            places,
        )
    elif fill_mode == "wrap":
        # TensorFlow counts turns by the last place, and makes them of whole sizes.
        turns = tf.floor(tf.math.divide_no_nan(tf.abs(places), last))
        left, right = places + size * (turns + 1), places - size * turns
        places = tf.where(places < 0, left, tf.where(places > last, right, places))
    return tf.clip_by_value(places, 0.0, last)


def _rounded(places: Any) -> Any:
    """Return whole numbers, halves away from zero."""
    return tf.sign(places) * tf.floor(tf.abs(places) + 0.5)
