"""Boston housing: prices in 506 districts of the 1970s, 13 features each."""

from __future__ import annotations

from typing import Any

from tensor.keras.datasets import houses
from tensor.keras.datasets.origin import cached

_CHECKSUM = "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5"


def load_data(
    path: Any = "boston_housing.npz",
    test_split: float = 0.2,
    seed: int = 113,
    cache_dir: Any = None,
) -> Any:
    """Return (features, prices) to train on, and (features, prices) to test on.

    Args:
        path: The file's name in the cache, or an absolute path.
        test_split: The share to test on.
        seed: Says in which order the rows come.
        cache_dir: The cache, by default ~/.keras.
    """
    file = cached(path, "boston_housing.npz", _CHECKSUM, cache_dir)
    return houses.load(file, test_split, seed)
