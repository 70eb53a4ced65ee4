"""Dataset.cache: the first pass keeps the elements, later passes read what was kept."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from tensor.core.convert import convert
from tensor.core.dtypes import string
from tensor.data.dataset import UNKNOWN, Dataset, Derived, method
from tensor.data.storage import Snapshot
from tensor.data.stream import State, Stream

if TYPE_CHECKING:
    from tensor.data.elements import Components


@method
def cache(self: Dataset, filename: Any = "", name: str | None = None) -> Dataset:
    """Keep the elements of the first complete pass, in memory or in files.

    Args:
        self: The dataset.
        filename: The start of the files' names; memory if empty.
        name: Accepted for compatibility.
    """
    if not isinstance(filename, str | bytes | os.PathLike):
        filename = convert(filename, string).numpy()
    folder = os.fsdecode(filename)
    return Snapshot(self, f"{folder}.cache") if folder else Cache(self)


class Cache(Derived, printed_as="CacheDataset"):
    """The elements, read from the source once."""

    def __init__(self, source: Dataset) -> None:
        super().__init__(source)
        self.kept: list[Components] | None = None

    @property
    def table(self) -> Any:
        return self.source.table

    def open(self) -> Stream:
        if self.table is not None:
            return super().open()
        return CacheStream(self)


class CacheStream(Stream):
    """A pass that fills the cache, or reads it when it is full."""

    def __init__(self, cache: Cache) -> None:
        self.cache = cache
        self.kept: list[Components] = []
        self.position = 0
        self.count = UNKNOWN
        self.source: Stream | None = None
        if cache.kept is None:
            self.count = cache.source.count()
            self.source = cache.source.open()

    def __next__(self) -> Components:
        if self.source is None:
            return self._read()
        try:
            element = next(self.source)
        except StopIteration:
            self.cache.kept = self.kept
            self.source.close()
            self.source = None
            self.position = len(self.kept)
            raise
        self.kept.append(element)
        if len(self.kept) == self.count:
            # Whoever knows how many there are, as Keras does, asks for no more.
            self.cache.kept = self.kept
        return element

    def _read(self) -> Components:
        kept = self.cache.kept or []
        if self.position >= len(kept):
            raise StopIteration
        self.position += 1
        return kept[self.position - 1]

    def save(self) -> State:
        if self.source is None:
            return {"source": None, "position": self.position}
        return {
            "source": self.source.save(),
            "kept": [list(element) for element in self.kept],
        }

    def restore(self, state: State) -> None:
        if state["source"] is None:
            if self.cache.kept is None:
                self._fill()
            self.source, self.position = None, state["position"]
            return
        self.count = self.cache.source.count()
        self.source = self.cache.source.open()
        self.source.restore(state["source"])
        self.kept = [tuple(element) for element in state["kept"]]

    def _fill(self) -> None:
        """Read the source again: the cache itself is not part of a checkpoint."""
        self.cache.kept = list(self.cache.source.open())

    def close(self) -> None:
        if self.source is not None:
            self.source.close()
