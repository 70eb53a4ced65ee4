"""Stream: one pass over a dataset, element by element or in blocks of rows.

A stream is what happens when a dataset is iterated. It hands out elements as components
(see `elements`), ends with StopIteration, can be asked for many elements *stacked* at
once, and can save where it stands and go on from there.

Blocks are what makes batching quick. `next_block(n)` means exactly "take up to n
elements and stack them"; that is its default, and a stream that can do better (slices
of an array, gathered rows) says how. It is short only at the end of the pass.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Self

from tensor.data.elements import stack

if TYPE_CHECKING:
    from tensor.data.elements import Components

State = dict[str, Any]


class Stream:
    """One pass over a dataset. Not safe for use by several threads at once."""

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Components:
        raise NotImplementedError(f"{type(self).__name__} must define `__next__`.")

    def next_block(self, count: int) -> tuple[int, Components]:
        """Return up to `count` elements stacked, and how many they are.

        Raises:
            StopIteration: There is no element left.
        """
        rows = list(islice(self, count))
        if not rows:
            raise StopIteration
        return len(rows), stack(rows)

    def save(self) -> State:
        """Return where the stream stands: plain numbers, strings, lists and arrays."""
        raise NotImplementedError(f"{type(self).__name__} must define `save`.")

    def restore(self, state: State) -> None:
        """Go on from where the stream stood that returned `state`."""
        raise NotImplementedError(f"{type(self).__name__} must define `restore`.")

    def close(self) -> None:
        """Stop what runs in the background; the stream is not used any more."""


class DerivedStream(Stream):
    """A stream that reads another one, and by itself keeps no state."""

    def __init__(self, source: Stream) -> None:
        self.source = source

    def save(self) -> State:
        return {"source": self.source.save()}

    def restore(self, state: State) -> None:
        self.source.restore(state["source"])

    def close(self) -> None:
        self.source.close()
