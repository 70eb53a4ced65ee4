"""Parts of a dataset by number: take, skip and shard."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from tensor.core import errors
from tensor.data.dataset import INFINITE, Dataset, Derived, method
from tensor.data.stream import DerivedStream, State, Stream
from tensor.data.table import PartOfTable, Table
from tensor.data.unknown import as_count, unknown_in

if TYPE_CHECKING:
    from tensor.data.elements import Components


@method
def take(self: Dataset, count: Any, name: str | None = None) -> Dataset:
    """Keep at most the first `count` elements; all of them for -1."""
    return Take(self, as_count(count, "count"))


@method
def skip(self: Dataset, count: Any, name: str | None = None) -> Dataset:
    """Leave out the first `count` elements; all of them for -1."""
    return Skip(self, as_count(count, "count"))


@method
def shard(self: Dataset, num_shards: Any, index: Any, name: Any = None) -> Dataset:
    """Keep every `num_shards`-th element, from element `index` on.

    Raises:
        InvalidArgumentError: Not `0 <= index < num_shards`.
    """
    shards, own = as_count(num_shards, "num_shards"), as_count(index, "index")
    return Shard(self, shards, own)


class Take(Derived):
    """The first elements."""

    def __init__(self, source: Dataset, limit: int) -> None:
        super().__init__(source)
        self.limit = limit

    @property
    def table(self) -> Table | None:
        table = self.source.table
        if table is None or self.limit < 0:
            return table
        return PartOfTable(table, range(min(self.limit, table.size)))

    def open(self) -> Stream:
        if self.table is not None:
            return super().open()
        return TakeStream(self.source.open(), self.limit)

    def count(self) -> int:
        size = self.source.count()
        if self.limit < 0 or size >= 0:
            return size if self.limit < 0 else min(size, self.limit)
        return self.limit if size == INFINITE else 0 if self.limit == 0 else size


class TakeStream(DerivedStream):
    """The first elements of a stream."""

    def __init__(self, source: Stream, limit: int) -> None:
        super().__init__(source)
        self.limit = limit
        self.taken = 0

    def __next__(self) -> Components:
        if self.taken >= self.limit >= 0:
            raise StopIteration
        element = next(self.source)
        self.taken += 1
        return element

    def next_block(self, count: int) -> tuple[int, Components]:
        if self.limit >= 0:
            count = min(count, self.limit - self.taken)
            if count <= 0:
                raise StopIteration
        size, components = self.source.next_block(count)
        self.taken += size
        return size, components

    def save(self) -> State:
        return {"source": self.source.save(), "taken": self.taken}

    def restore(self, state: State) -> None:
        super().restore(state)
        self.taken = state["taken"]


class Skip(Derived):
    """All but the first elements."""

    def __init__(self, source: Dataset, skipped: int) -> None:
        super().__init__(source)
        self.skipped = skipped

    @property
    def table(self) -> Table | None:
        table = self.source.table
        if table is None:
            return None
        first = table.size if self.skipped < 0 else min(self.skipped, table.size)
        return PartOfTable(table, range(first, table.size))

    def open(self) -> Stream:
        if self.table is not None:
            return super().open()
        return SkipStream(self.source.open(), self.skipped)

    def count(self) -> int:
        size = self.source.count()
        if size < 0:
            return size
        return 0 if self.skipped < 0 else max(0, size - self.skipped)


class SkipStream(DerivedStream):
    """What follows the first elements of a stream."""

    def __init__(self, source: Stream, skipped: int) -> None:
        super().__init__(source)
        self.left_to_skip = skipped

    def _skip(self) -> None:
        if self.left_to_skip < 0:
            raise StopIteration
        for _ in islice(self.source, self.left_to_skip):
            pass
        self.left_to_skip = 0

    def __next__(self) -> Components:
        if self.left_to_skip:
            self._skip()
        return next(self.source)

    def next_block(self, count: int) -> tuple[int, Components]:
        if self.left_to_skip:
            self._skip()
        return self.source.next_block(count)

    def save(self) -> State:
        return {"source": self.source.save(), "left_to_skip": self.left_to_skip}

    def restore(self, state: State) -> None:
        super().restore(state)
        self.left_to_skip = state["left_to_skip"]


class Shard(Derived):
    """Every n-th element."""

    def __init__(self, source: Dataset, num_shards: int, index: int) -> None:
        if num_shards < 1:
            raise errors.because(
                errors.InvalidArgumentError,
                "Number of shards must be greater than zero (currently num_shards = "
                f"{num_shards}). [Op:ShardDataset]",
            )
        if not (0 <= index < num_shards or unknown_in((num_shards, index))):
            raise errors.because(
                errors.InvalidArgumentError,
                f"Index must be between 0 and {num_shards - 1} (currently index = "
                f"{index}). [Op:ShardDataset]",
            )
        super().__init__(source)
        self.num_shards = num_shards
        self.index = index

    @property
    def table(self) -> Table | None:
        table = self.source.table
        if table is None:
            return None
        return PartOfTable(table, range(self.index, table.size, self.num_shards))

    def open(self) -> Stream:
        # Not as a table: see ShardStream on where the source stands.
        return ShardStream(self.source.open(), self.num_shards, self.index)

    def count(self) -> int:
        size = self.source.count()
        if size < 0:
            return size
        return max(0, -(-(size - self.index) // self.num_shards))


class ShardStream(DerivedStream):
    """Every n-th element of a stream.

    The source always stands between groups of `num_shards` elements, at the same place
    for every shard. So what one worker saved, another can restore, and even a job with
    another number of workers goes on without losing or repeating an element.
    """

    def __init__(self, source: Stream, num_shards: int, index: int) -> None:
        super().__init__(source)
        self.num_shards = num_shards
        self.index = index

    def __next__(self) -> Components:
        group = list(islice(self.source, self.num_shards))
        if len(group) <= self.index:
            raise StopIteration
        return group[self.index]

    def next_block(self, count: int) -> tuple[int, Components]:
        size, components = self.source.next_block(count * self.num_shards)
        if size <= self.index:
            raise StopIteration
        own = tuple([c[self.index :: self.num_shards] for c in components])
        return -(-(size - self.index) // self.num_shards), own
