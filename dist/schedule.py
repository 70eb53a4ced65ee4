"""Who sends what to whom: the communication patterns as pure functions.

Vocabulary. A *chunk* is one rank's share of an array: there are as many chunks as
ranks, and chunk c starts its way at rank c. A *segment* is a piece of a chunk, small
enough that one is on the wire while another is being added. A *step* passes one chunk
to the right-hand neighbour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SEGMENT_BYTES = 1024 * 1024
LARGEST_SEGMENT_COUNT = 256


def reduce_steps(rank: int, size: int) -> list[int]:
    """The chunks that `rank` receives in the reduce phase, in order.

    It begins by sending its own chunk (number `rank`), adds its contribution to each
    chunk that it receives, and passes it on. The last one is then complete here.
    """
    return [(rank - step) % size for step in range(1, size)]


def gather_steps(rank: int, size: int) -> list[int]:
    """The complete chunks that `rank` receives in the gather phase, in order.

    It begins by sending the chunk that was completed here, number `rank + 1`.
    """
    return [(rank + 1 - step) % size for step in range(1, size)]


def segments(chunk: slice, itemsize: int) -> list[slice]:
    """Cut a chunk into segments; an empty chunk has none."""
    length = chunk.stop - chunk.start
    longest = max(SEGMENT_BYTES // itemsize, -(-length // LARGEST_SEGMENT_COUNT), 1)
    return [
        slice(start, min(start + longest, chunk.stop))
        for start in range(chunk.start, chunk.stop, longest)
    ]


def doubling_rounds(rank: int, size: int) -> Iterator[tuple[int, int, int]]:
    """Gather blocks from all ranks in log2(size) rounds (Bruck's algorithm).

    Yields (send to, receive from, number of blocks): before each round `rank` holds the
    blocks of itself and of the next ranks up to `distance`; it sends the first `count`.
    """
    distance = 1
    while distance < size:
        count = min(distance, size - distance)
        yield (rank - distance) % size, (rank + distance) % size, count
        distance *= 2
