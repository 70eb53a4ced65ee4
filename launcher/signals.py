"""Signals to the launcher, as events of its loop.

A handler does nothing but note the signal and wake the loop. Signals that were ignored
when the launcher started (`nohup`, background jobs of a shell) stay ignored. Only the
main thread may install handlers; in another one (a notebook's, say) there are none.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType, TracebackType

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FORWARDED = (signal.SIGUSR1, signal.SIGUSR2)
TERMINAL_RESIZED = signal.SIGWINCH
SHOW_STACKS = signal.SIGQUIT  # Ctrl-\


class SignalInbox:
    """Collects signals while it is open; a context manager.

    Args:
        is_final: whether the process ends with the job; then the signals are ignored
            afterwards, so that one Ctrl-C more does not spoil its exit status.

    Attributes:
        wakeup_fd: becomes readable when a signal has arrived.
    """

    def __init__(self, *, is_final: bool = False) -> None:
        self._is_final = is_final
        self.wakeup_fd, self._write_fd = os.pipe()
        os.set_blocking(self.wakeup_fd, False)
        os.set_blocking(self._write_fd, False)
        self._arrived: deque[tuple[int, float]] = deque()
        self._previous: dict[int, Any] = {}
        self._previous_wakeup = -1

    def __enter__(self) -> SignalInbox:
        if threading.current_thread() is threading.main_thread():
            for signum in (*STOPPING, *FORWARDED, TERMINAL_RESIZED, SHOW_STACKS):
                if signal.getsignal(signum) is not signal.SIG_IGN:
                    self._previous[signum] = signal.signal(signum, self._note)
            self._previous_wakeup = signal.set_wakeup_fd(
                self._write_fd, warn_on_full_buffer=False
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._previous:
            signal.set_wakeup_fd(self._previous_wakeup)
        for signum, handler in self._previous.items():
            signal.signal(signum, signal.SIG_IGN if self._is_final else handler)
        os.close(self.wakeup_fd)
        os.close(self._write_fd)

    def take(self) -> list[tuple[int, float]]:
        """The signals that have arrived since the last call, with their times."""
        with contextlib.suppress(BlockingIOError):  # nothing arrived since
            os.read(self.wakeup_fd, 4096)
        arrived = list(self._arrived)
        for _ in arrived:
            self._arrived.popleft()
        return arrived

    def _note(self, signum: int, _frame: FrameType | None) -> None:
        self._arrived.append((signum, time.monotonic()))
