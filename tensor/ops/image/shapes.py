"""What image operations ask of their arguments: rank, size, batches of one."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core.convert import convert
from tensor.core.tensor import EagerTensor
from tensor.ops.families import shape_of
from tensor.ops.layout import expand_dims_, squeeze_


def as_batch(image: Any) -> tuple[Any, bool]:
    """Return an image or a batch of them as a batch, and whether it was one image.

    Raises:
        ValueError: It has neither three nor four dimensions.
    """
    x = convert(image)
    if x.ndim == 3:
        return expand_dims_(x, 0), True
    if x.ndim != 4:
        raise ValueError(
            f"'image' (shape {x.shape}) must have either 3 or 4 dimensions."
        )
    return x, False


def undo_batch(x: Any, was_one: bool) -> Any:
    """Return the one image of a batch, or the batch."""
    return squeeze_(x, [0]) if was_one else x


def known_size(x: Any) -> tuple[int, int]:
    """Return height and width of a batch of images.

    Raises:
        ValueError: They are not known.
    """
    dims = shape_of(x)
    if dims is None or dims[-3] is None or dims[-2] is None:
        raise ValueError(
            "The height and width of the images must be known here, got shape "
            f"{x.shape}. Call set_shape first."
        )
    return dims[-3], dims[-2]


def as_int(value: Any) -> int:
    """Return an integer argument, which may be a tensor with a value."""
    if isinstance(value, EagerTensor) or hasattr(value, "read_array"):
        return int(np.asarray(value))
    return int(value)


def check_at_least_3d(image: Any) -> Any:
    """Return an image as a tensor of three dimensions or more.

    Raises:
        ValueError: It has fewer, or unknown ones in the last three.
    """
    x = convert(image)
    if x.ndim is not None and x.ndim < 3:
        raise ValueError(
            f"'image' (shape {x.shape}) must be at least three-dimensional."
        )
    return x
