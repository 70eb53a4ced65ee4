"""Datasets one after another and side by side: repeat, concatenate, zip, enumerate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.data import structure as nest
from tensor.data.dataset import INFINITE, UNKNOWN, Dataset, Derived, method, source
from tensor.data.elements import spec_of_both
from tensor.data.sources import Range
from tensor.data.stream import State, Stream
from tensor.data.table import Table, TablesSideBySide
from tensor.data.unknown import as_count

if TYPE_CHECKING:
    from tensor.data.elements import Components


@method
def repeat(self: Dataset, count: Any = None, name: str | None = None) -> Dataset:
    """Go over the elements `count` times; without end for None or -1."""
    return Repeat(self, -1 if count is None else as_count(count, "count"))


@method
def concatenate(self: Dataset, dataset: Dataset, name: str | None = None) -> Dataset:
    """Continue with the elements of `dataset`.

    Raises:
        TypeError: Its elements have another structure or other dtypes.
    """
    return Concatenate(self, dataset)


@method
def enumerate_(self: Dataset, start: Any = 0, name: str | None = None) -> Dataset:
    """Number the elements: pairs of an int64 and an element."""
    first = as_count(start, "start")
    limit = np.iinfo(np.int64).max
    return Zip((Range(first, limit), self))


@source
def zip_(*args: Any, datasets: Any = None, name: str | None = None) -> Dataset:
    """Pair up the elements of several datasets, up to the end of the shortest.

    Args:
        *args: Datasets, or one (nested) structure of datasets.
        datasets: The structure, by name.
        name: Accepted for compatibility.

    Raises:
        TypeError: Neither or both were given, or something is not a dataset.
    """
    if not args and datasets is None:
        raise TypeError("Must pass at least one dataset to `zip`. Got none.")
    if args and datasets is not None:
        raise TypeError(
            "Both `*args` and `datasets` cannot be set. Write Dataset.zip(a, b), or "
            "Dataset.zip((a, b))."
        )
    if args:
        datasets = args[0] if len(args) == 1 else args
    return Zip(datasets)


class Repeat(Derived):
    """The elements several times over."""

    def __init__(self, source: Dataset, times: int) -> None:
        super().__init__(source)
        self.times = times

    def open(self) -> Stream:
        return RepeatStream(self.source, self.times)

    def count(self) -> int:
        size = self.source.count()
        if self.times < 0:
            return size if size == 0 else INFINITE
        if self.times == 0 or size == 0:
            return 0
        return size * self.times if size > 0 else size


class RepeatStream(Stream):
    """One pass over a dataset after another."""

    def __init__(self, dataset: Dataset, times: int) -> None:
        self.dataset = dataset
        self.times = times
        self.passes_ended = 0
        self.is_empty = True  # whether the present pass has given nothing so far
        self.source: Stream | None = dataset.open() if times else None

    def _end_pass(self, ended: Stream) -> None:
        """Start the next pass, or end with StopIteration after the last one."""
        ended.close()
        self.source = None
        self.passes_ended += 1
        if self.passes_ended == self.times or (self.times < 0 and self.is_empty):
            raise StopIteration
        self.source = self.dataset.open()
        self.is_empty = True

    def __next__(self) -> Components:
        while self.source is not None:
            try:
                element = next(self.source)
            except StopIteration:
                self._end_pass(self.source)
            else:
                self.is_empty = False
                return element
        raise StopIteration

    def next_block(self, count: int) -> tuple[int, Components]:
        blocks: list[Components] = []
        size = 0
        while self.source is not None and size < count:
            try:
                got, block = self.source.next_block(count - size)
            except StopIteration:
                try:
                    self._end_pass(self.source)
                except StopIteration:
                    break
            else:
                self.is_empty = False
                size += got
                blocks.append(block)
        if not blocks:
            raise StopIteration
        return size, blocks[0] if len(blocks) == 1 else _concatenated(blocks)

    def save(self) -> State:
        return {
            "source": None if self.source is None else self.source.save(),
            "passes_ended": self.passes_ended,
            "is_empty": self.is_empty,
        }

    def restore(self, state: State) -> None:
        self.close()
        self.passes_ended, self.is_empty = state["passes_ended"], state["is_empty"]
        self.source = None
        if state["source"] is not None:
            self.source = self.dataset.open()
            self.source.restore(state["source"])

    def close(self) -> None:
        if self.source is not None:
            self.source.close()


def _concatenated(blocks: list[Components]) -> Components:
    """Return blocks joined along their first axis."""
    return tuple([np.concatenate(parts) for parts in zip(*blocks, strict=True)])


class Concatenate(Dataset):
    """The elements of one dataset, then those of another."""

    def __init__(self, first: Dataset, second: Dataset) -> None:
        super().__init__(
            common_spec(first.element_spec, second.element_spec), (first, second)
        )

    def open(self) -> Stream:
        return ConcatenateStream(self.inputs)

    def count(self) -> int:
        sizes = [d.count() for d in self.inputs]
        if INFINITE in sizes:
            return INFINITE
        return UNKNOWN if UNKNOWN in sizes else sum(sizes)


def common_spec(first: Any, second: Any) -> Any:
    """Return the spec that elements of both specs fit."""
    try:
        return spec_of_both(first, second)
    except ValueError:
        raise TypeError(
            f"Incompatible dataset elements: cannot concatenate elements of {second!r} "
            f"to elements of {first!r}. Structure and dtypes must agree."
        ) from None


class ConcatenateStream(Stream):
    """One pass over each of several datasets."""

    def __init__(self, datasets: tuple[Dataset, ...]) -> None:
        self.datasets = datasets
        self.index = 0
        self.source = datasets[0].open()

    def _advance(self) -> bool:
        """Open the next dataset; False after the last one."""
        if self.index + 1 >= len(self.datasets):
            return False
        self.source.close()
        self.index += 1
        self.source = self.datasets[self.index].open()
        return True

    def __next__(self) -> Components:
        while True:
            try:
                return next(self.source)
            except StopIteration:
                if not self._advance():
                    raise

    def save(self) -> State:
        return {"index": self.index, "source": self.source.save()}

    def restore(self, state: State) -> None:
        self.source.close()
        self.index = state["index"]
        self.source = self.datasets[self.index].open()
        self.source.restore(state["source"])

    def close(self) -> None:
        self.source.close()


class Zip(Dataset):
    """Elements of several datasets side by side."""

    def __init__(self, datasets: Any) -> None:
        inputs = nest.flatten(datasets)
        for dataset in inputs:
            if not isinstance(dataset, Dataset):
                raise TypeError(
                    "Invalid input to `zip`. Inputs are expected to be (nested) "
                    "structures of `tf.data.Dataset` objects but encountered object of "
                    f"type {type(dataset)}. `list` is not supported: use a tuple."
                )
        spec = nest.pack(datasets, [d.element_spec for d in inputs])
        super().__init__(spec, tuple(inputs))

    @property
    def table(self) -> Table | None:
        tables = [t for t in (d.table for d in self.inputs) if t is not None]
        return TablesSideBySide(tables) if len(tables) == len(self.inputs) else None

    def open(self) -> Stream:
        if self.table is not None:
            return super().open()
        return ZipStream([d.open() for d in self.inputs])

    def count(self) -> int:
        sizes = [d.count() for d in self.inputs]
        if UNKNOWN in sizes:
            return UNKNOWN
        return min((s for s in sizes if s != INFINITE), default=INFINITE)


class ZipStream(Stream):
    """Several streams in step."""

    def __init__(self, sources: list[Stream]) -> None:
        self.sources = sources

    def __next__(self) -> Components:
        return tuple([c for source in self.sources for c in next(source)])

    def save(self) -> State:
        return {"sources": [s.save() for s in self.sources]}

    def restore(self, state: State) -> None:
        for stream, saved in zip(self.sources, state["sources"], strict=True):
            stream.restore(saved)

    def close(self) -> None:
        for stream in self.sources:
            stream.close()
