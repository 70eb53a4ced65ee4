"""The order of a group's calls: numbered, one at a time, now or in the background.

All ranks of a group must make the same calls in the same order. Here each call gets its
number; calls that are made at once run in the caller's thread, calls that are started
and left to themselves run in the group's engine thread, and neither overtakes the
other. After a call has failed nobody knows what the other ranks have seen of it, so the
group refuses every further call with the reason.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

from dist.call import Call, user_site
from dist.errors import CollectiveError, GroupClosedError
from dist.ledger import Ledger
from dist.work import Engine, Work

if TYPE_CHECKING:
    from collections.abc import Callable

    from dist.call import Request
    from dist.watch import Watch

Result = TypeVar("Result")


class OrderedCalls:
    """Makes the calls of one group, one after the other.

    Args:
        name: the group's name.
        watch: judges the waits.
        timeout_s: the limit of a call that has none of its own.
    """

    def __init__(self, name: str, watch: Watch, timeout_s: float) -> None:
        self.name = name
        self.ledger = Ledger()
        self._watch = watch
        self._timeout_s = timeout_s
        self._lock = threading.RLock()
        self._sequence = 0
        self._engine: Engine | None = None
        self._failure: BaseException | None = None
        self._reason = "an earlier call failed"
        self.is_closed = False
        self._before_call: Callable[[Call], None] | None = None

    def now(
        self,
        request: Request,
        body: Callable[[Call], Result],
        timeout: float | None,
        sequence: int | None = None,
    ) -> Result:
        """Carry out a call; behind those that were started before."""
        with self._lock:
            if self.are_over:
                return self._perform(self._number(request, timeout, sequence), body)
            work = self._submit(request, body, timeout, sequence)
        result: Result = work.wait()
        return result

    def later(
        self, request: Request, body: Callable[[Call], object], timeout: float | None
    ) -> Work:
        """Start a call and return at once."""
        with self._lock:
            return self._submit(request, body, timeout, None)

    def intercept(self, before_call: Callable[[Call], None]) -> None:
        """Have something done before each call: tests let things go wrong there."""
        self._before_call = before_call

    @property
    def are_over(self) -> bool:
        """Whether none of the calls that were started is left to do."""
        return self._engine is None or self._engine.is_idle

    @property
    def has_failed(self) -> bool:
        """Whether a call has failed."""
        return self._failure is not None

    def require_usable(self) -> None:
        """Raise if the group was closed or a call has failed."""
        self._require_no_failure()
        if self.is_closed:
            raise GroupClosedError(
                f"group {self.name!r} was closed. Call `dist.init()` again to make a "
                "new one."
            )

    def orphan(self, owner: str) -> None:
        """Refuse further calls in a fork, which has the memory of `owner` only."""
        self._lock = threading.RLock()  # a thread that is not here may hold the other
        self._engine = None
        self._reason = "this process is a fork"
        self._failure = GroupClosedError(
            f"the group belongs to {owner}, and a fork inherits neither its threads "
            "nor its sockets. Start processes with the `spawn` method, or fork them "
            "before `dist.init()`."
        )

    def close(self, timeout_s: float) -> bool:
        """Refuse further calls; let those under way end, or else abort them.

        Returns:
            Whether no call is using the transport any more. False also if it was closed
            before: then somebody else has seen to it.
        """
        if self.is_closed:
            return False
        self.is_closed = True
        if self._engine is None or not self._engine.close(timeout_s / 2):
            self._watch.cancel()
        is_idle = self._engine is None or self._engine.close(timeout_s / 2)
        if is_idle and self._lock.acquire(timeout=timeout_s):
            self._lock.release()
            return True
        return False

    def _require_no_failure(self) -> None:
        if self._failure is not None:
            text = (
                f"group {self.name!r} cannot be used any more, because {self._reason}: "
                f"{self._failure}"
            )
            if isinstance(self._failure, CollectiveError):
                raise type(self._failure)(
                    text, rank=self._failure.rank, peer=self._failure.peer
                ) from self._failure
            raise GroupClosedError(text) from self._failure

    def _submit(
        self,
        request: Request,
        body: Callable[[Call], object],
        timeout: float | None,
        sequence: int | None,
    ) -> Work:
        if self._engine is None:
            self._engine = Engine(f"dist-{self.name}")
        call = self._number(request, timeout, sequence)
        return self._engine.submit(Work(lambda: self._perform(call, body), call.text))

    def _number(
        self, request: Request, timeout: float | None, sequence: int | None
    ) -> Call:
        self.require_usable()
        if sequence is None:
            sequence = self._sequence = self._sequence + 1
        limit_s = self._timeout_s if timeout is None else timeout
        return Call(request, self.name, sequence, user_site(), limit_s)

    def _perform(self, call: Call, body: Callable[[Call], Result]) -> Result:
        self._require_no_failure()
        try:
            if self._before_call is not None:
                self._before_call(call)
            self._watch.begin(call)
            result = body(call)
        except BaseException as error:
            self._failure = error
            raise
        finally:
            self._watch.end()
        self.ledger.enter(call)
        return result
