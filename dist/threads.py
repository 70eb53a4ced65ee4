"""Collectives between the threads of one process: nobody copies, everybody reads.

Each rank lays its array on a common table, and when all have, each rank combines its
own share of all arrays and writes it into all of them. Ranks wait on a condition
variable, so that waiting costs no processor time and the interpreter stays free for
those who work.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np

from dist.reductions import chunks, reduce_in_order
from dist.transport import Transport
from dist.watch import CHECK_INTERVAL_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dist.call import Call
    from dist.reductions import Array, Reduction
    from dist.watch import Watch


class Table:
    """What the ranks of one group share; made once, given to each."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.changed = threading.Condition()
        self.arrived = [0] * size
        self.calls: list[Call | None] = [None] * size
        self.items: list[Any] = [None] * size
        self.mail: dict[tuple[int, int], deque[tuple[Call, Array]]] = {}
        self.gone: dict[int, str] = {}


class ThreadTransport(Transport):
    """Ranks that are threads of this process."""

    name = "threads"

    def __init__(self, table: Table, rank: int, watch: Watch) -> None:
        super().__init__(rank, table.size)
        self._table = table
        self._watch = watch
        self._meetings = 0

    def all_reduce(self, call: Call, array: Array, reduction: Reduction) -> None:
        """Combine `array` over all ranks, in place."""
        arrays: list[Array] = self._lay_down(call, array)
        part = chunks(len(array), array.itemsize, self.size)[self.rank]
        total = np.empty_like(array[part])
        reduce_in_order([a[part] for a in arrays], self.rank, reduction, total)
        for other in arrays:
            other[part] = total
        self._meet(call)

    def reduce_scatter(
        self, call: Call, parts: Array, out: Array, reduction: Reduction
    ) -> None:
        """Combine row r of `parts` into rank r's `out`, starting at rank r + 1."""
        everybody: list[Array] = self._lay_down(call, parts)
        rows = [others[self.rank] for others in everybody]
        total = np.empty_like(out)
        reduce_in_order(rows, (self.rank + 1) % self.size, reduction, total)
        self._meet(call)
        out[...] = total

    def all_gather(self, call: Call, array: Array, out: Array) -> None:
        """Put the `array` of rank r into row r of `out`."""
        for rank, other in enumerate(self._lay_down(call, array)):
            out[rank] = other
        self._meet(call)

    def broadcast(self, call: Call, array: Array, root: int) -> None:
        """Copy the array of `root`."""
        arrays = self._lay_down(call, array)
        if self.rank != root:
            array[...] = arrays[root]
        self._meet(call)

    def exchange(
        self,
        call: Call,
        outgoing: Sequence[Array | None],
        incoming: Sequence[Array | None],
    ) -> None:
        """Copy what each rank has laid down for this one."""
        everybody = self._lay_down(call, outgoing)
        for rank, place in enumerate(incoming):
            if place is not None:
                place[...] = everybody[rank][self.rank]
        self._meet(call)

    def barrier(self, call: Call) -> None:
        """Return when all ranks have called."""
        self._lay_down(call, None)
        self._meet(call)  # nobody may lay down the next call while others still read

    def objects(self, call: Call, item: bytes) -> list[bytes]:
        """The items that all ranks have laid down."""
        items = list(self._lay_down(call, item))
        self._meet(call)
        return items

    def send(self, call: Call, array: Array, peer: int) -> None:
        """Leave a copy for `peer`."""
        with self._table.changed:
            letters = self._table.mail.setdefault((self.rank, peer), deque())
            letters.append((call, array.copy()))
            self._table.changed.notify_all()

    def receive(self, call: Call, array: Array, peer: int) -> None:
        """Take what `peer` has left for this rank."""
        mail, key = self._table.mail, (peer, self.rank)
        with self._table.changed:
            while not mail.get(key):
                self._wait(call, [peer])
            sent, letter = mail[key].popleft()
        self._compare(call, peer, sent)
        array[...] = letter

    def close(self, linger_s: float = 0.0) -> None:
        """Tell those who still wait for this rank that it will not come."""
        del linger_s  # letters are with the receiver already
        with self._table.changed:
            self._table.gone.setdefault(self.rank, "its thread ended")
            self._table.changed.notify_all()

    def _lay_down(self, call: Call, item: Any) -> list[Any]:
        """Meet all ranks; return what each has brought."""
        table = self._table
        table.items[self.rank] = item
        table.calls[self.rank] = call
        self._meet(call)
        for rank, other in enumerate(table.calls):
            if other is not None:
                self._compare(call, rank, other)
                call.note_arrival(rank, other.arrived_s)
        return table.items[:]

    def _meet(self, call: Call) -> None:
        """Wait until all ranks have come to this meeting."""
        table = self._table
        self._meetings += 1
        with table.changed:
            table.arrived[self.rank] = self._meetings
            if min(table.arrived) >= self._meetings:
                table.changed.notify_all()
            while min(table.arrived) < self._meetings:
                late = [r for r, n in enumerate(table.arrived) if n < self._meetings]
                self._wait(call, late)

    def _wait(self, call: Call, awaited: list[int]) -> None:
        for rank in awaited:
            if rank in self._table.gone:
                self._watch.lost(call, rank, self._table.gone[rank])
        started_s = time.perf_counter()
        if not self._table.changed.wait(CHECK_INTERVAL_S):
            self._watch.check(call, awaited)
        call.waited_s += time.perf_counter() - started_s

    def _compare(self, call: Call, peer: int, other: Call) -> None:
        same = other.request.fingerprint == call.request.fingerprint
        if not same or other.sequence != call.sequence:
            self._watch.mismatch(call, peer, other.text)
