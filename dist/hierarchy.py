"""Several hosts with several ranks each: shared memory inside, a ring between leaders.

The first rank of each host is its *leader*. An all-reduce goes up (each host sums in
shared memory), across (the leaders sum over the hosts) and down (each leader hands the
result to its host), in pieces, so that only one rank of a host uses the network. The
order of summation is fixed: first inside each host, in the order of `reductions` over
its ranks, then over the hosts in the order of their leaders. Every rank of a host gets
the leader's bits. Personal messages (`exchange`, `send`) take the direct way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dist.reductions import REDUCTIONS
from dist.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dist.call import Call
    from dist.reductions import Array, Reduction


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
    """

    name = "hierarchy"

    def __init__(
        self,
        rank: int,
        hosts: Sequence[str],
        inside: Transport,
        between: Transport,
        letters: Transport,
    ) -> None:
        super().__init__(rank, len(hosts))
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
        self._inside.all_reduce(call, array, combining)
        if self._is_leader:
            self._between.all_reduce(call, array, combining)
            reduction.finish(array, self.size)
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
        for part in (self._inside, self._between, self._letters):
            part.close(linger_s)
