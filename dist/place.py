"""Where a rank stands among the ranks of its group."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Where a rank stands in a group.

    Attributes:
        world_ranks: the number in the whole job of each rank of the group.
        hosts: the host of each rank of the group.
    """

    rank: int
    world_ranks: tuple[int, ...]
    hosts: tuple[str, ...]

    @property
    def size(self) -> int:
        """How many ranks the group has."""
        return len(self.world_ranks)

    @property
    def local_ranks(self) -> list[int]:
        """The ranks of the group on this rank's host."""
        return [r for r, host in enumerate(self.hosts) if host == self.hosts[self.rank]]

    def among(self, members: list[int]) -> Place:
        """Where this rank stands in a group of some of these ranks."""
        return Place(
            members.index(self.rank),
            tuple(self.world_ranks[rank] for rank in members),
            tuple(self.hosts[rank] for rank in members),
        )
