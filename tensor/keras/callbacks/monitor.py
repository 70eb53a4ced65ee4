"""Monitoring one quantity: what EarlyStopping and its kin have in common."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.log import get_logger

if TYPE_CHECKING:
    from tensor.keras.callbacks.callback import Callback


def direction_of(mode: str, monitor: str) -> int:
    """Return 1 if a quantity should grow, -1 if it should shrink.

    In mode "auto" accuracies, precisions and the like grow, everything else shrinks.
    """
    if mode == "max":
        return 1
    if mode == "min":
        return -1
    grows = monitor.endswith(("acc", "accuracy", "auc")) or monitor.startswith(
        "fmeasure"
    )
    return 1 if grows else -1


def comparison(direction: int) -> Any:
    """Return the function that says whether one value is better than another."""
    return np.greater if direction > 0 else np.less


def worst(direction: int) -> float:
    """Return a value that everything improves on."""
    return -math.inf * direction


def monitored(callback: Callback, monitor: str, logs: Any, wanted_for: str) -> Any:
    """Return the quantity's value, None with a warning if it is not there."""
    value = (logs or {}).get(monitor)
    if value is None:
        get_logger().warning(
            f"{wanted_for} conditioned on metric `{monitor}` which is not available. "
            f"Available metrics are: {','.join(list((logs or {}).keys()))}"
        )
    return value
