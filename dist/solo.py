"""The group of one: every collective is a copy, or nothing at all.

It is what a script gets that was started without a launcher, so it opens no socket and
starts no thread.
"""

# ruff: noqa: ARG002 - the interface is the other transports'
from __future__ import annotations

from typing import TYPE_CHECKING

from dist.errors import CollectiveError
from dist.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dist.call import Call
    from dist.reductions import Array, Reduction


class SoloTransport(Transport):
    """One rank, alone; most arguments speak of others and do not matter."""

    name = "solo"

    def __init__(self) -> None:
        super().__init__(0, 1)
        self._letters: list[Array] = []

    def all_reduce(self, call: Call, array: Array, reduction: Reduction) -> None:
        """The sum over one rank is what it has."""

    def reduce_scatter(
        self, call: Call, parts: Array, out: Array, reduction: Reduction
    ) -> None:
        """Copy the only row."""
        out[...] = parts[0]

    def all_gather(self, call: Call, array: Array, out: Array) -> None:
        """Copy into the only row."""
        out[0] = array

    def broadcast(self, call: Call, array: Array, root: int) -> None:
        """It already is what it is on the root."""

    def exchange(
        self,
        call: Call,
        outgoing: Sequence[Array | None],
        incoming: Sequence[Array | None],
    ) -> None:
        """Copy the item for ourselves."""
        own, kept = outgoing[0], incoming[0]
        if own is not None and kept is not None:
            kept[...] = own

    def barrier(self, call: Call) -> None:
        """Everybody is here."""

    def send(self, call: Call, array: Array, peer: int) -> None:
        """Keep a copy until `receive`."""
        self._letters.append(array.copy())

    def receive(self, call: Call, array: Array, peer: int) -> None:
        """Take the oldest kept copy."""
        if not self._letters:
            raise CollectiveError(
                f"{call.text}: rank 0 receives from itself what it has not sent. In a "
                "group of one, send first.",
                rank=0,
                peer=0,
            )
        array[...] = self._letters.pop(0)

    def close(self, linger_s: float = 0.0) -> None:
        """Nothing is open."""
