"""Values as arrays, which travel, and arrays as values, which programs take.

Programs hold numbers of no dimension as NumPy scalars.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def as_array(value: Any) -> np.ndarray:
    """Return a program's value as an array."""
    if isinstance(value, bytes | str):
        return np.array(value, object)
    return np.asarray(value)


def as_value(array: np.ndarray) -> Any:
    """Return an array as programs hold it."""
    is_number = array.ndim == 0 and not array.dtype.hasobject
    return array[()] if is_number else array
