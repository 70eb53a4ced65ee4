"""What counts as an array of examples."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensor as tf


def is_array_like(x: Any) -> bool:
    """Return whether `x` holds examples as rows: arrays, or structures of them."""
    if isinstance(x, np.ndarray | tf.Tensor | tf.Variable):
        return True
    if isinstance(x, dict):
        return all(is_array_like(v) for v in x.values())
    if isinstance(x, list | tuple):
        return not x or is_array_like(x[0]) or isinstance(x[0], int | float | str)
    # Data frames and the like.
    return hasattr(x, "__array__") and hasattr(x, "shape")
