"""The one place that imports h5py, which is an extra."""

from __future__ import annotations

from typing import Any


def h5py() -> Any:
    """Return the module h5py.

    Raises:
        ImportError: It is not installed.
    """
    try:
        import h5py as module
    except ImportError as error:
        raise ImportError(
            "Files of the formats .keras and .h5 need h5py. Install it with: pip "
            "install 'ringflow[h5]'. Without it, give a path without suffix: weights "
            "and models are then saved as checkpoints."
        ) from error
    return module
