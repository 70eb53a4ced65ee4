"""What every wait asks while it waits: is this still worth it?

A transport that waits for a peer calls `Watch.check` at least every `CHECK_INTERVAL_S`.
It raises when a rank of the group was lost, when any rank reported a failure, and when
the deadline has passed; it names a late rank on stderr before that. So the rule "no
wait without a deadline, no error without a name" stands in one place.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Any, NoReturn

from dist.errors import (
    CollectiveError,
    CollectiveMismatchError,
    CollectiveTimeoutError,
    GroupClosedError,
    WorkerLostError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dist.call import Call
    from dist.control import ControlChannel

CHECK_INTERVAL_S = 0.1
# What a peer sent before its end may still be on its way: let it arrive first.
LOST_GRACE_S = 0.2
LEFT_GRACE_S = 0.5
# Beats come four times a second, unless the process is stopped or its host overloaded.
SILENCE_LIMIT_S = 2.0

_ERRORS: dict[str, type[CollectiveError]] = {
    "lost": WorkerLostError,
    "mismatch": CollectiveMismatchError,
    "timeout": CollectiveTimeoutError,
}


class Watch:
    """Judges the waits of one group's calls.

    Args:
        control: the line to the rendezvous; None inside one process.
        rank: this rank, as the group numbers it.
        world_ranks: the number in the job of each rank of the group.
        stall_warn_s: when to name a late rank on stderr; 0 = never.
        numbers: the group's number of each rank that the transport numbers, if it
            joins only some of them. All arguments are the transport's numbers.
    """

    def __init__(
        self,
        control: ControlChannel | None,
        rank: int,
        world_ranks: tuple[int, ...],
        stall_warn_s: float = 30.0,
        numbers: tuple[int, ...] | None = None,
    ) -> None:
        self._control = control
        self._rank = rank
        self._world_ranks = world_ranks
        self.numbers = tuple(range(len(world_ranks))) if numbers is None else numbers
        self._stall_warn_s = stall_warn_s
        self._noticed_s: dict[int, float] = {}
        self._cancelled = threading.Event()

    def among(self, ranks: tuple[int, ...]) -> Watch:
        """The same watch for a transport that joins only these ranks of the group."""
        watch = Watch(
            self._control, self._rank, self._world_ranks, self._stall_warn_s, ranks
        )
        watch._cancelled = self._cancelled
        return watch

    def cancel(self) -> None:
        """Let every wait end soon, because the group is being closed."""
        self._cancelled.set()

    def begin(self, call: Call) -> None:
        """A call starts: what it is shows up in the other ranks' stall reports."""
        call.last_rank = self._rank
        call.arrived_s = time.perf_counter()
        if self._control is not None:
            call.arrived_s += self._control.clock_offset_s
            self._control.busy_with = call
        call.last_s = call.arrived_s

    def end(self) -> None:
        """The call is over."""
        if self._control is not None:
            self._control.busy_with = None

    def check(self, call: Call, awaited: Iterable[int]) -> None:
        """Raise if waiting for the `awaited` ranks (group numbers) is pointless."""
        if self._cancelled.is_set():
            raise GroupClosedError(f"{call.text}: the group was closed meanwhile.")
        awaited = [self.numbers[peer] for peer in awaited]
        control = self._control
        if control is not None:
            self._raise_if_failed(control, call)
            self._raise_if_lost(control, call, awaited)
            if 0 < self._stall_warn_s <= call.elapsed_s / (call.warnings + 1):
                self._warn(control, call, awaited)
        if call.elapsed_s > call.timeout_s:
            self._time_out(call, awaited)

    def mismatch(self, call: Call, peer: int, peer_text: str) -> NoReturn:
        """Raise on every rank that `peer` asked for something else than this rank."""
        number = self.numbers[peer]
        self._fail(
            "mismatch",
            call,
            number,
            f"the ranks of group {call.group!r} disagree: rank {self._rank} called "
            f"{call.text}, rank {number} called {peer_text}. All ranks must make the "
            "same calls in the same order, with equal shapes and dtypes.",
        )

    def lost(self, call: Call, peer: int, cause: str) -> NoReturn:
        """Raise on every rank that `peer` is gone, as a transport has found out."""
        number = self.numbers[peer]
        self._fail(
            "lost",
            call,
            number,
            f"{call.text}: rank {number} was lost after rank {self._rank} had waited "
            f"{call.elapsed_s:.1f} s: {cause}. See that rank's own output first.",
        )

    def garbled(self, call: Call, peer: int, what: str) -> NoReturn:
        """Raise on every rank that what `peer` sent is not what the call needs."""
        number = self.numbers[peer]
        self._fail(
            "mismatch",
            call,
            number,
            f"{call.text}: rank {number} sent {what} to rank {self._rank} in the same "
            "call. Are all ranks running the same version of this package?",
        )

    def _fail(self, kind: str, call: Call, peer: int | None, text: str) -> NoReturn:
        """Report a failure to all ranks, then raise it here.

        Failures follow from each other within milliseconds. The server takes the first
        for the cause; if that is another one, it is raised here too.
        """
        control = self._control
        if control is not None:
            world_peer = None if peer is None else self._world_ranks[peer]
            failure = {"error": kind, "peer": world_peer, "text": text}
            if control.agree_on_failure(failure)["text"] != text:
                self._raise_if_failed(control, call)
        raise _ERRORS[kind](text, rank=self._rank, peer=peer, elapsed_s=call.elapsed_s)

    def _raise_if_lost(
        self, control: ControlChannel, call: Call, awaited: list[int]
    ) -> None:
        """Raise if a rank of the group is lost; the first to be lost is the cause."""
        for world_rank, cause in list(control.lost.items()):
            if world_rank in self._world_ranks:
                self._raise_after_grace(control, call, world_rank, cause, LOST_GRACE_S)
        for world_rank in list(control.left):
            if world_rank in self._world_ranks:
                peer, cause = self._world_ranks.index(world_rank), "it has left the job"
                if peer in awaited:
                    self._raise_after_grace(
                        control, call, world_rank, cause, LEFT_GRACE_S
                    )

    def _raise_after_grace(
        self,
        control: ControlChannel,
        call: Call,
        world_rank: int,
        cause: str,
        grace_s: float,
    ) -> None:
        now_s = time.monotonic()
        if now_s - self._noticed_s.setdefault(world_rank, now_s) < grace_s:
            return
        peer = self._world_ranks.index(world_rank)
        member = control.members[world_rank]
        self._fail(
            "lost",
            call,
            peer,
            f"{call.text}: rank {peer} (host {member['host']}, process "
            f"{member['pid']}) was lost after rank {self._rank} had waited "
            f"{call.elapsed_s:.1f} s: {cause}. See that rank's own output first.",
        )

    def _raise_if_failed(self, control: ControlChannel, call: Call) -> None:
        failure = control.failure
        if failure is None:
            return
        world_peer = failure.get("peer")
        peer = (
            self._world_ranks.index(world_peer)
            if world_peer in self._world_ranks
            else world_peer
        )
        raise _ERRORS.get(failure["error"], CollectiveError)(
            f"{failure['text']} (rank {self._rank} was in {call.text})",
            rank=self._rank,
            peer=peer,
            elapsed_s=call.elapsed_s,
        )

    def _warn(self, control: ControlChannel, call: Call, awaited: list[int]) -> None:
        """Name the late ranks on stderr; one rank speaks for all that wait."""
        call.warnings += 1
        progress = control.ask_progress()
        if progress.get("should_report"):
            late, _ = self._late(control, call, awaited, progress["ranks"])
            sys.stderr.write(
                f"dist: {call.text}: rank {self._rank} has waited "
                f"{call.elapsed_s:.0f} s for {late}\n"
            )
            sys.stderr.flush()

    def _time_out(self, call: Call, awaited: list[int]) -> NoReturn:
        late, peer = "; ".join(f"rank {peer}" for peer in awaited), awaited[0]
        if self._control is not None:
            known = self._control.ask_progress().get("ranks", {})
            late, peer = self._late(self._control, call, awaited, known)
        self._fail(
            "timeout",
            call,
            peer,
            f"{call.text}: rank {self._rank} waited {call.elapsed_s:.1f} s (limit "
            f"{call.timeout_s:g} s) for {late}. It is stopped, in an endless loop, in "
            "another call or only slow; raise the limit with `timeout=` if it is slow.",
        )

    def _late(
        self,
        control: ControlChannel,
        call: Call,
        awaited: list[int],
        known: dict[str, dict[str, Any]],
    ) -> tuple[str, int]:
        """Describe the ranks that hold the call up, and number the first of them.

        The peer that this rank waits for may itself wait for another, even in an older
        call. To blame are ranks that wait for nobody: that are in no call, or silent;
        then those that are in another call.
        """
        elsewhere, waiting_for_nobody = [], []
        for peer, world_rank in enumerate(self._world_ranks):
            facts = known.get(str(world_rank))
            if facts is None:
                continue
            if not facts["call"] or facts["silent_s"] > SILENCE_LIMIT_S:
                waiting_for_nobody.append(peer)
            if not facts["call"].startswith(call.title):
                elsewhere.append(peer)
        late = waiting_for_nobody or elsewhere or awaited
        described = (
            self._describe(control, peer, known.get(str(self._world_ranks[peer])))
            for peer in late
        )
        return "; ".join(described), late[0]

    def _describe(
        self, control: ControlChannel, peer: int, facts: dict[str, Any] | None
    ) -> str:
        """`rank 2 (host b, process 71), in no collective, last heard of 0.1 s ago`."""
        member = control.members[self._world_ranks[peer]]
        text = f"rank {peer} (host {member['host']}, process {member['pid']})"
        if facts is None:
            return text
        call = facts["call"]
        doing = f"in {call} for {facts['call_s']:.0f} s" if call else "in no collective"
        return f"{text}, {doing}, last heard of {facts['silent_s']:.1f} s ago"
