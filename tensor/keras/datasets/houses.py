"""Prices of houses: rows of numbers with one target each."""

from __future__ import annotations

from typing import Any

import numpy as np


def load(path: str, test_split: float, seed: int, count: int | None = None) -> Any:
    """Return (features, prices) to train on, and (features, prices) to test on.

    Args:
        path: The file.
        test_split: The share to test on.
        seed: Says in which order the rows come.
        count: How many rows to take; None takes all.

    Raises:
        ValueError: `test_split` is no share.
    """
    if not 0 <= test_split < 1:
        raise ValueError(
            f"`test_split` must be at least 0 and less than 1. Received: {test_split}"
        )
    with np.load(path, allow_pickle=False) as arrays:
        x, y = arrays["x"][:count], arrays["y"][:count]
    order = np.arange(len(x))
    np.random.RandomState(seed).shuffle(order)  # Keras's order
    x, y = x[order], y[order]
    split = int(len(x) * (1 - test_split))
    return (x[:split], y[:split]), (x[split:], y[split:])
