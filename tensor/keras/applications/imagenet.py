"""What networks for ImageNet have in common: input shapes, pixel values, classes."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensor as tf
from tensor.keras import settings


def preprocess_to_unit_range(x: Any) -> Any:
    """Return pixels from [0, 255] in [-1, 1]; a NumPy array is changed in place."""
    if isinstance(x, np.ndarray):
        if not np.issubdtype(x.dtype, np.floating):
            x = x.astype(settings.floatx())
        x /= 127.5
        x -= 1.0
        return x
    return tf.cast(x, settings.floatx()) / 127.5 - 1.0


def checked_input_shape(
    input_shape: Any, default_size: int, min_size: int, requires_flatten: bool
) -> tuple[Any, ...]:
    """Return the input shape of a network, the usual one if none is given.

    Raises:
        ValueError: It is no image's, or too small.
    """
    first = settings.image_data_format() == "channels_first"
    if input_shape is None:
        size = default_size if requires_flatten else None
        return (3, size, size) if first else (size, size, 3)
    shape = tuple(input_shape)
    if len(shape) != 3:
        raise ValueError("`input_shape` must be a tuple of three integers.")
    sides = shape[1:] if first else shape[:2]
    if any(side is not None and side < min_size for side in sides):
        raise ValueError(
            f"Input size must be at least {min_size}x{min_size}; Received: "
            f"input_shape={input_shape}"
        )
    if requires_flatten and None in shape:
        raise ValueError(
            "If `include_top` is True, you should specify a static `input_shape`. "
            f"Received: input_shape={input_shape}"
        )
    return shape


def check_weights(weights: Any, include_top: bool, classes: int) -> None:
    """Check what is asked for as weights.

    Raises:
        ValueError: It is neither None nor a file, or weights that cannot be had.
    """
    import os

    if weights is None or (weights != "imagenet" and os.path.exists(weights)):
        return
    if weights == "imagenet":
        raise ValueError(
            "weights='imagenet' needs a download, which ringflow does not do. Download "
            "the file yourself and pass its path, or pass weights=None to begin anew."
        )
    raise ValueError(
        "The `weights` argument should be either `None` (random initialization) or the "
        f"path to the weights file to be loaded. Received: weights={weights}"
    )
