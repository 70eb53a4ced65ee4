"""CIFAR-10: 60 000 colour images of ten kinds of things, 32 by 32."""

from __future__ import annotations

from typing import Any

from tensor.keras.datasets import cifar

_CHECKSUM = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"


def load_data() -> Any:
    """Return (images, kinds) to train on, and (images, kinds) to test on."""
    path = cifar.folder("cifar-10-batches-py", "cifar-10-python.tar.gz", _CHECKSUM)
    return cifar.load_parts(
        path, [f"data_batch_{i}" for i in range(1, 6)], "test_batch"
    )
