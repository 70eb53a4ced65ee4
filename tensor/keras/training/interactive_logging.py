"""Whether progress is drawn on the terminal, or goes to the log line by line."""

from __future__ import annotations

import sys
import threading

from tensor.core.log import get_logger

_thread = threading.local()


def is_interactive_logging_enabled() -> bool:
    """Return whether progress is drawn on standard output, as it is by default."""
    return getattr(_thread, "is_interactive", True)


def enable_interactive_logging() -> None:
    """Draw progress on standard output."""
    _thread.is_interactive = True


def disable_interactive_logging() -> None:
    """Let progress go to the log of `tf.get_logger`, and `fit` show none by default."""
    _thread.is_interactive = False


def verbosity(verbose: int | str) -> int:
    """Return what `fit` shows: 1 for a bar, 2 for a line each epoch, 0 for nothing."""
    if verbose != "auto":
        return int(verbose)
    return 1 if is_interactive_logging_enabled() else 2


def tell(text: str) -> None:
    """Write a message where progress goes."""
    if is_interactive_logging_enabled():
        sys.stdout.write(f"{text}\n")
    else:
        get_logger().info(text)
