"""Arrays of the user that lie in shared memory, and finding them again.

`Group.empty` makes one segment with room for the array of every rank, at the same
offset for each. When such an array, or a part of it, is reduced, `find` recognises it
by its address and gives its *storage*: a number that is equal on all ranks exactly if
they mean the same part of the same array. A segment lives until the last view of this
rank's array is gone.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from dist.reductions import Array
    from dist.segment import Segment

ALIGNMENT_BYTES = 4096
# A storage is the array's number, then the offset in bytes, in one 64-bit word.
_OFFSET_BITS = 44


@dataclass(frozen=True)
class _Entry:
    """One allocation: its segment, and where this rank's part begins and ends."""

    number: int
    segment: Segment
    stride: int
    start: int
    stop: int


class SharedArrays:
    """The arrays that a group has allocated and that are still in use here."""

    def __init__(
        self, rank: int, size: int, share: Callable[[str, int], Segment]
    ) -> None:
        self._rank = rank
        self._size = size
        self._share = share
        self._entries: dict[int, _Entry] = {}
        self.allocated = 0

    def allocate(self, key: str, count: int, dtype: np.dtype[Any]) -> Array:
        """Make an array on every rank, all in one segment."""
        stride = -(-max(count * dtype.itemsize, 1) // ALIGNMENT_BYTES) * ALIGNMENT_BYTES
        segment = self._share(key, self._size * stride)
        array = segment.array(self._rank * stride, count, dtype)
        self.allocated += 1
        start = _address(array)
        self._entries[self.allocated] = _Entry(
            self.allocated, segment, stride, start, start + stride
        )
        weakref.finalize(array, self._entries.pop, self.allocated, None)
        return array

    def find(self, array: Array) -> int:
        """The storage of a contiguous array; 0 if it is in ordinary memory."""
        address = _address(array)
        # A copy: another thread may let go of an array meanwhile.
        for entry in list(self._entries.values()):
            if entry.start <= address < entry.stop:
                return entry.number << _OFFSET_BITS | (address - entry.start)
        return 0

    def views(self, storage: int, like: Array) -> list[Array]:
        """The same part of the array of every rank."""
        entry = self._entries[storage >> _OFFSET_BITS]
        offset = storage & ((1 << _OFFSET_BITS) - 1)
        return [
            entry.segment.array(rank * entry.stride + offset, len(like), like.dtype)
            for rank in range(self._size)
        ]


def _address(array: Array) -> int:
    return int(array.__array_interface__["data"][0])
