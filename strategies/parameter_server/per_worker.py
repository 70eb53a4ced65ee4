"""What each worker has of its own: datasets, iterators, and its number."""

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from strategies.parameter_server.codec import pack
from tensor.core.context import context
from tensor.core.dtypes import int64
from tensor.core.registry import NON_DIFFERENTIABLE, Op
from tensor.core.tensor_spec import TensorSpec
from tensor.data.dataset import Dataset
from tensor.data.graph_nodes import run_in_graph
from tensor.data.structure import packer

if TYPE_CHECKING:
    from collections.abc import Callable

_numbers = itertools.count(1)


class PerWorkerValues:
    """One value for each worker; give it to a scheduled function as an argument."""

    def __init__(self, values: Any) -> None:
        self._values = tuple(values)


class PerWorkerDataset(PerWorkerValues):
    """A dataset on each worker; `iter` gives an iterator on each."""

    def __init__(self, make: Any, workers: int) -> None:
        """Take a dataset, or a function that makes one, called once for each worker.

        Raises:
            TypeError: It is neither.
        """
        make = getattr(make, "python_function", make)
        if not isinstance(make, Dataset) and not callable(make):
            raise TypeError(
                "`create_per_worker_dataset` takes a tf.data.Dataset or a function "
                f"without arguments that returns one, got {make!r}."
            )
        if isinstance(make, Dataset):
            super().__init__([make] * workers)
        else:
            super().__init__([_made(make) for _ in range(workers)])
        self._blobs: dict[int, np.ndarray] = {}

    @property
    def element_spec(self) -> Any:
        """The spec of the elements."""
        return self._values[0].element_spec

    def blob_for(self, worker: int) -> np.ndarray:
        """Return a worker's dataset, packed."""
        dataset = self._values[worker]
        if id(dataset) not in self._blobs:
            self._blobs[id(dataset)] = pack(dataset)
        return self._blobs[id(dataset)]

    def __iter__(self) -> Any:
        return PerWorkerIterator(self)


def _made(make: Callable[[], Any]) -> Dataset:
    dataset = make()
    if not isinstance(dataset, Dataset):
        raise TypeError(
            f"The function of a per-worker dataset returned {dataset!r}; expected a "
            "tf.data.Dataset."
        )
    return dataset


class PerWorkerIterator:
    """An iterator on each worker; a scheduled function takes elements from its own.

    Attributes:
        number: Its number in the cluster.
        generation: How often it has begun anew.
    """

    def __init__(self, dataset: PerWorkerDataset) -> None:
        self._dataset = dataset
        self.number = next(_numbers)
        self.generation = 1
        self._pack = packer(dataset.element_spec)

    @property
    def element_spec(self) -> Any:
        """The spec of the elements."""
        return self._dataset.element_spec

    def __iter__(self) -> PerWorkerIterator:
        return self

    def __next__(self) -> Any:
        """Return the next element of the worker's iterator.

        Raises:
            NotImplementedError: Not in a function that runs on a worker.
        """
        if context.graph is None:
            raise NotImplementedError(
                "Iterating over a per-worker dataset is possible in a tf.function that "
                "`ClusterCoordinator.schedule` runs on a worker: the elements are "
                "there, not here."
            )
        return self._pack(run_in_graph(self, [], self.element_spec))

    def restart(self) -> None:
        """Begin anew on every worker."""
        self.generation += 1

    def get_next(self, name: str | None = None) -> Any:
        """Return the next element; see `__next__`."""
        return next(self)

    def __call__(self) -> Any:
        """Raise: this is called where functions run, and there stands another object.

        Raises:
            NotImplementedError: The function was called here, not scheduled.
        """
        raise NotImplementedError(
            "The elements of a per-worker dataset are on the workers. Run the function "
            "by `ClusterCoordinator.schedule`."
        )

    def shipped(self) -> Any:
        """Return what stands for this iterator on a worker: how it makes an element."""
        return "iterator", self.number

    def blob_for(self, worker: int) -> np.ndarray:
        """Return what the worker makes its iterator from."""
        return self._dataset.blob_for(worker)


class _CurrentWorker(threading.local):
    """The worker that this thread runs closures for."""

    index: int | None = None


current_worker = _CurrentWorker()


class WorkerIndex(Op):
    """The number of the worker that runs the function."""

    type_name = "CurrentWorkerIndex"
    kind = "stateful"
    gradient: Any = NON_DIFFERENTIABLE

    def kernel(self) -> Any:
        if current_worker.index is None:
            raise RuntimeError(_ONLY_ON_WORKERS)
        return np.int64(current_worker.index)

    def infer(self) -> TensorSpec:
        return TensorSpec.of((), int64)


worker_index = WorkerIndex()
_ONLY_ON_WORKERS = (
    "The current worker index is known in a tf.function that "
    "`ClusterCoordinator.schedule` runs on a worker, and nowhere else."
)


def experimental_get_current_worker_index() -> Any:
    """Return the number of the worker that runs the function, from 0.

    Raises:
        RuntimeError: Not in a function that runs on a worker.
    """
    if context.graph is None:
        raise RuntimeError(_ONLY_ON_WORKERS)
    return worker_index.produce()
