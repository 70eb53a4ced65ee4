"""Collectives between the processes of one host: everybody reads everybody's memory.

Each rank owns a *slab* (twice, for even and odd steps). An array is cut into chunks,
one per rank, and the chunks into *pieces*, so that a piece of each fits the slab.
A step of an all-reduce:

    stage    copy this step's piece of the other ranks' chunks into the own slab; arrive
    reduce   when all have arrived: add up the piece of the own chunk from all slabs, in
             blocks that stay in the cache; leave the result in the own slab; done
    gather   when all are done: copy the other chunks' results from their owners' slabs

The next step is staged before waiting for the last phase of this one. Two slabs suffice
because a rank that arrives at step t + 1 has read all that it needs of step t. Arrays
that lie in shared memory themselves (`Group.empty`) are neither staged nor gathered:
each rank writes its results straight into everybody's array.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dist.flags import ARRIVED, DONE, LINE_BYTES, TEXT_BYTES, Flags
from dist.reductions import SMALLEST_CHUNK_BYTES, chunks, reduce_in_order
from dist.shared_arrays import SharedArrays
from dist.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dist.call import Call
    from dist.reductions import Array, Reduction
    from dist.segment import Segment
    from dist.watch import Watch

# Two slabs and the rank's own piece should stay in its second-level cache.
SLAB_BYTES = 1024 * 1024
BLOCK_BYTES = 128 * 1024
# Up to this, one wait is worth more than the additions that others do as well; where
# ranks share processors, a wait costs as much as 2 MiB of additions.
SMALL_BYTES = 64 * 1024
SMALL_TOTAL_BYTES = 2 * 1024 * 1024
PAGE_BYTES = 4096


def segment_bytes(size: int) -> int:
    """How much memory a group of `size` ranks on one host shares."""
    return _flag_bytes(size) + 2 * size * SLAB_BYTES


class SharedMemoryTransport(Transport):
    """Ranks on one host that map the same memory.

    Args:
        segment: the memory, `segment_bytes(size)` of it.
        rank, size: this rank, and how many share the memory.
        watch: judges the waits.
        letters: what carries `send` and `receive`.
        share: makes another segment for `Group.empty` (key, bytes).
        processors: how many the ranks have between them; the same on all ranks.
    """

    name = "shm"

    def __init__(  # noqa: PLR0913 - the parts that it joins
        self,
        segment: Segment,
        rank: int,
        size: int,
        watch: Watch,
        letters: Transport,
        share: Callable[[str, int], Segment],
        processors: int,
    ) -> None:
        super().__init__(rank, size)
        self._watch = watch
        self._letters = letters
        is_crowded = size > processors
        self._flags = Flags(segment, rank, size, watch, spins=not is_crowded)
        self._shared = SharedArrays(rank, size, share)
        start = _flag_bytes(size)
        self._slabs = [
            [
                segment.array(
                    start + (2 * owner + parity) * SLAB_BYTES, SLAB_BYTES, _BYTE
                )
                for owner in range(size)
            ]
            for parity in (0, 1)
        ]
        self._small_bytes = SMALL_BYTES
        if is_crowded:
            self._small_bytes = max(SMALL_BYTES, SMALL_TOTAL_BYTES // size)
            self._small_bytes = min(self._small_bytes, SLAB_BYTES)
        self._views: dict[tuple[int, np.dtype[Any]], list[Array]] = {}
        self._step = 0

    def all_reduce(self, call: Call, array: Array, reduction: Reduction) -> None:
        """Combine `array` over all ranks, in place."""
        if array.nbytes <= self._small_bytes:
            self._all_reduce_small(call, array, reduction)
            return
        if self._shared.allocated:  # as often on all ranks: `empty` is a collective
            storage = self._shared.find(array)
            if self._all_storage_is(call, storage):
                self._all_reduce_in_place(call, array, storage, reduction)
                return
        # Two ranks move as many bytes this way as through steps, with one wait.
        if self.size == 2 and array.nbytes <= SLAB_BYTES:
            self._all_reduce_small(call, array, reduction)
            return
        self._all_reduce_staged(call, array, reduction)

    def reduce_scatter(
        self, call: Call, parts: Array, out: Array, reduction: Reduction
    ) -> None:
        """Combine row r of `parts` into rank r's `out`, starting at rank r + 1."""
        width = self._room(parts.dtype) // self.size
        for piece in _pieces(len(out), width):
            slabs = self._stage_rows(parts, range(self.size), piece, width)
            self._arrive(call)
            mine = slice(self.rank * width, self.rank * width + _length(piece))
            rows = [slab[mine] for slab in slabs]
            first = (self.rank + 1) % self.size
            for block in _blocks(_length(piece), parts.itemsize):
                target = out[piece][block]
                columns = [row[block] for row in rows]
                reduce_in_order(columns, first, reduction, target)

    def all_gather(self, call: Call, array: Array, out: Array) -> None:
        """Put the `array` of rank r into row r of `out`."""
        room = self._room(array.dtype)
        for piece in _pieces(len(array), room):
            slabs = self._slabs_of_next_step(array.dtype)
            slabs[self.rank][: _length(piece)] = array[piece]
            self._arrive(call)
            for rank, slab in enumerate(slabs):
                out[rank, piece] = slab[: _length(piece)]

    def broadcast(self, call: Call, array: Array, root: int) -> None:
        """Copy from the slab of `root`."""
        room = self._room(array.dtype)
        for piece in _pieces(len(array), room):
            slabs = self._slabs_of_next_step(array.dtype)
            if self.rank == root:
                slabs[root][: _length(piece)] = array[piece]
            self._arrive(call)
            if self.rank != root:
                array[piece] = slabs[root][: _length(piece)]

    def exchange(
        self,
        call: Call,
        outgoing: Sequence[Array | None],
        incoming: Sequence[Array | None],
    ) -> None:
        """Copy from each rank's slab what it has put there for this one."""
        like = next(item for item in (*outgoing, *incoming) if item is not None)
        width = self._room(like.dtype) // self.size
        for piece in _pieces(len(like), width):
            slabs = self._slabs_of_next_step(like.dtype)
            for rank, item in enumerate(outgoing):
                if item is not None:
                    place = slice(rank * width, rank * width + _length(piece))
                    slabs[self.rank][place] = item[piece]
            self._arrive(call)
            mine = slice(self.rank * width, self.rank * width + _length(piece))
            for rank, target in enumerate(incoming):
                if target is not None:
                    target[piece] = slabs[rank][mine]

    def barrier(self, call: Call) -> None:
        """Return when all ranks have called."""
        self._arrive(call)

    def send(self, call: Call, array: Array, peer: int) -> None:
        """Send `array` to `peer`."""
        self._letters.send(call, array, peer)

    def receive(self, call: Call, array: Array, peer: int) -> None:
        """Fill `array` with what `peer` sends."""
        self._letters.receive(call, array, peer)

    def allocate(self, call: Call, count: int, dtype: np.dtype[Any]) -> Array:
        """An array in memory that all ranks map."""
        self._arrive(call)
        return self._shared.allocate(f"empty/{call.sequence}", count, dtype)

    def close(self, linger_s: float = 0.0) -> None:
        """Let go of the memory; the system frees it when all ranks have."""
        self._letters.close(linger_s)
        self._flags.release()
        self._slabs = []
        self._views.clear()

    def _all_reduce_small(self, call: Call, array: Array, reduction: Reduction) -> None:
        """Every rank adds up everything: one wait instead of two."""
        length = len(array)
        slabs = self._slabs_of_next_step(array.dtype)
        slabs[self.rank][:length] = array
        self._arrive(call)
        rows = [slab[:length] for slab in slabs]
        if self.size == 2:
            rows[self.rank] = array  # it is nearer than the slab
        is_one_chunk = array.nbytes <= SMALLEST_CHUNK_BYTES
        if is_one_chunk or (self.size == 2 and reduction.is_symmetric):
            reduce_in_order(rows, 0, reduction, array)
            return
        for first, part in enumerate(chunks(length, array.itemsize, self.size)):
            if part.start == length:
                return
            columns = [row[part] for row in rows]
            reduce_in_order(columns, first, reduction, array[part])

    def _all_reduce_staged(
        self, call: Call, array: Array, reduction: Reduction
    ) -> None:
        parts = chunks(len(array), array.itemsize, self.size)
        rows = [array[part] for part in parts]
        width = self._room(array.dtype) // self.size
        others = [rank for rank in range(self.size) if rank != self.rank]
        pieces = _pieces(len(rows[0]), width)
        slabs = self._stage_rows(rows, others, pieces[0], width)
        self._announce(call)
        for number, piece in enumerate(pieces):
            step = self._step
            self._wait_for_arrivals(call)
            self._reduce_piece(slabs, rows[self.rank][piece], width, reduction)
            self._flags.finish(step)
            reduced = slabs
            if number + 1 < len(pieces):
                slabs = self._stage_rows(rows, others, pieces[number + 1], width)
                self._announce(call)
            self._flags.wait(call, DONE, step)
            for owner in others:
                target = rows[owner][piece]
                start = owner * width
                target[...] = reduced[owner][start : start + len(target)]

    def _reduce_piece(
        self, slabs: list[Array], own: Array, width: int, reduction: Reduction
    ) -> None:
        """Add up the own chunk's piece, into the own array and the own slab."""
        start = self.rank * width
        rows = [slab[start : start + len(own)] for slab in slabs]
        result = rows[self.rank]
        rows[self.rank] = own
        for block in _blocks(len(own), own.itemsize):
            columns = [row[block] for row in rows]
            reduce_in_order(columns, self.rank, reduction, own[block])
            result[block] = own[block]

    def _all_reduce_in_place(
        self, call: Call, array: Array, storage: int, reduction: Reduction
    ) -> None:
        """All arrays lie in shared memory: read them all, write them all."""
        arrays = self._shared.views(storage, array)
        part = chunks(len(array), array.itemsize, self.size)[self.rank]
        rows = [other[part] for other in arrays]
        own = rows[self.rank]
        for block in _blocks(len(own), own.itemsize):
            columns = [row[block] for row in rows]
            reduce_in_order(columns, self.rank, reduction, own[block])
            for row in rows:
                if row is not own:
                    row[block] = own[block]
        self._flags.finish(self._step)
        self._flags.wait(call, DONE, self._step)

    def _all_storage_is(self, call: Call, storage: int) -> bool:
        """Arrive, and see whether all arrays lie at the same place of shared memory."""
        self._announce(call, storage)
        self._wait_for_arrivals(call)
        return storage > 0 and all(
            self._flags.storage(rank, self._step) == storage
            for rank in range(self.size)
        )

    def _stage_rows(
        self,
        rows: Sequence[Array] | Array,
        which: Sequence[int] | range,
        piece: slice,
        width: int,
    ) -> list[Array]:
        """Copy a piece of some rows into the own slab, each to its own place."""
        slabs = self._slabs_of_next_step(rows[0].dtype)
        own = slabs[self.rank]
        for rank in which:
            part = rows[rank][piece]
            own[rank * width : rank * width + len(part)] = part
        return slabs

    def _slabs_of_next_step(self, dtype: np.dtype[Any]) -> list[Array]:
        key = ((self._step + 1) % 2, dtype)
        slabs = self._views.get(key)
        if slabs is None:
            slabs = [slab.view(dtype) for slab in self._slabs[key[0]]]
            self._views[key] = slabs
        return slabs

    def _room(self, dtype: np.dtype[Any]) -> int:
        return SLAB_BYTES // dtype.itemsize

    def _announce(self, call: Call, storage: int = 0) -> None:
        self._step += 1
        time_ns = int(1e9 * call.arrived_s)
        fingerprint = call.request.fingerprint
        self._flags.arrive(self._step, fingerprint, storage, time_ns)

    def _wait_for_arrivals(self, call: Call) -> None:
        """Wait until all ranks are here, and see that all make the same call."""
        flags, step = self._flags, self._step
        flags.wait(call, ARRIVED, step)
        different, last_rank, last_ns = flags.compare(step, call.request.fingerprint)
        if different is not None:
            flags.describe(call.text, step)
            text = flags.description(different, step)
            self._watch.mismatch(call, different, text)
        call.note_arrival(self._watch.numbers[last_rank], last_ns / 1e9)

    def _arrive(self, call: Call) -> None:
        self._announce(call)
        self._wait_for_arrivals(call)


_BYTE = np.dtype(np.uint8)


def _flag_bytes(size: int) -> int:
    return -(-size * (LINE_BYTES + TEXT_BYTES) // PAGE_BYTES) * PAGE_BYTES


def _pieces(length: int, longest: int) -> list[slice]:
    """Cut `length` elements into pieces; an empty array is one empty piece."""
    return [
        slice(start, min(start + longest, length))
        for start in range(0, max(length, 1), longest)
    ]


def _blocks(length: int, itemsize: int) -> list[slice]:
    return _pieces(length, BLOCK_BYTES // itemsize)


def _length(piece: slice) -> int:
    return int(piece.stop - piece.start)
