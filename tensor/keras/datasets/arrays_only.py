"""Pickled arrays, read so that nothing in a file can run code."""

from __future__ import annotations

import pickle
from typing import Any

_ALLOWED = frozenset(
    (
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("numpy", "ndarray"),
        ("numpy", "dtype"),
        ("_codecs", "encode"),
    )
)


class _ArraysOnly(pickle.Unpickler):
    """Makes arrays and plain values, nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(
                "A data set's file holds arrays, lists and numbers, but this one asks "
                f"for {module}.{name}. Delete it, so that it is fetched again."
            )
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def load_arrays(stream: Any, encoding: Any = "ASCII") -> Any:
    """Return what a pickle of arrays and plain values holds.

    Raises:
        pickle.UnpicklingError: There is something else in it.
    """
    return _ArraysOnly(stream, encoding=encoding).load()
