"""Variants: Python objects, such as datasets, as values of tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core.dtypes import VARIANT


def hold(value: Any) -> np.ndarray:
    """Return an array without dimensions that holds an object."""
    array = np.empty((), VARIANT)
    array[()] = (value,)
    return array


def held(array: Any) -> Any:
    """Return the object that an array holds."""
    return array.item()[0]
