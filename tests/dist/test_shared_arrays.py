"""Finding the user's arrays in shared memory, while other threads let go of some."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dist.segment import Segment, SharedMemory
from dist.shared_arrays import SharedArrays


def test_arrays_may_go_while_another_is_looked_for() -> None:
    memories: list[SharedMemory] = []

    def share(_key: str, nbytes: int) -> Segment:
        memories.append(SharedMemory(nbytes))
        return memories[-1].segment

    shared = SharedArrays(0, 1, share)
    held = [shared.allocate("", 10, np.dtype(np.float32)) for _ in range(3)]
    wanted = held[2]

    class LetsGo(int):
        """An address; whoever compares it sees another array go."""

        def __le__(self, other: int) -> bool:
            del held[1:]
            return int(self) <= other

    shared._entries[1] = replace(shared._entries[1], start=LetsGo(1 << 62))
    assert shared.find(wanted) >> 44 == 3
    assert len(shared._entries) == 2
    held.clear()
    for memory in memories:
        memory.close()
