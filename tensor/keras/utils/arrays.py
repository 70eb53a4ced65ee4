"""Small functions on NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np


def to_categorical(
    y: Any, num_classes: int | None = None, dtype: Any = "float32"
) -> Any:
    """Return class numbers as one-hot rows."""
    y = np.array(y, dtype="int")
    shape = y.shape
    if shape and shape[-1] == 1 and len(shape) > 1:
        shape = shape[:-1]
    y = y.reshape(-1)
    count = num_classes or int(np.max(y)) + 1
    rows = np.zeros((len(y), count), dtype=dtype)
    rows[np.arange(len(y)), y] = 1
    return rows.reshape(*shape, count)


def to_ordinal(y: Any, num_classes: int | None = None, dtype: Any = "float32") -> Any:
    """Return class numbers as rows with a one for each class below."""
    y = np.array(y, dtype="int")
    shape = y.shape
    if shape and shape[-1] == 1 and len(shape) > 1:
        shape = shape[:-1]
    y = y.reshape(-1)
    count = num_classes or int(np.max(y)) + 1
    rows = (np.arange(count - 1)[None] < y[:, None]).astype(dtype)
    return rows.reshape(*shape, count - 1)


def normalize(x: Any, axis: int = -1, order: int = 2) -> Any:
    """Return vectors along `axis` divided by their norm."""
    norms = np.atleast_1d(np.linalg.norm(x, order, axis))
    norms[norms == 0] = 1
    return x / np.expand_dims(norms, axis)
