"""Where the data sets come from."""

from __future__ import annotations

from typing import Any

from tensor.keras.utils.get_file import get_file

_BASE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


def cached(path: Any, file: str | None = None, checksum: str | None = None) -> str:
    """Return the path in the cache of a data set's file.

    Args:
        path: Its name in the cache, or an absolute path.
        file: Its name at its origin, if that differs.
        checksum: Its SHA-256.
    """
    return get_file(path, origin=_BASE + (file or str(path)), file_hash=checksum)
