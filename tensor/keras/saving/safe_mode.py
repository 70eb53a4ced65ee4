"""Whether code that a file holds may run."""

from __future__ import annotations

import threading
from typing import Any

_thread = threading.local()


class safe_mode:  # noqa: N801  # used as a statement
    """Says inside a `with` block whether code from files is refused."""

    def __init__(self, is_safe: bool) -> None:
        self._is_safe = is_safe

    def __enter__(self) -> None:
        self._outer = getattr(_thread, "is_safe", False)
        _thread.is_safe = self._is_safe

    def __exit__(self, *exception: Any) -> None:
        _thread.is_safe = self._outer


def enable_unsafe_deserialization() -> None:
    """Let code from files run in this thread from now on."""
    _thread.is_allowed = True


def check_code_may_run(what: str) -> None:
    """Check that code from a file may run.

    Raises:
        ValueError: It may not.
    """
    if getattr(_thread, "is_safe", False) and not getattr(_thread, "is_allowed", False):
        raise ValueError(
            f"Requested the deserialization of {what}. This carries a potential risk "
            "of "
            "arbitrary code execution and thus it is disallowed by default. If you "
            "trust the source of the saved model, you can pass `safe_mode=False` to "
            "the loading function, or call "
            "`keras.config.enable_unsafe_deserialization()`."
        )
