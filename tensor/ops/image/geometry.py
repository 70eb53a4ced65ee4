"""Cutting, padding, flipping and turning images."""

from __future__ import annotations

from typing import Any

from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import get_op
from tensor.ops.families import shape_of
from tensor.ops.image.shapes import (
    as_batch,
    as_int,
    check_at_least_3d,
    known_size,
    undo_batch,
)

_HEIGHT, _WIDTH = -3, -2


@export("image.crop_to_bounding_box")
def crop_to_bounding_box(
    image: Any,
    offset_height: Any,
    offset_width: Any,
    target_height: Any,
    target_width: Any,
) -> Any:
    """Cut a box out of an image or a batch of them.

    Raises:
        ValueError: The image has neither three nor four dimensions, or the box does not
            lie inside it.
    """
    x, was_one = as_batch(image)
    height, width = known_size(x)
    top, left = as_int(offset_height), as_int(offset_width)
    rows, columns = as_int(target_height), as_int(target_width)
    _check_box(top, left, rows, columns)
    if top + rows > height:
        raise ValueError("height must be >= target + offset.")
    if left + columns > width:
        raise ValueError("width must be >= target + offset.")
    return undo_batch(x[:, top : top + rows, left : left + columns, :], was_one)


def _check_box(top: int, left: int, rows: int, columns: int) -> None:
    for name, number, least in (
        ("offset_width", left, 0),
        ("offset_height", top, 0),
        ("target_width", columns, 1),
        ("target_height", rows, 1),
    ):
        if number < least:
            raise ValueError(f"{name} must be >{'=' if not least else ''} 0.")


@export("image.pad_to_bounding_box")
def pad_to_bounding_box(
    image: Any,
    offset_height: Any,
    offset_width: Any,
    target_height: Any,
    target_width: Any,
) -> Any:
    """Put an image into a larger one of zeros, at an offset.

    Raises:
        ValueError: It does not fit, or has neither three nor four dimensions.
    """
    x, was_one = as_batch(image)
    height, width = known_size(x)
    top, left = as_int(offset_height), as_int(offset_width)
    bottom = as_int(target_height) - top - height
    right = as_int(target_width) - left - width
    for name, number in (
        ("offset_height", top),
        ("offset_width", left),
    ):
        if number < 0:
            raise ValueError(f"{name} must be >= 0, got {number}.")
    if right < 0:
        raise ValueError("width must be <= target - offset")
    if bottom < 0:
        raise ValueError("height must be <= target - offset")
    return undo_batch(_padded(x, (top, bottom), (left, right)), was_one)


def _padded(x: Any, rows: tuple[int, int], columns: tuple[int, int]) -> Any:
    from tensor.ops.padding import pad_

    if rows == columns == (0, 0):
        return x
    return pad_(x, [[0, 0], list(rows), list(columns), [0, 0]])


@export("image.central_crop")
def central_crop(image: Any, central_fraction: Any) -> Any:
    """Return the middle part of an image that keeps this fraction of each side.

    Raises:
        ValueError: The fraction is outside (0, 1], or the rank is wrong.
    """
    fraction = float(central_fraction)
    if not 0.0 < fraction <= 1.0:
        raise ValueError("central_fraction must be within (0, 1]")
    x = convert(image)
    if fraction == 1.0:
        return x
    batch, was_one = as_batch(x)
    height, width = known_size(batch)
    top = int((height - height * fraction) / 2)
    left = int((width - width * fraction) / 2)
    z = batch[:, top : height - top, left : width - left, :]
    return undo_batch(z, was_one)


@export("image.resize_with_crop_or_pad")
def resize_with_crop_or_pad(image: Any, target_height: Any, target_width: Any) -> Any:
    """Bring an image to a size by cutting or padding each side evenly.

    Raises:
        ValueError: A target is not positive, or the rank is wrong.
    """
    x, was_one = as_batch(image)
    rows, columns = as_int(target_height), as_int(target_width)
    if columns <= 0:
        raise ValueError("target_width must be > 0.")
    if rows <= 0:
        raise ValueError("target_height must be > 0.")
    height, width = known_size(x)
    top, left = max((height - rows) // 2, 0), max((width - columns) // 2, 0)
    x = x[:, top : top + min(rows, height), left : left + min(columns, width), :]
    above, before = max((rows - height) // 2, 0), max((columns - width) // 2, 0)
    below = max(rows - height, 0) - above
    after = max(columns - width, 0) - before
    return undo_batch(_padded(x, (above, below), (before, after)), was_one)


def _reversed(image: Any, axis: int) -> Any:
    x = check_at_least_3d(image)
    if x.ndim not in (None, 3, 4):
        raise ValueError(
            f"'image' (shape {x.shape}) must have either 3 or 4 dimensions."
        )
    where = [slice(None)] * (x.ndim or 3)
    where[axis] = slice(None, None, -1)
    return x[tuple(where)]


@export("image.flip_left_right")
def flip_left_right(image: Any) -> Any:
    """Return an image, or each of a batch, with left and right exchanged.

    Raises:
        ValueError: The rank is neither three nor four.
    """
    return _reversed(image, _WIDTH)


@export("image.flip_up_down")
def flip_up_down(image: Any) -> Any:
    """Return an image, or each of a batch, with top and bottom exchanged.

    Raises:
        ValueError: The rank is neither three nor four.
    """
    return _reversed(image, _HEIGHT)


@export("image.transpose")
def transpose(image: Any, name: str | None = None) -> Any:
    """Return an image, or each of a batch, with rows and columns exchanged.

    Raises:
        ValueError: The rank is neither three nor four.
    """
    x, was_one = as_batch(image)
    return undo_batch(get_op("Transpose")(x, perm=(0, 2, 1, 3)), was_one)


@export("image.rot90")
def rot90(image: Any, k: Any = 1, name: str | None = None) -> Any:
    """Return an image, or each of a batch, turned by `k` quarters to the left.

    Raises:
        ValueError: The rank is neither three nor four, or `k` is no scalar.
    """
    x, was_one = as_batch(image)
    turns = as_int(k) % 4
    if turns == 1:
        x = get_op("Transpose")(x[:, :, ::-1, :], perm=(0, 2, 1, 3))
    elif turns == 2:
        x = x[:, ::-1, ::-1, :]
    elif turns == 3:
        x = get_op("Transpose")(x, perm=(0, 2, 1, 3))[:, :, ::-1, :]
    return undo_batch(x, was_one)


@export("image.extract_patches")
def extract_patches(
    images: Any,
    sizes: Any,
    strides: Any,
    rates: Any,
    padding: str,
    name: str | None = None,
) -> Any:
    """Return the patches of images, each one's elements along the last axis.

    Args:
        images: [batch, height, width, channels].
        sizes: [1, height, width, 1] of a patch.
        strides: [1, rows, columns, 1]: how far apart patches lie.
        rates: [1, rows, columns, 1]: how far apart a patch's elements lie.
        padding: "VALID" or "SAME".
        name: A name for the node, in a graph.

    Returns:
        [batch, rows, columns, height * width * channels].
    """
    import numpy as np

    from tensor.core.convert import constant_tensor
    from tensor.ops.nn.conv import conv2d_op

    x = convert(images)
    channels = (shape_of(x) or (None,))[-1]
    if channels is None:
        raise ValueError("The number of channels of `images` must be known.")
    (_, rows, columns, _) = (int(s) for s in sizes)
    count = rows * columns * channels
    # A convolution whose filters each pick one element of the window.
    picks = np.eye(count).reshape(rows, columns, channels, count)
    return conv2d_op(
        x,
        constant_tensor(picks.astype(x.dtype.numpy_dtype)),
        strides=tuple(int(s) for s in strides)[1:3],
        dilations=tuple(int(r) for r in rates)[1:3],
        padding=padding.upper(),
        name=name,
    )
