"""Things that go wrong on purpose, for tests of what survives them.

    run_ranks(train, 4, processes=True, fault=kill(rank=2, at=3))

A fault strikes one rank just before its call number `at` (1 is the first one on any
group), or while it starts (`at=0`), or when its function has returned (`at="exit"`).
"""

from __future__ import annotations

import math
import os
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from dist.call import Call
    from dist.group import Group

Kind = Literal["kill", "pause", "delay", "drop"]


class ThreadKilled(BaseException):
    """Ends a rank that is a thread, as SIGKILL ends one that is a process."""


@dataclass(frozen=True)
class Fault:
    """One fault on one rank.

    Attributes:
        kind: what happens.
        rank: to whom.
        at: before which call; 0 = before joining, "exit" = at the end.
        seconds: how long, for `delay`.
    """

    kind: Kind
    rank: int
    at: int | Literal["exit"]
    seconds: float = 0.0

    def strike(self, *, is_process: bool, call: Call | None = None) -> None:
        """Let it happen, here and now."""
        if self.kind == "delay":
            time.sleep(self.seconds)
        elif self.kind == "drop":
            limit_s = math.inf if is_process or call is None else call.timeout_s
            time.sleep(min(limit_s + 1.0, 3600.0))  # `run_ranks` ends a process sooner
            raise ThreadKilled(f"{self.kind} of rank {self.rank}")
        elif not is_process:
            raise ThreadKilled(f"{self.kind} of rank {self.rank}")
        elif self.kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        else:
            os.kill(os.getpid(), signal.SIGSTOP)

    def run(
        self,
        body: Callable[..., Any],
        group: Group,
        arguments: tuple[Any, ...],
        *,
        is_process: bool,
    ) -> Any:
        """Call the body of the rank that is to be struck."""

        def before(call: Call) -> None:
            if call.sequence == self.at:
                self.strike(is_process=is_process, call=call)

        group.calls.intercept(before)
        value = body(group, *arguments)
        if self.at == "exit":
            self.strike(is_process=is_process)
        return value


def kill(rank: int, at: int | Literal["exit"] = 1) -> Fault:
    """`kill -9` a rank (in a thread: end it at once)."""
    return Fault("kill", rank, at)


def pause(rank: int, at: int | Literal["exit"] = 1) -> Fault:
    """SIGSTOP a rank: it lives, but does nothing any more. Needs processes."""
    return Fault("pause", rank, at)


def delay(rank: int, seconds: float, at: int | Literal["exit"] = 1) -> Fault:
    """Let a rank be late."""
    return Fault("delay", rank, at, seconds)


def drop(rank: int, at: int | Literal["exit"] = 1) -> Fault:
    """Let a rank vanish from its calls while its process lives: it never arrives."""
    return Fault("drop", rank, at)
