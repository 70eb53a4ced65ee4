"""Collectives that run while the caller computes: a queue, a thread, a receipt.

Each group that is used asynchronously has one engine thread. It carries out the calls
in the order in which they were made, so that all ranks agree on it; NumPy and the
sockets release the interpreter lock while they work.
"""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING, Any

from dist.errors import CollectiveTimeoutError

if TYPE_CHECKING:
    from collections.abc import Callable

WAIT_SLICE_S = 0.2  # Python answers Ctrl-C between slices


class Work:
    """The receipt for a call that was started and may not be over yet.

    The arrays of the call belong to the group until `wait` has returned.
    """

    def __init__(self, action: Callable[[], Any], text: str) -> None:
        self._action = action
        self._text = text
        self._finished = threading.Event()
        self._result: Any = None
        self._error: BaseException | None = None

    def __repr__(self) -> str:
        state = "done" if self.done() else "pending"
        return f"<Work {self._text}: {state}>"

    def done(self) -> bool:
        """Whether `wait` would return or raise at once."""
        return self._finished.is_set()

    def wait(self, timeout: float | None = None) -> Any:
        """Wait for the end of the call; return its result or raise its error.

        Args:
            timeout: how many seconds to wait here. The call itself goes on after that,
                and `wait` may be called again.

        Raises:
            CollectiveTimeoutError: the call is not over yet.
            CollectiveError: the call failed.
        """
        started_s = time.monotonic()
        while not self._finished.wait(self._slice(started_s, timeout)):
            elapsed_s = time.monotonic() - started_s
            if timeout is not None and elapsed_s >= timeout:
                raise CollectiveTimeoutError(
                    f"{self._text} is not over after waiting {elapsed_s:.1f} s for it "
                    f"(limit {timeout:g} s). It goes on; call `wait` again.",
                    elapsed_s=elapsed_s,
                )
        if self._error is not None:
            raise self._error
        return self._result

    def run(self) -> None:
        """Carry the call out; for the engine."""
        try:
            self._result = self._action()
        except BaseException as error:
            # Whatever it is, it belongs to the thread that waits for the result.
            self._error = error
        finally:
            self._finished.set()

    @staticmethod
    def _slice(started_s: float, timeout: float | None) -> float:
        if timeout is None:
            return WAIT_SLICE_S
        remaining_s = started_s + timeout - time.monotonic()
        return max(0.0, min(WAIT_SLICE_S, remaining_s))


class Engine:
    """One thread that carries out the calls of one group in order."""

    def __init__(self, name: str) -> None:
        self._queue: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._pending = 0
        self._counting = threading.Lock()
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.thread.start()

    @property
    def is_idle(self) -> bool:
        """Whether all calls that were submitted are over."""
        return self._pending == 0

    def submit(self, work: Work) -> Work:
        """Queue a call behind those that were made before it."""
        with self._counting:
            self._pending += 1
        self._queue.put(work)
        return work

    def close(self, timeout_s: float) -> bool:
        """Stop after the queued calls; False if they take longer than `timeout_s`."""
        self._queue.put(None)
        self.thread.join(timeout_s)
        return not self.thread.is_alive()

    def _run(self) -> None:
        while (work := self._queue.get()) is not None:
            work.run()
            with self._counting:
                self._pending -= 1
