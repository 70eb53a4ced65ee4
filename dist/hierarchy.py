"""Several hosts with several ranks each: shared memory inside, a ring between leaders.

The first rank of each host is its *leader*. An all-reduce goes up (each host sums in
shared memory), across (the leaders sum over the hosts) and down (each leader hands the
result to its host), so that only one rank of a host uses the network. Large arrays go
in pieces: while one is on its way across, in a thread of the leader's, the next goes up
and the one before comes down.

The order of summation is fixed: in each piece first inside each host, in the order of
`reductions` over its ranks, then over the hosts in the order of their leaders. Every
rank of a host gets the leader's bits. Personal messages (`exchange`, `send`) take the
direct way.
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from dist.reductions import REDUCTIONS
from dist.transport import Transport
from dist.work import Engine, Work

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dist.call import Call
    from dist.reductions import Array, Reduction
    from dist.watch import Watch

PIECE_BYTES = 8 * 1024 * 1024
# The waits of a thread that goes across ask every 0.1 s whether they are cancelled.
ABORT_LIMIT_S = 2.0


def leader_of_each_host(hosts: Sequence[str]) -> tuple[int, ...]:
    """The first rank on each host, in the order of the hosts' first appearance."""
    return tuple(hosts.index(host) for host in dict.fromkeys(hosts))


class HierarchyTransport(Transport):
    """Two transports that together reach everybody, and a third for letters.

    Args:
        rank: this rank in the group.
        hosts: the host of each rank of the group.
        inside: joins the ranks of this host, in the group's order.
        between: joins the leaders; unused on other ranks.
        letters: joins every rank to every other, for personal messages.
        watch: judges the waits of all three.
    """

    name = "hierarchy"

    def __init__(  # noqa: PLR0913 - the parts that it joins
        self,
        rank: int,
        hosts: Sequence[str],
        inside: Transport,
        between: Transport,
        letters: Transport,
        watch: Watch,
    ) -> None:
        super().__init__(rank, len(hosts))
        self._watch = watch
        self._engine: Engine | None = None
        self._inside = inside
        self._between = between
        self._letters = letters
        self._leaders = leader_of_each_host(hosts)
        self._is_leader = rank in self._leaders
        self._members = [
            [r for r, host in enumerate(hosts) if host == hosts[leader]]
            for leader in self._leaders
        ]
        self._host_of = [self._leaders.index(hosts.index(host)) for host in hosts]

    def all_reduce(self, call: Call, array: Array, reduction: Reduction) -> None:
        """Sum inside the host, between the leaders, and hand the result down."""
        # The mean of means would weigh hosts, not ranks: divide once, at the end.
        combining = REDUCTIONS["sum"] if reduction.divides else reduction

        def across(call: Call, piece: Array) -> None:
            self._between.all_reduce(call, piece, combining)
            reduction.finish(piece, self.size)

        width = PIECE_BYTES // array.itemsize
        if len(array) > width:
            pieces = [array[i : i + width] for i in range(0, len(array), width)]
            self._all_reduce_pieces(call, pieces, combining, across)
            return
        self._inside.all_reduce(call, array, combining)
        if self._is_leader:
            across(call, array)
        self._inside.broadcast(call, array, root=0)

    def reduce_scatter(
        self, call: Call, parts: Array, out: Array, reduction: Reduction
    ) -> None:
        """All-reduce everything and keep the own row."""
        total = parts.copy()
        self.all_reduce(call, total.reshape(-1), reduction)
        out[...] = total[self.rank]

    def all_gather(self, call: Call, array: Array, out: Array) -> None:
        """Up: the host's rows; across: the rows of all hosts; down: everything."""
        largest = max(len(members) for members in self._members)
        inside = np.empty((self._inside.size, len(array)), array.dtype)
        self._inside.all_gather(call, array, inside)
        if self._is_leader:
            block = np.zeros((largest, len(array)), array.dtype)
            block[: len(inside)] = inside
            blocks = np.empty((len(self._leaders), block.size), array.dtype)
            self._between.all_gather(call, block.reshape(-1), blocks)
            for members, rows in zip(self._members, blocks, strict=True):
                out[members] = rows.reshape(largest, -1)[: len(members)]
        self._inside.broadcast(call, out.reshape(-1), root=0)

    def broadcast(self, call: Call, array: Array, root: int) -> None:
        """From the root to its host, from there to the other leaders, and down."""
        host = self._host_of[root]
        if self.rank in self._members[host]:
            self._inside.broadcast(call, array, self._members[host].index(root))
        if self._is_leader:
            self._between.broadcast(call, array, host)
        if self.rank not in self._members[host]:
            self._inside.broadcast(call, array, root=0)

    def exchange(
        self,
        call: Call,
        outgoing: Sequence[Array | None],
        incoming: Sequence[Array | None],
    ) -> None:
        """Each pair directly."""
        self._letters.exchange(call, outgoing, incoming)

    def barrier(self, call: Call) -> None:
        """All of the host, all hosts, and all of the host again."""
        self._inside.barrier(call)
        if self._is_leader:
            self._between.barrier(call)
        self._inside.barrier(call)

    def send(self, call: Call, array: Array, peer: int) -> None:
        """Send `array` to `peer`."""
        self._letters.send(call, array, peer)

    def receive(self, call: Call, array: Array, peer: int) -> None:
        """Fill `array` with what `peer` sends."""
        self._letters.receive(call, array, peer)

    def close(self, linger_s: float = 0.0) -> None:
        """Close all three."""
        if self._engine is not None:
            self._engine.close(ABORT_LIMIT_S)
        for part in (self._inside, self._between, self._letters):
            part.close(linger_s)

    def _all_reduce_pieces(
        self,
        call: Call,
        pieces: Sequence[Array],
        combining: Reduction,
        across: Callable[[Call, Array], None],
    ) -> None:
        """Let a piece go up while the one before is on its way across."""
        crossing = replace(call)  # books of its own, because it has its own thread
        receipts: list[Work] = []
        blocked_s = 0.0
        try:
            for number in range(len(pieces) + 1):
                if number < len(pieces):
                    piece = pieces[number]
                    self._inside.all_reduce(call, piece, combining)
                    if self._is_leader:
                        receipts.append(self._start(partial(across, crossing, piece)))
                if number > 0:
                    if self._is_leader:
                        started_s = time.perf_counter()
                        receipts[number - 1].wait()
                        blocked_s += time.perf_counter() - started_s
                    self._inside.broadcast(call, pieces[number - 1], root=0)
        except BaseException:
            # The sockets may be closed only when nobody uses them any more.
            self._watch.cancel()
            if self._engine is not None:
                self._engine.close(ABORT_LIMIT_S)
            raise
        call.waited_s += min(blocked_s, crossing.waited_s)
        call.note_arrival(crossing.last_rank, crossing.last_s)

    def _start(self, crossing: Callable[[], None]) -> Work:
        """Have a piece go across in the background, behind those before it."""
        if self._engine is None:
            self._engine = Engine("dist-across")
        return self._engine.submit(Work(crossing, "the way between the hosts"))
