"""California housing: prices in 20 640 districts in 1990, 8 features each."""

from __future__ import annotations

from typing import Any

from tensor.keras.datasets import houses
from tensor.keras.datasets.origin import cached

_CHECKSUM = "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f"


def load_data(
    version: str = "large",
    path: Any = "california_housing.npz",
    test_split: float = 0.2,
    seed: int = 113,
) -> Any:
    """Return (features, prices) to train on, and (features, prices) to test on.

    Args:
        version: "large", or "small" for the first 600 districts.
        path: The file's name in the cache, or an absolute path.
        test_split: The share to test on.
        seed: Says in which order the rows come.

    Raises:
        ValueError: `version` is neither.
    """
    if version not in ("small", "large"):
        raise ValueError(
            f'`version` must be "small" or "large". Received: version={version}'
        )
    file = cached(path, "california_housing.npz", _CHECKSUM)
    return houses.load(file, test_split, seed, 600 if version == "small" else None)
