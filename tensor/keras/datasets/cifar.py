"""The files of CIFAR: pickled dictionaries of images and labels."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from tensor.keras import settings
from tensor.keras.datasets.arrays_only import load_arrays
from tensor.keras.utils.files import get_file

_BASE = "https://www.cs.toronto.edu/~kriz/"


def folder(name: str, archive: str, checksum: str) -> str:
    """Return the folder in the cache with the files of a data set."""
    return get_file(name, origin=_BASE + archive, untar=True, file_hash=checksum)


def load_batch(path: str, label_key: str = "labels") -> tuple[Any, Any]:
    """Return the images, channels first, and the labels of one file."""
    with open(path, "rb") as file:
        values = load_arrays(file, encoding="bytes")
    images = np.asarray(values[b"data"]).reshape(-1, 3, 32, 32)
    return images, values[label_key.encode()]


def load_parts(
    directory: str,
    train: list[str],
    test: str,
    label_key: str = "labels",
    label_dtype: Any = np.uint8,
) -> Any:
    """Return the images and labels to train on, and those to test on."""

    def part(names: list[str]) -> tuple[Any, Any]:
        read = [load_batch(os.path.join(directory, n), label_key) for n in names]
        images = np.concatenate([x for x, _ in read])
        labels = np.concatenate([np.asarray(y, label_dtype) for _, y in read])
        if settings.image_data_format() == "channels_last":
            images = images.transpose(0, 2, 3, 1)
        return images, labels.reshape(-1, 1)

    return part(train), part([test])
