"""rebatch: batches cut anew, into batches of other sizes."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors, nest
from tensor.core.tensor_spec import CompositeSpec, TensorSpec
from tensor.data.dataset import UNKNOWN, Dataset, Derived, method
from tensor.data.elements import batched
from tensor.data.ragged import stack_described
from tensor.data.stream import DerivedStream, State, Stream
from tensor.data.unknown import as_flag, is_unknown

if TYPE_CHECKING:
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
    firsts = {spec.shape[0] for spec in specs if spec.shape.rank}
    whole = firsts.pop() if len(firsts) == 1 else None
    return Rebatch(rows, batch_size, as_flag(drop_remainder), whole)


class Rebatch(Derived):
    """Groups of consecutive elements, of several sizes in turn."""

    def __init__(
        self, rows: Dataset, sizes: Any, drop_remainder: bool, whole: int | None
    ) -> None:
        """Take the dataset of rows.

        Args:
            rows: The rows of the batches.
            sizes: The size of each batch, in turn.
            drop_remainder: Whether to leave out a last batch that is smaller.
            whole: The size of all the batches that the rows come from, if it is known.

        Raises:
            InvalidArgumentError: A size is negative, or none is positive.
        """
        sizes = [] if is_unknown(sizes) else np.ravel(sizes).tolist()
        if sizes and (min(sizes) < 0 or max(sizes) == 0):
            raise errors.invalid(
                "RebatchDatasetV2",
                f"Batch size must be greater than zero, got {sizes}.",
            )
        is_even = drop_remainder is True or (
            whole is not None and len(sizes) == 1 and whole % sizes[0] == 0
        )
        known = sizes[0] if is_even and len(set(sizes)) == 1 else None
        super().__init__(
            rows, nest.map_structure(lambda s: batched(s, known), rows.element_spec)
        )
        self.sizes = sizes
        self.drop_remainder = drop_remainder

    def open(self) -> Stream:
        return RebatchStream(self.source.open(), self)

    def count(self) -> int:
        size = self.source.count()
        return UNKNOWN if size >= 0 else size


def _without_rows(spec: Any) -> Any:
    """Return a batch of no elements, None where that cannot be."""
    if not isinstance(spec, TensorSpec) or spec.dims is None:
        return None
    dims = [size or 0 for size in spec.dims[1:]]
    return np.empty((0, *dims), spec.dtype.numpy_dtype)


class RebatchStream(DerivedStream):
    """Blocks of the source's rows, of several sizes in turn."""

    def __init__(self, source: Stream, dataset: Rebatch) -> None:
        super().__init__(source)
        self.sizes = dataset.sizes
        self.drop_remainder = dataset.drop_remainder
        self.row_specs = nest.flatten(dataset.source.element_spec)
        specs = nest.flatten(dataset.element_spec)
        self.nothing = tuple(map(_without_rows, specs))  # a batch of size 0
        self.done = 0

    def __next__(self) -> Components:
        size = self.sizes[self.done % len(self.sizes)]
        if size == 0:
            components = self.nothing
        else:
            count, components = self._next_rows(size)
            if count < size and self.drop_remainder:
                raise StopIteration
        self.done += 1
        return components

    def _next_rows(self, size: int) -> tuple[int, Components]:
        if not any(isinstance(spec, CompositeSpec) for spec in self.row_specs):
            return self.source.next_block(size)
        rows = list(islice(self.source, size))
        if not rows:
            raise StopIteration
        return len(rows), stack_described(rows, self.row_specs)

    def save(self) -> State:
        return {"source": self.source.save(), "done": self.done}

    def restore(self, state: State) -> None:
        super().restore(state)
        self.done = state["done"]
