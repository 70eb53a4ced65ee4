"""MNIST: 70 000 grey images of handwritten digits, 28 by 28."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.keras.datasets.origin import cached

_CHECKSUM = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"


def load_data(path: Any = "mnist.npz", cache_dir: Any = None) -> Any:
    """Return (images, digits) to train on, and (images, digits) to test on.

    Args:
        path: The file's name in the cache, or an absolute path.
        cache_dir: The cache, by default ~/.keras.
    """
    file = cached(path, "mnist.npz", _CHECKSUM, cache_dir)
    with np.load(file, allow_pickle=False) as arrays:
        train = arrays["x_train"], arrays["y_train"]
        test = arrays["x_test"], arrays["y_test"]
    return train, test
