"""The line of the user's code at which something happens."""

from __future__ import annotations

import sys
from pathlib import Path

_PACKAGE = str(Path(__file__).parents[1]) + "/"


def user_line() -> tuple[str, int] | None:
    """Return file and line of the innermost frame that is not this package's."""
    frame = sys._getframe(2)
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith(_PACKAGE):
            return name, frame.f_lineno
        frame = frame.f_back  # type: ignore[assignment]
    return None
