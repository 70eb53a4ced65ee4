"""Datasets of single replicas, read together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tensor.data.dataset import Dataset


class SideBySide:
    """The datasets of a process's replicas: `InputReplicationMode.PER_REPLICA`.

    Attributes:
        element_spec: The spec of the batches of each.
    """

    def __init__(self, datasets: list[Dataset]) -> None:
        self._datasets = datasets
        self.element_spec = datasets[0].element_spec

    def cardinality(self) -> Any:
        """Return how many batches the first replica has."""
        return self._datasets[0].cardinality()

    def __iter__(self) -> IteratorsSideBySide:
        return IteratorsSideBySide([iter(dataset) for dataset in self._datasets])


class IteratorsSideBySide:
    """One pass over each; it is saved and restored as one."""

    def __init__(self, iterators: list[Any]) -> None:
        self._iterators = iterators

    def __iter__(self) -> IteratorsSideBySide:
        return self

    def __next__(self) -> list[Any]:
        """Return the next batch of each replica, None for those that have no more."""
        batches = [next(iterator, None) for iterator in self._iterators]
        if all(batch is None for batch in batches):
            raise StopIteration
        return batches

    def save(self) -> list[Any]:
        """Return where each pass stands."""
        return [iterator.save() for iterator in self._iterators]

    def restore(self, states: list[Any]) -> None:
        """Go on where passes stood."""
        for iterator, state in zip(self._iterators, states, strict=True):
            iterator.restore(state)
