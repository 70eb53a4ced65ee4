"""What the calls of a group have cost: totals, and records for a timeline.

Times are on the job's common clock (the rendezvous server's, see `ControlChannel`), so
the records of different ranks fit together.
"""

from __future__ import annotations

import contextlib
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dist.call import Call

MOST_RECORDS = 20_000  # the latest calls of a group; about 10 MB when full


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the user's program, from start to end."""

    name: str
    start_s: float
    duration_s: float


@dataclass(slots=True)
class Totals:
    """All calls of one name.

    Attributes:
        calls, bytes: how many, and the bytes of this rank's arrays.
        waiting_s: time in which nothing could be done but wait for others.
        moving_s: the rest of the time: copying, sending and adding.
        last_ranks: how often each rank was the last to arrive.
        worst_lag_s: the longest that this rank has been ahead of the last to arrive.
    """

    calls: int = 0
    bytes: int = 0
    waiting_s: float = 0.0
    moving_s: float = 0.0
    last_ranks: dict[int, int] = field(default_factory=dict)
    worst_lag_s: float = 0.0


class Ledger:
    """The books of one group on one rank."""

    def __init__(self) -> None:
        self.totals: dict[str, Totals] = {}
        self.records: deque[Call | Span] = deque(maxlen=MOST_RECORDS)

    def enter(self, call: Call) -> None:
        """Note a call that is over; cheap, because small calls take microseconds."""
        call.duration_s = duration_s = time.perf_counter() - call.started_s
        name = call.request.name
        totals = self.totals.get(name)
        if totals is None:
            totals = self.totals[name] = Totals()
        totals.calls += 1
        totals.bytes += call.request.nbytes
        totals.waiting_s += call.waited_s
        totals.moving_s += duration_s - call.waited_s
        last_ranks = totals.last_ranks
        last_ranks[call.last_rank] = last_ranks.get(call.last_rank, 0) + 1
        if call.lag_s > totals.worst_lag_s:
            totals.worst_lag_s = call.lag_s
        self.records.append(call)

    @contextlib.contextmanager
    def span(self, name: str, clock_offset_s: float) -> Iterator[None]:
        """Record what the caller does inside, beside the calls of the group."""
        started_s = time.perf_counter()
        try:
            yield
        finally:
            ended_s = time.perf_counter()
            start_s = started_s + clock_offset_s
            self.records.append(Span(name, start_s, ended_s - started_s))

    def summary(self) -> dict[str, dict[str, Any]]:
        """The totals as plain values, by the name of the call."""
        return {
            name: {
                "calls": totals.calls,
                "bytes": totals.bytes,
                "waiting_s": totals.waiting_s,
                "moving_s": totals.moving_s,
                "slowest_rank": max(
                    totals.last_ranks, key=totals.last_ranks.__getitem__
                ),
                "slowest_share": max(totals.last_ranks.values()) / totals.calls,
                "worst_lag_s": totals.worst_lag_s,
            }
            for name, totals in self.totals.items()
        }

    def account(self, elapsed_s: float) -> dict[str, Any]:
        """What `launch` is told at the end: times, and who was last how often."""
        totals = self.totals.values()
        last_ranks: dict[int, int] = {}
        for one in totals:
            for rank, count in one.last_ranks.items():
                last_ranks[rank] = last_ranks.get(rank, 0) + count
        waiting_s = sum(one.waiting_s for one in totals)
        return {
            "elapsed_s": elapsed_s,
            "waiting_s": waiting_s,
            "calling_s": waiting_s + sum(one.moving_s for one in totals),
            "last": sorted(last_ranks.items()),
        }
