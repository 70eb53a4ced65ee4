"""Blocks of shared memory through which one process hands large arrays to another.

Whoever asks (a `ServiceClient`) owns the blocks: it lends one out for an array that it
sends, or for one that it expects, and the service on the same host maps it under the
name that comes with the request. A block is lent to one array at a time and returns to
its pool when nobody holds that array any more. What is in a block travels by one copy,
never through a socket. Blocks are anonymous where the system allows it (see `segment`):
they end with the processes that map them.
"""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dist.segment import Segment, SegmentError, SharedMemory, map_shared

if TYPE_CHECKING:
    import numpy as np

    from dist.reductions import Array

# Below this a copy through the socket costs less than the bookkeeping.
LEAST_BYTES = 1 << 16
# What a pool may hold altogether; arrays beyond it go through the socket.
MOST_BYTES = 4 << 30


@dataclass(frozen=True)
class Loan:
    """A block in use: where it is for the other process, and its memory."""

    name: str
    nbytes: int
    segment: Segment


class BlockPool:
    """The blocks of one client, by size."""

    def __init__(self) -> None:
        self._owned: dict[str, SharedMemory] = {}
        self._idle: dict[int, list[Loan]] = {}
        self._total = 0
        # Garbage is collected at any point, also in a thread that holds the lock: the
        # block of an array that goes then comes back.
        self._lock = threading.RLock()
        self._is_closed = False

    def lend(self, nbytes: int) -> Loan | None:
        """Return a block of at least `nbytes`; None if there is no memory for it."""
        size = _size_class(nbytes)
        with self._lock:
            idle = self._idle.get(size)
            if idle:
                return idle.pop()
            if self._is_closed or self._total + size > MOST_BYTES:
                return None
            try:
                owned = SharedMemory(size)
            except SegmentError:
                return None
            self._total += size
            self._owned[owned.name] = owned
            return Loan(owned.name, size, owned.segment)

    def take_back(self, loan: Loan) -> None:
        """Let a block be lent again."""
        with self._lock:
            if not self._is_closed:
                self._idle.setdefault(loan.nbytes, []).append(loan)

    def array_of(
        self, loan: Loan, shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> Array:
        """Return a block's array; the block is taken back when the array is gone."""
        count = 1
        for size in shape:
            count *= size
        flat = loan.segment.array(0, count, dtype)
        weakref.finalize(flat, self.take_back, loan).atexit = False
        return flat.reshape(shape)

    def close(self) -> None:
        """Give everything back; arrays that are still held stay valid."""
        with self._lock:
            self._is_closed = True
            self._idle.clear()
            for owned in self._owned.values():
                owned.close()
            self._owned.clear()


class BlockViews:
    """The blocks of one client as the service on the same host sees them."""

    def __init__(self) -> None:
        self._mapped: dict[str, Segment] = {}

    def close(self) -> None:
        """Unmap all of them."""
        for segment in self._mapped.values():
            segment.close()
        self._mapped.clear()

    def can_map(self, probe: Any) -> bool:
        """Return whether a client's block, `[name, nbytes]`, can be mapped here."""
        try:
            return probe is not None and self[probe[0], probe[1]].nbytes == probe[1]
        except (OSError, ValueError, TypeError):
            return False  # another user, or a container with processes of its own

    def __getitem__(self, place: tuple[str, int]) -> Segment:
        name, nbytes = place
        segment = self._mapped.get(name)
        if segment is None:
            segment = self._mapped[name] = map_shared(name, nbytes)
        return segment


def _size_class(nbytes: int) -> int:
    """Return the size of block for an array: a few sizes only, so that they recur."""
    size = LEAST_BYTES
    while size < nbytes:
        if nbytes <= size + size // 4:
            return size + size // 4
        if nbytes <= size + size // 2:
            return size + size // 2
        size *= 2
    return size
