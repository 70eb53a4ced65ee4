"""What a layer is called with, as tensors of the layer's dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensor as tf
from tensor.core.indexed_slices import CompositeTensor
from tensor.core.tensor import Tensor

# What becomes a tensor when a layer is called with it.
PYTHON_VALUES = (np.ndarray, np.generic, float, int)


def as_tensor(x: Any) -> Any:
    """Return an array or number as a tensor; anything else as it is."""
    return tf.convert_to_tensor(x) if isinstance(x, PYTHON_VALUES) else x


def cast_floating(x: Any, dtype: Any) -> Any:
    """Return a floating tensor in another floating dtype; anything else as it is."""
    kind = getattr(x, "dtype", None)
    if kind is None or kind is dtype or not getattr(kind, "is_floating", False):
        return x
    kinds = Tensor | tf.Variable | CompositeTensor
    return tf.cast(x, dtype) if isinstance(x, kinds) else x
