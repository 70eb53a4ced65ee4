"""The worker's side of `launcher.run`: reads the call, makes it, stores what came."""

from __future__ import annotations

import os
import pickle
import sys

CALL_FILE = "call.pickle"


def result_file(folder: str, rank: int) -> str:
    """Where a rank stores what the function returned."""
    return os.path.join(folder, f"result-{rank}.pickle")


def error_file(folder: str, rank: int) -> str:
    """Where a rank stores what the function raised."""
    return os.path.join(folder, f"error-{rank}.pickle")


def call_and_store(folder: str, rank: int) -> None:
    """Make the call; store its result or, before raising it on, its exception."""
    import cloudpickle

    with open(os.path.join(folder, CALL_FILE), "rb") as file:
        # Written by the process that started us, into a folder that only its user can
        # write to: as trustworthy as the script of a command line.
        sys.path[:], sys.argv[:] = pickle.load(file)  # noqa: S301
        function, args, kwargs = pickle.load(file)  # noqa: S301
    try:
        result = function(*args, **kwargs)
        _store(result_file(folder, rank), cloudpickle.dumps(result))
    except Exception as error:
        try:
            _store(error_file(folder, rank), cloudpickle.dumps(error))
        except Exception:  # whatever an unusual class raises when it is pickled
            error.add_note("(this exception cannot be pickled; see its text)")
        raise


def _store(path: str, data: bytes) -> None:
    """Write a file so that it is complete whenever it exists."""
    with open(path + ".part", "wb") as file:
        file.write(data)
    os.replace(path + ".part", path)
