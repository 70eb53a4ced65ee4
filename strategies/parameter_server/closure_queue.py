"""The closures between the user's thread and the dispatching one, under one lock."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from strategies.parameter_server.closures import Closure


class ClosureQueue:
    """What waits, what runs, and what went wrong.

    All attributes are read and written with `changed` held.

    Attributes:
        changed: notified whenever something ends, fails or leaves room.
        pending: what waits for a worker.
        running: how many closures are on workers.
        error: what to raise at the next call, or None.
        failure: the loss of a server, after which nothing can go on.
        waits: how many threads wait for something here.
        is_closed: whether the dispatcher has ended.
    """

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.pending: deque[Closure] = deque()
        self.running = 0
        self.error: Exception | None = None
        self.failure: Exception | None = None
        self.waits = 0
        self.is_closed = False

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits or runs."""
        return not self.pending and not self.running

    def fail(self, error: Exception) -> None:
        """Note an error and cancel what has not begun."""
        if self.error is None:
            self.error = error
        self.cancel_pending()

    def cancel_pending(self) -> None:
        """Cancel what has not begun."""
        for closure in self.pending:
            closure.cancel()
        self.pending.clear()
        self.changed.notify_all()

    def wait(self, timeout_s: float) -> None:
        """Wait until something has changed."""
        self.waits += 1
        try:
            self.changed.wait(timeout_s)
        finally:
            self.waits -= 1
