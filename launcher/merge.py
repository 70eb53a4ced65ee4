"""Lines of several workers in one stream, equal lines once; pure: the clock is passed.

A line waits a moment for its like from other ranks, and then goes out with the ranks
that printed it. Each rank's lines keep their order. A line goes out early when waiting
cannot change it any more: all ranks have printed it, or those that did not are already
past it.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

WINDOW_S = 0.5
# With more lines waiting than this, output is a flood and collapsing it is beside the
# point: the oldest go out at once.
MAX_WAITING = 1_000


@dataclass(frozen=True)
class MergedLine:
    """A line and the ranks that printed it."""

    ranks: tuple[int, ...]
    stream: int
    text: bytes


@dataclass
class _Waiting:
    number: int
    stream: int
    text: bytes
    deadline: float
    ranks: list[int] = field(default_factory=list)


class LineMerger:
    """Collapses equal lines of the given ranks."""

    def __init__(self, ranks: Iterable[int], window_s: float = WINDOW_S) -> None:
        self._active = set(ranks)
        self._window_s = window_s
        self._waiting: deque[_Waiting] = deque()
        self._alike: dict[tuple[int, bytes], deque[_Waiting]] = defaultdict(deque)
        # The number of the latest line that each rank had a part in, by stream.
        self._position: dict[tuple[int, int], int] = defaultdict(lambda: -1)
        self._next_number = 0

    @property
    def deadline(self) -> float | None:
        """When the next line is due to go out; None if none waits."""
        return self._waiting[0].deadline if self._waiting else None

    def add(self, rank: int, stream: int, text: bytes, now: float) -> list[MergedLine]:
        """Take in a line; return the lines that can go out."""
        line = self._find(rank, stream, text)
        if line is None:
            line = _Waiting(self._next_number, stream, text, now + self._window_s)
            self._next_number += 1
            self._waiting.append(line)
            self._alike[stream, text].append(line)
        line.ranks.append(rank)
        self._position[rank, stream] = line.number
        return self.due(now)

    def due(self, now: float) -> list[MergedLine]:
        """Return the lines whose time has come."""
        out = []
        while self._waiting and self._may_go(self._waiting[0], now):
            out.append(self._take())
        return out

    def leave(self, rank: int, now: float) -> list[MergedLine]:
        """Wait no longer for lines of this rank."""
        self._active.discard(rank)
        return self.due(now)

    def flush(self, rank: int | None = None) -> list[MergedLine]:
        """Return everything that waits, or what waits up to a rank's latest line."""
        count = len(self._waiting)
        if rank is not None:
            own = [n for n, line in enumerate(self._waiting, 1) if rank in line.ranks]
            count = own[-1] if own else 0
        return [self._take() for _ in range(count)]

    def _find(self, rank: int, stream: int, text: bytes) -> _Waiting | None:
        """The first equal line behind all that this rank has printed."""
        position = self._position[rank, stream]
        for line in self._alike.get((stream, text), ()):
            if line.number > position:
                return line
        return None

    def _may_go(self, line: _Waiting, now: float) -> bool:
        if now >= line.deadline or len(self._waiting) > MAX_WAITING:
            return True
        return all(
            self._position[rank, line.stream] >= line.number for rank in self._active
        )

    def _take(self) -> MergedLine:
        line = self._waiting.popleft()
        alike = self._alike[line.stream, line.text]
        alike.popleft()
        if not alike:
            del self._alike[line.stream, line.text]
        return MergedLine(tuple(sorted(line.ranks)), line.stream, line.text)


def rank_ranges(ranks: Iterable[int]) -> str:
    """Ranks in short: `0-2,5`."""
    ordered = sorted(ranks)
    parts = []
    start = 0
    for index, rank in enumerate(ordered):
        if index + 1 == len(ordered) or ordered[index + 1] != rank + 1:
            first = ordered[start]
            parts.append(f"{first}-{rank}" if rank > first else f"{rank}")
            start = index + 1
    return ",".join(parts)
