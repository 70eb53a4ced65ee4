"""Bringing users' arrays into the form that transports want, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dist.reductions import Array, require_arithmetic

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def readable(x: ArrayLike) -> Array:
    """`x` as a contiguous array of numbers that will only be read."""
    array = np.asarray(x)
    require_arithmetic(array.dtype)
    return np.ascontiguousarray(array).reshape(array.shape)


def writable(x: ArrayLike) -> tuple[Array, Array]:
    """`x` as an array, and a contiguous one-dimensional form of it.

    The second shares memory with the first where the first is contiguous; `restore`
    brings it back where it is not.
    """
    array = x if isinstance(x, np.ndarray) else np.array(x)
    require_arithmetic(array.dtype)
    if not array.flags.writeable:
        raise ValueError(
            f"the array of shape {array.shape} is read-only, and the result is written "
            "into it. Pass a copy."
        )
    return array, array.reshape(-1) if array.flags.c_contiguous else array.flatten()


def restore(array: Array, flat: Array) -> Array:
    """Write the contiguous form back where it is a copy; return `array`."""
    if not array.flags.c_contiguous:
        array[...] = flat.reshape(array.shape)
    return array
