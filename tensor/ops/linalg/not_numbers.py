"""Matrices that hold NaN, which LAPACK may fail for, or take no notice of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable


def hold_nan(x: Any) -> Any:
    """Return, for each matrix, whether one of its elements is NaN."""
    return np.isnan(x).any(axis=(-2, -1))


def nan_for_nan(function: Callable[[Any], tuple[Any, ...]], x: Any) -> tuple[Any, ...]:
    """Return the results of a function of matrices, NaN for those that hold NaN."""
    spoilt = hold_nan(x)
    if not spoilt.any():
        return function(x)
    results = function(np.where(spoilt[..., None, None], np.zeros_like(x), x))
    for result in results:
        result[spoilt] = np.nan
    return results
