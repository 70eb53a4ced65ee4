"""Collectives between hosts: messages over ZeroMQ, along a ring where it pays.

Large arrays go around the ring in two phases (`schedule`): reduce, then gather. The
transport is driven by what arrives: a segment is added to or stored as soon as it is
here, and passed on at once, so all links are busy without a thread or a window. It is
received without a copy and sent from the array's own memory, which is safe while the
call lasts, because a segment is overwritten only by a value that could not exist had
the neighbour not read it. At the end of a call that sent memory of the array, each rank
therefore waits until its right-hand neighbour has acknowledged everything.

Small arrays are gathered whole in log2(size) rounds and summed by each rank for itself,
in the same order: the number of hops is what costs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dist.frames import Header
from dist.links import ZERO_COPY_BYTES
from dist.reductions import chunks, reduce_in_order
from dist.schedule import doubling_rounds, gather_steps, reduce_steps, segments
from dist.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dist.call import Call
    from dist.links import Links
    from dist.reductions import Array, Reduction
    from dist.watch import Watch

# Up to this traffic per rank, few hops beat few bytes (measured with 2, 3, 4 ranks).
SMALL_TRAFFIC_BYTES = 1024 * 1024
ACKNOWLEDGED = 0xFFFF_FFFF


class RingTransport(Transport):
    """Ranks joined by sockets; works between hosts and inside one."""

    name = "ring"

    def __init__(self, links: Links, rank: int, size: int, watch: Watch) -> None:
        super().__init__(rank, size)
        self._links = links
        self._watch = watch
        self._right = (rank + 1) % size
        self._left = (rank - 1) % size
        self._sent: dict[int, int] = {}
        self._received: dict[int, int] = {}

    def all_reduce(self, call: Call, array: Array, reduction: Reduction) -> None:
        """Combine `array` over all ranks, in place."""
        self._begin()
        parts = chunks(len(array), array.itemsize, self.size)
        if array.nbytes * (self.size - 1) <= SMALL_TRAFFIC_BYTES:
            rows = self._gather_small(call, array)
            for first, part in enumerate(parts):
                columns = [row[part] for row in rows]
                reduce_in_order(columns, first, reduction, array[part])
            return
        pieces = [array[part] for part in parts]
        self._reduce_around(call, pieces, reduction, pass_on_result=True)
        self._gather_around(call, pieces)
        self._settle(call, pieces[0])

    def reduce_scatter(
        self, call: Call, parts: Array, out: Array, reduction: Reduction
    ) -> None:
        """Combine row r of `parts` into rank r's `out`, starting at rank r + 1."""
        self._begin()
        partial = parts.copy()
        pieces = [partial[(chunk - 1) % self.size] for chunk in range(self.size)]
        self._reduce_around(call, pieces, reduction, pass_on_result=False)
        out[...] = partial[self.rank]
        self._settle(call, out)

    def all_gather(self, call: Call, array: Array, out: Array) -> None:
        """Put the `array` of rank r into row r of `out`."""
        self._begin()
        if out.nbytes <= SMALL_TRAFFIC_BYTES:
            out[...] = self._gather_small(call, array)
            return
        out[self.rank] = array
        pieces = [out[(chunk - 1) % self.size] for chunk in range(self.size)]
        for segment in _cut(out[self.rank]):
            self._send(call, self._right, segment)
        self._gather_around(call, pieces)
        self._settle(call, array)

    def broadcast(self, call: Call, array: Array, root: int) -> None:
        """Pass `array` along the ring from `root`, segment by segment."""
        self._begin()
        for segment in segments(slice(0, len(array)), array.itemsize) or [slice(0, 0)]:
            view = array[segment]
            if self.rank != root:
                view[...] = self._receive(call, self._left, view)
            if self._right != root:
                self._send(call, self._right, view)
        if _is_lent(array):
            self._acknowledge(
                call,
                sent_to=None if self._right == root else self._right,
                received_from=None if self.rank == root else self._left,
            )

    def exchange(
        self,
        call: Call,
        outgoing: Sequence[Array | None],
        incoming: Sequence[Array | None],
    ) -> None:
        """Send to and receive from all ranks, each pair directly."""
        self._begin()
        own, kept = outgoing[self.rank], incoming[self.rank]
        if own is not None and kept is not None:
            kept[...] = own
        for distance in range(1, self.size):
            to = (self.rank + distance) % self.size
            source = (self.rank - distance) % self.size
            self._send_whole(call, to, outgoing[to])
            self._receive_whole(call, source, incoming[source])
            self._acknowledge(
                call,
                sent_to=to if _is_lent(outgoing[to]) else None,
                received_from=source if _is_lent(incoming[source]) else None,
            )

    def barrier(self, call: Call) -> None:
        """Hear, in log2(size) rounds, that everybody has called."""
        self._begin()
        nothing = np.empty(0, np.uint8)
        for to, source, _ in doubling_rounds(self.rank, self.size):
            self._send(call, to, nothing)
            self._receive(call, source, nothing)

    def send(self, call: Call, array: Array, peer: int) -> None:
        """Send `array` to `peer`."""
        self._begin()
        self._send_whole(call, peer, array)
        self._acknowledge(call, sent_to=peer if _is_lent(array) else None)

    def receive(self, call: Call, array: Array, peer: int) -> None:
        """Fill `array` with what `peer` sends."""
        self._begin()
        self._receive_whole(call, peer, array)
        self._acknowledge(call, received_from=peer if _is_lent(array) else None)

    def close(self, linger_s: float = 0.0) -> None:
        """Close the sockets."""
        self._links.close(linger_s)

    def _reduce_around(
        self,
        call: Call,
        pieces: Sequence[Array],
        reduction: Reduction,
        *,
        pass_on_result: bool,
    ) -> None:
        """First phase: afterwards piece `rank + 1` is complete on this rank."""
        for segment in _cut(pieces[self.rank]):
            self._send(call, self._right, segment)
        completed_here = (self.rank + 1) % self.size
        for chunk in reduce_steps(self.rank, self.size):
            for segment in _cut(pieces[chunk]):
                partial = self._receive(call, self._left, segment)
                reduction.combine(partial, segment, out=segment)
                if chunk == completed_here:
                    reduction.finish(segment, self.size)
                if chunk != completed_here or pass_on_result:
                    self._send(call, self._right, segment)

    def _gather_around(self, call: Call, pieces: Sequence[Array]) -> None:
        """Second phase: receive the pieces that others completed, and pass them on.

        This rank's own complete piece is already on its way.
        """
        complete_at_right = (self.rank + 2) % self.size
        for chunk in gather_steps(self.rank, self.size):
            for segment in _cut(pieces[chunk]):
                segment[...] = self._receive(call, self._left, segment)
                if chunk != complete_at_right:
                    self._send(call, self._right, segment)

    def _gather_small(self, call: Call, array: Array) -> list[Array]:
        """The arrays of all ranks, in log2(size) rounds."""
        held = np.empty((self.size, len(array)), array.dtype)  # row i: rank + i
        held[0] = array
        for to, source, count in doubling_rounds(self.rank, self.size):
            self._send(call, to, held[:count].reshape(-1))
            distance = (source - self.rank) % self.size
            block = held[distance : distance + count].reshape(-1)
            block[...] = self._receive(call, source, block)
        return [held[(rank - self.rank) % self.size] for rank in range(self.size)]

    def _settle(self, call: Call, longest: Array) -> None:
        """Wait until the neighbour has read what was sent from the array's memory.

        Only if the `longest` of the pieces was: all ranks must decide alike.
        """
        if _is_lent(longest):
            self._acknowledge(call, sent_to=self._right, received_from=self._left)

    def _acknowledge(
        self,
        call: Call,
        *,
        sent_to: int | None = None,
        received_from: int | None = None,
    ) -> None:
        if received_from is not None:
            self._links.send(call, received_from, self._header(call, ACKNOWLEDGED))
        if sent_to is not None:
            header, _ = self._links.receive(call, sent_to)
            self._compare(call, sent_to, header, ACKNOWLEDGED)

    def _send_whole(self, call: Call, peer: int, array: Array | None) -> None:
        if array is not None:
            for segment in _cut(array) or [array]:
                self._send(call, peer, segment)

    def _receive_whole(self, call: Call, peer: int, array: Array | None) -> None:
        if array is not None:
            for segment in _cut(array) or [array]:
                segment[...] = self._receive(call, peer, segment)

    def _begin(self) -> None:
        self._sent.clear()
        self._received.clear()

    def _send(self, call: Call, peer: int, payload: Array) -> None:
        piece = self._sent.get(peer, 0)
        self._sent[peer] = piece + 1
        self._links.send(call, peer, self._header(call, piece), payload)

    def _receive(self, call: Call, peer: int, like: Array) -> Array:
        """The next piece from `peer`, as an array of `like`'s dtype and length."""
        piece = self._received.get(peer, 0)
        self._received[peer] = piece + 1
        header, payload = self._links.receive(call, peer)
        self._compare(call, peer, header, piece)
        if payload.nbytes != like.nbytes:
            what = f"{payload.nbytes} bytes as piece {piece} instead of {like.nbytes}"
            self._watch.garbled(call, peer, what)
        return np.frombuffer(payload, like.dtype) if payload.nbytes else like

    def _header(self, call: Call, piece: int) -> Header:
        return Header(
            source=self.rank,
            sequence=call.sequence,
            fingerprint=call.request.fingerprint,
            piece=piece,
            last_rank=call.last_rank,
            last_s=call.last_s,
            is_letter=call.request.is_letter,
            text=call.text if piece == 0 else "",
        )

    def _compare(self, call: Call, peer: int, header: Header, piece: int) -> None:
        """Raise unless a message belongs to this call and is its next piece."""
        same_call = (
            header.sequence == call.sequence
            and header.fingerprint == call.request.fingerprint
        )
        if not same_call or header.piece != piece:
            text = header.text or f"another call (#{header.sequence})"
            self._watch.mismatch(call, peer, text)
        call.note_arrival(header.last_rank, header.last_s)


def _cut(array: Array) -> list[Array]:
    return [array[part] for part in segments(slice(0, len(array)), array.itemsize)]


def _is_lent(array: Array | None) -> bool:
    """Whether some segment of it is sent from its own memory."""
    return array is not None and array.nbytes >= ZERO_COPY_BYTES
