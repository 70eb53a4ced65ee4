"""Dataset.batch and unbatch: stack consecutive elements, and take stacks apart."""

from __future__ import annotations

from typing import Any

from tensor.core import errors
from tensor.core.tensor_spec import CompositeSpec, TensorSpec
from tensor.data import structure as nest
from tensor.data.dataset import UNKNOWN, Dataset, Derived, method
from tensor.data.elements import Components, batched, row, rows_in, unbatched
from tensor.data.stream import DerivedStream, State, Stream
from tensor.data.unknown import as_count, as_flag, known_size


@method
def batch(
    self: Dataset,
    batch_size: Any,
    drop_remainder: Any = False,
    num_parallel_calls: Any = None,
    deterministic: bool | None = None,
    name: str | None = None,
) -> Dataset:
    """Stack `batch_size` consecutive elements into one.

    Args:
        self: The dataset.
        batch_size: How many elements a batch holds.
        drop_remainder: Whether to leave out a last batch that is smaller.
        num_parallel_calls: Of no effect on the result; stacking is one NumPy call.
        deterministic: Accepted for compatibility.
        name: Accepted for compatibility.

    Raises:
        InvalidArgumentError: `batch_size` is not positive.
    """
    size = as_count(batch_size, "batch_size")
    dataset = Batch(self, size, as_flag(drop_remainder))
    if num_parallel_calls is not None:
        dataset.printed_as = "_ParallelBatchDataset"
    return dataset


@method
def unbatch(self: Dataset, name: str | None = None) -> Dataset:
    """Make each slice along the first axis an element of its own.

    Raises:
        ValueError: A component is a scalar.
    """
    return Unbatch(self)


class Batch(Derived):
    """Consecutive elements, stacked."""

    def __init__(self, source: Dataset, batch_size: int, drop_remainder: bool) -> None:
        if batch_size <= 0:
            raise errors.because(
                errors.InvalidArgumentError,
                f"Batch size must be greater than zero, got {batch_size}. "
                "[Op:BatchDatasetV2]",
            )
        self.batch_size = batch_size
        self.drop_remainder = bool(drop_remainder)
        known = known_size(batch_size) if drop_remainder is True else None
        super().__init__(
            source, nest.map_structure(lambda s: batched(s, known), source.element_spec)
        )

    def open(self) -> Stream:
        if any(isinstance(s, CompositeSpec) for s in nest.flatten(self.element_spec)):
            from tensor.data.ragged import RaggedBatchStream

            return RaggedBatchStream(self.source.open(), self)
        return BatchStream(self.source.open(), self.batch_size, self.drop_remainder)

    def count(self) -> int:
        size = self.source.count()
        if size < 0:
            return size
        if self.drop_remainder:
            return size // self.batch_size
        return -(-size // self.batch_size)


class BatchStream(DerivedStream):
    """Blocks of the source's rows."""

    def __init__(self, source: Stream, size: int, drop_remainder: bool) -> None:
        super().__init__(source)
        self.size = size
        self.drop_remainder = drop_remainder

    def __next__(self) -> Components:
        count, components = self.source.next_block(self.size)
        if count < self.size and self.drop_remainder:
            raise StopIteration
        return components


class Unbatch(Derived):
    """The slices of each element along the first axis."""

    def __init__(self, source: Dataset) -> None:
        specs = nest.flatten(source.element_spec)
        if any(isinstance(s, TensorSpec) and s.dims == () for s in specs):
            raise ValueError(
                "Cannot unbatch an input with scalar components. Its elements are "
                f"{source.element_spec}; every component needs a first dimension."
            )
        firsts = {
            s.dims[0]
            for s in specs
            if isinstance(s, TensorSpec) and s.dims and s.dims[0] is not None
        }
        if len(firsts) > 1:
            one, other, *_ = sorted(firsts)
            raise ValueError(
                "`unbatch()` is only supported for datasets of elements whose "
                "components have a matching leading dimension. Encountered both "
                f"{one} and {other}."
            )
        super().__init__(source, nest.map_structure(unbatched, source.element_spec))
        self.rows = firsts.pop() if firsts else None

    def open(self) -> Stream:
        return UnbatchStream(self.source.open())

    def count(self) -> int:
        size = self.source.count()
        if size < 0:
            return size
        return UNKNOWN if self.rows is None else size * self.rows


class UnbatchStream(DerivedStream):
    """Rows of one element of the source after the other."""

    def __init__(self, source: Stream) -> None:
        super().__init__(source)
        self.stack: Components = ()
        self.position = 0
        self.rows = 0

    def __next__(self) -> Components:
        while self.position >= self.rows:
            self.stack = next(self.source)
            self.position, self.rows = 0, self._count(self.stack)
        element = tuple([row(c, self.position) for c in self.stack])
        self.position += 1
        return element

    def _count(self, stack: Components) -> int:
        counts = [rows_in(c) for c in stack if c is not None]
        if len(set(counts)) > 1:
            raise errors.because(
                errors.InvalidArgumentError,
                "Input element must have the same batch size in each component, got "
                f"{counts}. [Op:UnbatchDataset]",
            )
        return counts[0]

    def save(self) -> State:
        return {
            "source": self.source.save(),
            "stack": list(self.stack),
            "position": self.position,
        }

    def restore(self, state: State) -> None:
        super().restore(state)
        self.stack = tuple(state["stack"])
        self.rows = self._count(self.stack) if self.stack else 0
        self.position = state["position"]
