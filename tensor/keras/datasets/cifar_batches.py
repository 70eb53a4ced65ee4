"""Reading CIFAR's batches, which are pickled dictionaries of arrays."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np

from tensor.keras import settings

_ALLOWED = frozenset(
    (
        ("numpy", "ndarray"),
        ("numpy", "dtype"),
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("_codecs", "encode"),
    )
)


class _ArraysOnly(pickle.Unpickler):
    """Reads pickles that hold arrays, and refuses anything that could run code."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(
                f"A CIFAR batch may hold arrays only, not {module}.{name}."
            )
        return super().find_class(module, name)


def load_batch(path: str, label_key: str = "labels") -> tuple[Any, Any]:
    """Return a file's images [n, 3, 32, 32] and labels."""
    with open(path, "rb") as file:
        batch = _ArraysOnly(file, encoding="bytes").load()
    named = {k.decode("utf8"): v for k, v in batch.items()}
    images = named["data"]
    return images.reshape(len(images), 3, 32, 32), named[label_key]


def arranged(images: Any, labels: Any) -> tuple[Any, Any]:
    """Return images with channels where Keras has them, and labels as a column."""
    if settings.image_data_format() == "channels_last":
        images = images.transpose(0, 2, 3, 1)
    return images, np.reshape(labels, (len(labels), 1))
