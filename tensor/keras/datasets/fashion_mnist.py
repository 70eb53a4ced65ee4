"""Fashion-MNIST: 70 000 grey images of clothes of ten kinds, 28 by 28."""

from __future__ import annotations

import gzip
import os
from typing import Any

import numpy as np

from tensor.keras.utils.files import get_file

_BASE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


def load_data() -> Any:
    """Return (images, kinds) to train on, and (images, kinds) to test on."""
    return _part("train"), _part("t10k")


def _part(name: str) -> tuple[Any, Any]:
    # Labels come after a header of 8 bytes, images after one of 16.
    labels = _numbers(f"{name}-labels-idx1-ubyte.gz", 8)
    images = _numbers(f"{name}-images-idx3-ubyte.gz", 16)
    return images.reshape(len(labels), 28, 28), labels


def _numbers(file: str, header: int) -> Any:
    folder = os.path.join("datasets", "fashion-mnist")
    path = get_file(file, origin=_BASE + file, cache_subdir=folder)
    with gzip.open(path, "rb") as stream:
        return np.frombuffer(stream.read(), np.uint8, offset=header)
