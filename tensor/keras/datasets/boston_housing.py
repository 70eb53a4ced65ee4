"""Boston housing: prices of 506 houses, by 13 numbers each."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.keras.utils.files import get_file

_BASE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_SHA256 = "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5"


def load_data(
    path: str = "boston_housing.npz", test_split: float = 0.2, seed: int = 113
) -> Any:
    """Return ((x_train, y_train), (x_test, y_test)), shuffled by a seed."""
    file = get_file(path, origin=_BASE + "boston_housing.npz", file_hash=_SHA256)
    with np.load(file, allow_pickle=False) as data:
        x, y = data["x"], data["y"]
    order = np.arange(len(x))
    np.random.RandomState(seed).shuffle(order)  # Keras's split
    x, y = x[order], y[order]
    at = int(len(x) * (1 - test_split))
    return (x[:at], y[:at]), (x[at:], y[at:])
