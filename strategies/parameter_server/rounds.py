"""Which closures may run now: the consistency models as pure rules.

asynchronous   any closure may run at any time
bounded        a closure may begin when no more than `staleness` closures that were
               scheduled before it have not ended: it misses so many updates at most
synchronous    closures run in rounds of one for each worker; all of a round see the
               same variables, and their averaged gradients are applied when the
               round is complete
"""

from __future__ import annotations

from dataclasses import dataclass, field

MODES = ("asynchronous", "bounded", "synchronous")


@dataclass
class Rounds:
    """What has been begun and ended, and what follows from it.

    Attributes:
        mode: One of `MODES`.
        staleness: The bound, for "bounded".
        size: How many closures make a round, for "synchronous".
    """

    mode: str = "asynchronous"
    staleness: int = 0
    size: int = 1
    _unfinished: set[int] = field(default_factory=set)
    _round: list[int] = field(default_factory=list)

    @property
    def is_synchronous(self) -> bool:
        """Whether gradients are kept apart until a round is closed."""
        return self.mode == "synchronous"

    @property
    def is_open(self) -> bool:
        """Whether gradients wait for their round to be closed."""
        return bool(self._round)

    def may_begin(self, number: int) -> bool:
        """Return whether closure `number`, the next in order, may be sent now."""
        if self.mode == "bounded":
            earlier = [n for n in self._unfinished if n < number]
            return len(earlier) <= self.staleness
        if self.mode == "synchronous":
            return number in self._round or len(self._round) < self.size
        return True

    def begin(self, number: int) -> None:
        """Note that a closure was sent."""
        if self.mode == "asynchronous":
            return
        self._unfinished.add(number)
        if self.is_synchronous and number not in self._round:
            self._round.append(number)

    def end(self, number: int) -> None:
        """Note that a closure has ended."""
        self._unfinished.discard(number)

    def drop(self, number: int) -> None:
        """Note that a closure failed: its round goes on without it."""
        self._unfinished.discard(number)
        if number in self._round:
            self._round.remove(number)

    def complete_round(self, *, is_hurried: bool) -> list[int]:
        """Return the closures of a round that can be closed, none if there is none.

        Args:
            is_hurried: Somebody waits, and no closure is left that could join.
        """
        if not self._round or self._unfinished:
            return []
        if len(self._round) < self.size and not is_hurried:
            return []
        closed, self._round = sorted(self._round), []
        return closed
