"""Dataset.shuffle: a buffer from which elements leave at random.

The order is TensorFlow's to the last element for the same seeds. A ring of
`buffer_size` slots is filled; a random one among those in use leaves, the oldest takes
its place, and the next element of the source comes in at the end.

Over a table the ring holds row numbers, and a block of the result is one gather.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.data.dataset import UNKNOWN, Dataset, Derived, method
from tensor.data.random_numbers import RandomNumbers
from tensor.data.seeds import EpochSeeds, seed_pair
from tensor.data.stream import State, Stream
from tensor.data.unknown import as_count

if TYPE_CHECKING:
    from tensor.data.elements import Components
    from tensor.data.table import Table


@method
def shuffle(
    self: Dataset,
    buffer_size: Any,
    seed: Any = None,
    reshuffle_each_iteration: bool | None = None,
    name: str | None = None,
) -> Dataset:
    """Put the elements in random order.

    Args:
        self: The dataset.
        buffer_size: How many elements to choose among; all of them for a perfect
            shuffle.
        seed: With it, and with `tf.random.set_seed`, the order is reproducible.
        reshuffle_each_iteration: Whether each pass has an order of its own; True
            unless given.
        name: Accepted for compatibility.

    Raises:
        InvalidArgumentError: `buffer_size` is not positive.
    """
    size = as_count(buffer_size, "buffer_size")
    return Shuffle(self, size, seed_pair(seed), reshuffle_each_iteration is not False)


class Shuffle(Derived):
    """Elements in random order."""

    def __init__(
        self, source: Dataset, buffer_size: int, seeds: tuple[int, int], reshuffle: bool
    ) -> None:
        if buffer_size <= 0 and buffer_size != UNKNOWN:
            raise errors.invalid(
                "ShuffleDatasetV3",
                "buffer_size must be greater than zero or UNKNOWN_CARDINALITY, got "
                f"{buffer_size}.",
            )
        super().__init__(source)
        self.buffer_size = buffer_size
        self.seeds = EpochSeeds(seeds, reshuffle)

    def open(self) -> Stream:
        table = self.source.table
        if table is None:
            return ShuffleStream(self.source, self.buffer_size, self.seeds)
        size = table.size if self.buffer_size < 0 else self.buffer_size
        return ShuffledTableStream(table, min(size, table.size), self.seeds)


class Ring:
    """Slots of which a random one is emptied and the next one filled."""

    def __init__(self, size: int) -> None:
        self.slots: list[Any] = [None] * size
        self.start = 0
        self.end = 0

    def __len__(self) -> int:
        return self.end - self.start

    def put(self, item: Any) -> None:
        """Fill the next free slot."""
        self.slots[self.end % len(self.slots)] = item
        self.end += 1

    def pop(self, random: int) -> Any:
        """Empty the slot that `random` selects."""
        slots, start = self.slots, self.start
        at = (start + random % (self.end - start)) % len(slots)
        first = start % len(slots)
        item = slots[at]
        slots[at] = slots[first]
        slots[first] = None
        self.start = start + 1
        return item

    def items(self) -> list[Any]:
        """Return what the slots in use hold, oldest first."""
        size = len(self.slots)
        return [self.slots[i % size] for i in range(self.start, self.end)]


class ShuffleStream(Stream):
    """A shuffled pass over elements that come one by one."""

    def __init__(self, dataset: Dataset, size: int, seeds: EpochSeeds) -> None:
        self._dataset = dataset
        self.is_exhausted = False
        self.size = size
        self.ring = Ring(max(size, 1))
        self.epoch_seeds = seeds
        self.random = RandomNumbers(*seeds.next())

    @functools.cached_property
    def source(self) -> Stream:
        """The pass that is shuffled: it begins when the first element is asked for."""
        return self._dataset.open()

    def __next__(self) -> Components:
        ring = self.ring
        while not self.is_exhausted and (self.size < 0 or len(ring) < self.size):
            try:
                element = next(self.source)
            except StopIteration:
                self.is_exhausted = True
                break
            if len(ring) == len(ring.slots):  # an unbounded buffer grows
                ring.slots.extend([None] * len(ring.slots))
            ring.put(element)
        if not len(ring):
            raise StopIteration
        return ring.pop(self.random.next())  # type: ignore[no-any-return]

    def save(self) -> State:
        return {
            "source": self.source.save(),
            "is_exhausted": self.is_exhausted,
            "start": self.ring.start,
            "items": [list(item) for item in self.ring.items()],
            **_save_random(self.random, self.epoch_seeds),
        }

    def restore(self, state: State) -> None:
        self.source.restore(state["source"])
        self.is_exhausted = state["is_exhausted"]
        self.ring = Ring(max(self.size, len(state["items"]), 1))
        self.ring.start = self.ring.end = state["start"]
        for item in state["items"]:
            self.ring.put(tuple(item))
        self.random = _restore_random(state, self.epoch_seeds)

    def close(self) -> None:
        if "source" in vars(self):
            self.source.close()


class ShuffledTableStream(Stream):
    """A shuffled pass over a table: the ring holds the numbers of rows.

    Rows come in by their order, so that what is in the ring follows from how many left
    it, except for where the random swaps put them.
    """

    def __init__(self, table: Table, size: int, seeds: EpochSeeds) -> None:
        self.table = table
        self.size = size
        self.epoch_seeds = seeds
        self.random = RandomNumbers(*seeds.next())
        self.slots = list(range(size))
        self.start = 0

    def __next__(self) -> Components:
        indices = self._draw(1)
        if not indices:
            raise StopIteration
        return self.table.row(indices[0])

    def next_block(self, count: int) -> tuple[int, Components]:
        indices = self._draw(count)
        if not indices:
            raise StopIteration
        return len(indices), self.table.gather(np.array(indices))

    def _draw(self, count: int) -> list[int]:
        """Return the numbers of the next rows: `Ring`'s steps in one tight loop."""
        total, size, slots, start = self.table.size, self.size, self.slots, self.start
        count = min(count, total - start)
        drawn = []
        for random in self.random.take(count):
            first = start % size
            at = (start + random % min(size, total - start)) % size
            drawn.append(slots[at])
            slots[at] = slots[first]
            # The row that comes in next; beyond the last one the slot is never read.
            slots[first] = start + size
            start += 1
        self.start = start
        return drawn

    def save(self) -> State:
        return {
            "start": self.start,
            "slots": np.array(self.slots, np.int64),
            **_save_random(self.random, self.epoch_seeds),
        }

    def restore(self, state: State) -> None:
        self.start = state["start"]
        self.slots = state["slots"].tolist()
        self.random = _restore_random(state, self.epoch_seeds)


def _save_random(random: RandomNumbers, epoch_seeds: EpochSeeds) -> State:
    return {
        "random": [random.seed, random.seed2, random.position],
        "epoch_seeds": epoch_seeds.save(),
    }


def _restore_random(state: State, epoch_seeds: EpochSeeds) -> RandomNumbers:
    epoch_seeds.restore(state["epoch_seeds"])
    seed, seed2, position = state["random"]
    random = RandomNumbers(seed, seed2)
    random.position = position
    return random
