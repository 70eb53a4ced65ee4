"""Thresholds of metrics that count what lies above them."""

from __future__ import annotations

from typing import Any

import numpy as np


def as_thresholds(thresholds: Any, default: float = 0.5) -> list[float]:
    """Return thresholds as a list.

    Raises:
        ValueError: One is outside of [0, 1].
    """
    given = [default if thresholds is None else thresholds]
    if isinstance(thresholds, list | tuple | np.ndarray):
        given = list(thresholds)
    wrong = [t for t in given if t is None or t < 0 or t > 1]
    if wrong:
        raise ValueError(f"Threshold values must be in [0, 1]. Received: {wrong}")
    return [float(t) for t in given]
