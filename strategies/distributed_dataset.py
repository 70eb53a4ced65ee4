"""Distributed datasets and their iterators: batches split over replicas.

What the parts of a batch are is decided in `input_distribution`; here is how they are
iterated, and how an iterator is saved and goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from strategies.contexts import CrossReplicaContext
from tensor.core import errors, nest
from tensor.core.context import context
from tensor.data.graph_nodes import in_graph, next_element, run_in_graph
from tensor.data.optional import next_as_optional, traced_next_as_optional
from tensor.graph.control.stream import begin
from tensor.io.plain_data import decode, encode
from tensor.train.object_graph import ITERATOR_STATE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from strategies.strategy import Strategy


class DistributedIterator:
    """One pass over a distributed dataset.

    It can be saved in a `tf.train.Checkpoint` and goes on exactly where it stood. Where
    all processes read the same data, any number of them may go on; where each reads
    its part, only as many as saved it, and all of them have to save.

    Attributes:
        element_spec: The spec of the batches of a replica.
        reads_part: Whether each process reads its own part of the data.
        held: Where the iterators of all processes stand, while they are being saved.
    """

    held: list[Any] | None = None

    def __init__(
        self,
        strategy: Strategy,
        source: Any,
        parts: Callable[[Any], Iterator[Any]],
        element_spec: Any,
        reads_part: bool,
    ) -> None:
        self._strategy = strategy
        self._source = source
        self._parts_of = parts
        self._parts = parts(source)
        self.element_spec = element_spec
        self.reads_part = reads_part

    @property
    def replication(self) -> CrossReplicaContext:
        """What the engine asks about the replicas that the batches are for."""
        return CrossReplicaContext(self._strategy)

    def position(self) -> Any:
        """Return where this process's iterator stands, as plain data."""
        return self._source.save()

    def _checkpoint_values(self) -> dict[str, Any]:
        held = [self.position()] if self.held is None else self.held
        return {ITERATOR_STATE: np.array(encode({"processes": held}), object)}

    def _restore_checkpoint_value(self, name: str, array: np.ndarray) -> None:
        extended = self._strategy.extended
        states = decode(np.asarray(array).item())["processes"]
        if len(states) != (extended.num_processes if self.reads_part else 1):
            raise ValueError(
                f"The position of a distributed iterator was saved in {len(states)} "
                "part(s), one for each process that read its own part of the data, and "
                f"here are {extended.num_processes} process(es). Start as many under "
                "the same strategy, or leave the iterator out of the checkpoint. Where "
                "all read the same data, any number may go on."
            )
        self._source.restore(states[extended.process_id if self.reads_part else 0])
        self._parts = self._parts_of(self._source)  # it may have come to its end

    def __iter__(self) -> DistributedIterator:
        return self

    def __next__(self) -> Any:
        if in_graph():
            specs = tuple(nest.flatten(self.element_spec, True))
            tensors = run_in_graph(self._next_arrays, [], specs)
            return nest.pack_sequence_as(self.element_spec, tensors, True)
        return next(self._parts)

    def _next_arrays(self) -> list[Any]:
        return _arrays(self.get_next())

    def get_next(self) -> Any:
        """Return the next per-replica batches.

        Raises:
            OutOfRangeError: The dataset has ended.
        """
        try:
            return next(self)
        except StopIteration:
            raise errors.because(
                errors.OutOfRangeError, "End of sequence: the dataset has ended."
            ) from None

    def get_next_as_optional(self) -> Any:
        """Return the next per-replica batches as a `tf.experimental.Optional`."""
        return next_as_optional(self, lambda: _arrays(next(self._parts)))


class TracedDistributedIterator:
    """What `iter(dataset)` is while a function is traced: nodes of the graph.

    Each run of the function starts an iteration of its own.

    Attributes:
        element_spec: The structure of its elements.
        cursor: The symbolic tensor that stands for where it is.
    """

    def __init__(self, dataset: DistributedDataset) -> None:
        self.element_spec = dataset.element_spec
        self.cursor = begin(dataset)

    def __iter__(self) -> TracedDistributedIterator:
        return self

    def __next__(self) -> Any:
        specs = tuple(nest.flatten(self.element_spec, True))
        attrs = {"specs": specs}
        tensors = context.graph.call_op(next_element, (self.cursor,), attrs)
        return nest.pack_sequence_as(self.element_spec, list(tensors), True)

    get_next = __next__

    def get_next_as_optional(self) -> Any:
        """Return the next per-replica batches as a `tf.experimental.Optional`."""
        return traced_next_as_optional(self)


class DistributedDataset:
    """Batches split over replicas; iterate it, nothing else."""

    def __init__(
        self,
        strategy: Strategy,
        dataset: Any,
        element_spec: Any,
        parts: Callable[[Any], Iterator[Any]],
        reads_part: bool,
    ) -> None:
        """Create it.

        Args:
            strategy: Whose replicas the batches are for.
            dataset: What this process reads.
            element_spec: The spec of the batches of a replica.
            parts: From an iterator over `dataset`, an iterator over batches by replica.
            reads_part: Whether other processes read something else.
        """
        self._strategy = strategy
        self._dataset = dataset
        self._parts = parts
        self._reads_part = reads_part
        self.element_spec = element_spec

    def __iter__(self) -> Any:
        if in_graph():
            return TracedDistributedIterator(self)
        return DistributedIterator(
            self._strategy,
            iter(self._dataset),
            self._parts,
            self.element_spec,
            self._reads_part,
        )

    @property
    def cardinality(self) -> Any:
        """How many batches this process reads, as `Dataset.cardinality` says it."""
        return self._dataset.cardinality().numpy()

    def reduce(self, initial_state: Any, reduce_func: Callable[..., Any]) -> Any:
        """Combine all elements into one value, as `tf.data.Dataset.reduce`."""
        state = initial_state
        for element in self:
            state = reduce_func(state, element)
        return state

    def __repr__(self) -> str:
        return f"<DistributedDataset of {self._strategy!r}>"


def _arrays(batches: Any) -> list[Any]:
    """Return the arrays of all tensors of all replicas."""
    return [tensor._array for tensor in nest.flatten(batches, True)]
