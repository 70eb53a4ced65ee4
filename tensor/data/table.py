"""Table: the rows of a dataset whose elements can be had by number.

`from_tensor_slices` and `range` are tables; so are parts of tables (`take`, `skip`,
`shard`) and tables side by side (`zip`, `enumerate`). Batches of a table are slices of
arrays, and a shuffle of it is a gather: no element is touched by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.data.elements import row
from tensor.data.stream import State, Stream

if TYPE_CHECKING:
    from tensor.data.elements import Components


class Table:
    """Rows that can be read by number, in any order."""

    size: int

    def row(self, index: int) -> Components:
        """Return one row."""
        raise NotImplementedError(f"{type(self).__name__} must define `row`.")

    def slice(self, start: int, stop: int) -> Components:
        """Return consecutive rows stacked, possibly as views."""
        raise NotImplementedError(f"{type(self).__name__} must define `slice`.")

    def gather(self, indices: np.ndarray) -> Components:
        """Return the rows at `indices`, stacked in that order."""
        raise NotImplementedError(f"{type(self).__name__} must define `gather`.")


class ArrayTable(Table):
    """Arrays cut along their first axis."""

    def __init__(self, arrays: Components, size: int) -> None:
        self.arrays = arrays
        self.size = size

    def row(self, index: int) -> Components:
        return tuple([row(a, index) for a in self.arrays])

    def slice(self, start: int, stop: int) -> Components:
        return tuple([a[start:stop] for a in self.arrays])

    def gather(self, indices: np.ndarray) -> Components:
        return tuple([a.take(indices, axis=0) for a in self.arrays])


class RangeTable(Table):
    """Integers or floats at equal steps; nothing is stored."""

    def __init__(self, start: Any, step: Any, size: int, dtype: np.dtype[Any]) -> None:
        self.start = start
        self.step = step
        self.size = size
        self.dtype = dtype

    def row(self, index: int) -> Components:
        return (self.dtype.type(self.start + index * self.step),)

    def slice(self, start: int, stop: int) -> Components:
        return self.gather(np.arange(start, stop))

    def gather(self, indices: np.ndarray) -> Components:
        return ((self.start + indices * self.step).astype(self.dtype, copy=False),)


class PartOfTable(Table):
    """The rows of another table whose numbers a Python `range` lists."""

    def __init__(self, table: Table, rows: range) -> None:
        self.table = table
        self.rows = rows
        self.size = len(rows)

    def row(self, index: int) -> Components:
        return self.table.row(self.rows[index])

    def slice(self, start: int, stop: int) -> Components:
        part = self.rows[start:stop]
        if part.step == 1:
            return self.table.slice(part.start, part.stop)
        return self.table.gather(np.arange(part.start, part.stop, part.step))

    def gather(self, indices: np.ndarray) -> Components:
        return self.table.gather(self.rows.start + indices * self.rows.step)


class TablesSideBySide(Table):
    """The rows of several tables joined; as long as the shortest."""

    def __init__(self, tables: list[Table]) -> None:
        self.tables = tables
        self.size = min(t.size for t in tables)

    def row(self, index: int) -> Components:
        return tuple([c for t in self.tables for c in t.row(index)])

    def slice(self, start: int, stop: int) -> Components:
        return tuple([c for t in self.tables for c in t.slice(start, stop)])

    def gather(self, indices: np.ndarray) -> Components:
        return tuple([c for t in self.tables for c in t.gather(indices)])


class TableStream(Stream):
    """One pass over a table, first row to last."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.position = 0

    def __next__(self) -> Components:
        position = self.position
        if position >= self.table.size:
            raise StopIteration
        self.position = position + 1
        return self.table.row(position)

    def next_block(self, count: int) -> tuple[int, Components]:
        start = self.position
        stop = min(start + count, self.table.size)
        if start >= stop:
            raise StopIteration
        self.position = stop
        return stop - start, self.table.slice(start, stop)

    def save(self) -> State:
        return {"position": self.position}

    def restore(self, state: State) -> None:
        self.position = state["position"]
