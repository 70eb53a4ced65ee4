"""rebatch: batches cut anew, into batches of other sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import nest
from tensor.data.dataset import UNKNOWN, Dataset, Derived, method
from tensor.data.elements import batched
from tensor.data.stream import DerivedStream, State, Stream
from tensor.data.unknown import is_unknown

if TYPE_CHECKING:
    from tensor.data.batch import Batch
    from tensor.data.elements import Components


@method
def rebatch(
    self: Dataset, batch_size: Any, drop_remainder: bool = False, name: Any = None
) -> Dataset:
    """Cut batches anew, into batches of another size.

    Args:
        self: A dataset of batches.
        batch_size: The new size, or a list of sizes to take in turn.
        drop_remainder: Whether to leave out a last batch that is smaller.
        name: Accepted for compatibility.

    Raises:
        ValueError: The elements are no batches.
    """
    specs = nest.flatten(self.element_spec)
    if any(getattr(spec, "shape", None) == () for spec in specs):
        raise ValueError(
            "Invalid `batch_sizes`. Expected dataset with rank of >= 1 but found a "
            "dataset with scalar elements. Fix the issue by adding the `batch` "
            "transformation to the dataset."
        )
    rows: Dataset = self.unbatch()
    if is_unknown(batch_size):
        return Rebatch(rows, batch_size, drop_remainder)
    sizes = np.ravel(batch_size).tolist()
    if len(sizes) > 1:
        return Rebatch(rows, sizes, drop_remainder)
    dataset: Batch = rows.batch(sizes[0], drop_remainder)
    dataset.printed_as = Rebatch.printed_as
    return dataset


class Rebatch(Derived):
    """Groups of consecutive elements, of several sizes in turn."""

    def __init__(self, rows: Dataset, sizes: Any, drop_remainder: bool) -> None:
        sizes = [] if is_unknown(sizes) else np.ravel(sizes).tolist()
        known = sizes[0] if drop_remainder and len(set(sizes)) == 1 else None
        super().__init__(
            rows, nest.map_structure(lambda s: batched(s, known), rows.element_spec)
        )
        self.sizes = sizes
        self.drop_remainder = drop_remainder

    def open(self) -> Stream:
        return RebatchStream(self.source.open(), self.sizes, self.drop_remainder)

    def count(self) -> int:
        size = self.source.count()
        return UNKNOWN if size > 0 else size


class RebatchStream(DerivedStream):
    """Blocks of the source's rows, of several sizes in turn."""

    def __init__(self, source: Stream, sizes: list[int], drop_remainder: bool) -> None:
        super().__init__(source)
        self.sizes = sizes
        self.drop_remainder = drop_remainder
        self.done = 0

    def __next__(self) -> Components:
        size = self.sizes[self.done % len(self.sizes)]
        count, components = self.source.next_block(size)
        if count < size and self.drop_remainder:
            raise StopIteration
        self.done += 1
        return components

    def save(self) -> State:
        return {"source": self.source.save(), "done": self.done}

    def restore(self, state: State) -> None:
        super().restore(state)
        self.done = state["done"]
