"""Where the data sets come from."""

from __future__ import annotations

import os
from typing import Any

from tensor.keras.utils.files import get_file

_BASE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


def cached(
    path: Any, file: str, checksum: str | None = None, cache_dir: Any = None
) -> str:
    """Return the path of a data set's file, fetched if it is not in the cache.

    Args:
        path: Its name in the cache; an absolute path of a file is used as it is.
        file: Its name at its origin.
        checksum: Its SHA-256.
        cache_dir: The cache, by default ~/.keras.
    """
    path = os.fspath(path)
    if os.path.isabs(path) and os.path.isfile(path):
        return path
    return get_file(path, origin=_BASE + file, file_hash=checksum, cache_dir=cache_dir)
