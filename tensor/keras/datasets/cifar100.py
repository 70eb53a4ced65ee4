"""CIFAR-100: 60 000 colour images of a hundred kinds of things, 32 by 32."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.keras.datasets import cifar

_CHECKSUM = "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7"


def load_data(label_mode: str = "fine") -> Any:
    """Return (images, kinds) to train on, and (images, kinds) to test on.

    Args:
        label_mode: "fine" for the hundred kinds, "coarse" for twenty groups of them.

    Raises:
        ValueError: `label_mode` is neither.
    """
    if label_mode not in ("fine", "coarse"):
        raise ValueError(
            '`label_mode` must be one of `"fine"`, `"coarse"`. '
            f"Received: label_mode={label_mode}."
        )
    path = cifar.folder("cifar-100-python", "cifar-100-python.tar.gz", _CHECKSUM)
    return cifar.load_parts(path, ["train"], "test", f"{label_mode}_labels", np.int64)
