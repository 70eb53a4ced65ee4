"""Retracing: notices functions that are traced again and again, and says so.

Functions are told apart by their code, so that one that is decorated anew in a loop
counts as one.
"""

from __future__ import annotations

import functools
import threading
from typing import Any

from tensor.core.log import get_logger

# The user is told when so many of the last calls were traces, at most twice a function.
_TRACES = 5
_RECENT_CALLS = 10
_WARNINGS = 2


class CallHistory:
    """The recent calls of one function.

    Attributes:
        calls: How many there were.
        calls_by_trace: Of these, how many since each trace.
    """

    def __init__(self) -> None:
        self.calls = 0
        self.calls_by_trace: list[int] = []
        self._warnings = 0

    def note_call(self) -> None:
        """Note a call that found its trace."""
        if self.calls_by_trace:
            self.calls_by_trace[-1] += 1
            self.calls += 1

    def note_trace(self) -> bool:
        """Note a call that was traced; return whether to tell the user."""
        self.calls += 1
        self.calls_by_trace.append(1)
        while self.calls - self.calls_by_trace[0] > _RECENT_CALLS:
            self.calls -= self.calls_by_trace.pop(0)
        if len(self.calls_by_trace) < _TRACES or self._warnings >= _WARNINGS:
            return False
        self._warnings += 1
        return True


_histories: dict[Any, CallHistory] = {}
_lock = threading.Lock()


def history_of(function: Any) -> CallHistory:
    """Return the history of all functions with the same code."""
    while True:
        inner = getattr(function, "__wrapped__", None)
        if isinstance(function, functools.partial):
            inner = function.func
        if inner is None:
            break
        function = inner
    code = getattr(function, "__code__", None)
    if code is None:
        return CallHistory()
    with _lock:
        return _histories.setdefault(code, CallHistory())


def warn(function: Any, history: CallHistory, change: str) -> None:
    """Tell the user that a function is traced too often, and why."""
    get_logger().warning(
        f"{len(history.calls_by_trace)} out of the last {history.calls} calls to "
        f"{function!r} triggered tf.function retracing. Tracing is expensive. Between "
        f"the last two traces {change}. Pass numbers that vary as tensors, give an "
        "`input_signature` with unknown dimensions, set `reduce_retracing=True`, and "
        "make the tf.function once, outside of loops."
    )
