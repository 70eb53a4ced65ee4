"""What a transport must be able to do for a group.

A transport moves contiguous one-dimensional arrays between the ranks of one group. It
checks on the first hop that all ranks make the same call, and it asks the group's
`Watch` whenever it waits. `Group` does everything else: it validates, flattens,
serialises the calls and keeps the books.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dist.call import Call
    from dist.reductions import Array, Reduction


class Transport(ABC):
    """Collectives among `size` ranks, called by all of them in the same order.

    A transport is used by one thread at a time. A failed call leaves it unusable.
    """

    name: ClassVar[str]

    def __init__(self, rank: int, size: int) -> None:
        self.rank = rank
        self.size = size

    @abstractmethod
    def all_reduce(self, call: Call, array: Array, reduction: Reduction) -> None:
        """Combine `array` over all ranks, in place, in the order of `reductions`."""

    @abstractmethod
    def reduce_scatter(
        self, call: Call, parts: Array, out: Array, reduction: Reduction
    ) -> None:
        """Combine row r of `parts` over all ranks into rank r's `out`."""

    @abstractmethod
    def all_gather(self, call: Call, array: Array, out: Array) -> None:
        """Put the `array` of rank r into row r of `out`, on every rank."""

    @abstractmethod
    def broadcast(self, call: Call, array: Array, root: int) -> None:
        """Make `array` on every rank what it is on `root`."""

    @abstractmethod
    def exchange(
        self,
        call: Call,
        outgoing: Sequence[Array | None],
        incoming: Sequence[Array | None],
    ) -> None:
        """Send `outgoing[r]` to rank r and receive `incoming[r]` from it.

        None = nothing; all other items have the same length. A rank's item for itself
        is copied.
        """

    @abstractmethod
    def barrier(self, call: Call) -> None:
        """Return when all ranks have called."""

    @abstractmethod
    def send(self, call: Call, array: Array, peer: int) -> None:
        """Send `array` to `peer`, which calls `receive`; then it may be reused."""

    @abstractmethod
    def receive(self, call: Call, array: Array, peer: int) -> None:
        """Fill `array` with what `peer` sends."""

    def allocate(self, call: Call, count: int, dtype: np.dtype[Any]) -> Array:
        """An array of `count` elements, in shared memory if the transport has it."""
        del call
        return np.empty(count, dtype)

    @abstractmethod
    def close(self, linger_s: float = 0.0) -> None:
        """Give everything back; safe to call twice and after a failure.

        Args:
            linger_s: how long what was sent may still be on its way, in the background.
        """
