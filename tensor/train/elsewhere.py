"""Files that this process saved and another one writes: the chief of its job.

Saving does not wait for the chief; reading what was saved does, until it is there. The
end of an epoch of Keras's `fit`, where all processes meet, is a wait for both.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from tensor.core import errors

if TYPE_CHECKING:
    from collections.abc import Callable

TIMEOUT_S = 60.0
_POLL_S = 0.02

_paths: set[str] = set()


def saved_by_chief(path: str) -> None:
    """Note that the chief writes what this process has saved to `path`."""
    _paths.add(os.path.abspath(path))


def wait_for_chief(path: str, is_there: Callable[[str], bool]) -> None:
    """Wait until the chief has written what this process has saved to `path`, if so.

    Raises:
        NotFoundError: It did not in time.
    """
    absolute = os.path.abspath(path)
    if absolute not in _paths:
        return
    deadline = time.monotonic() + TIMEOUT_S
    while not is_there(path):
        if time.monotonic() > deadline:
            raise errors.because(
                errors.NotFoundError,
                f"The chief has not written {path} within {TIMEOUT_S:.0f} s. Do all "
                "processes see the same folder?",
            )
        time.sleep(_POLL_S)
    _paths.discard(absolute)
