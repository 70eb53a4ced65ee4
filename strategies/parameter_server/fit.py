"""Keras's `fit` and `evaluate` by closures: steps run on workers, callbacks here.

An epoch is `steps_per_epoch` closures; the coordinator waits for them at its end and
reads the metrics then. Each worker takes its batches from a dataset of its own.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import tensor as tf
from strategies.input_distribution import InputContext
from strategies.parameter_server.coordinator import ClusterCoordinator
from tensor.data.dataset import Dataset
from tensor.keras.training.arrays import is_array_like
from tensor.keras.training.elsewhere import StepElsewhere
from tensor.keras.training.executions import Executions
from tensor.keras.utils.experimental import DatasetCreator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from strategies.parameter_server.per_worker import PerWorkerIterator

# A function is traced for each iterator, so those over the latest datasets are kept.
KEPT_ITERATORS = 8


class StepOnWorker(StepElsewhere):
    """One step of an epoch, for whichever worker is free."""

    def __init__(
        self, coordinator: Any, iterator: PerWorkerIterator, *, is_last: bool
    ) -> None:
        self._coordinator = coordinator
        self._iterator = iterator
        self._is_last = is_last

    def run(self, step: Any, model: Any, known: dict[Any, Any]) -> dict[str, Any]:
        """Schedule the step; after an epoch's last one wait, and return the metrics."""
        if "function" not in known:
            known["function"] = _as_closure(step, self._coordinator.strategy)
        self._coordinator.schedule(known["function"], args=(self._iterator,))
        if not self._is_last:
            return {}
        self._coordinator.join()
        results: dict[str, Any] = model.get_metrics_result()
        return results


def _as_closure(step: Any, strategy: Any) -> Any:
    @tf.function  # type: ignore[untyped-decorator]  # tf's names come late
    def train_on_worker(iterator: Any) -> None:
        strategy.run(step, args=(next(iterator),))

    return train_on_worker


class ClosureData(Executions):
    """Gives Keras the steps of each epoch, as `DataAdapter` gives batches."""

    def __init__(
        self,
        coordinator: Any,
        iterator: PerWorkerIterator,
        steps: int,
        epochs: range,
        steps_per_execution: Any,
    ) -> None:
        super().__init__(steps, len(epochs), steps_per_execution)
        self._last_step = steps - 1
        self._coordinator = coordinator
        self._iterator = iterator
        self._epochs = epochs

    def check_callbacks(self, callbacks: Any) -> None:
        """Refuse callbacks that want to see every batch.

        Raises:
            ValueError: There is one.
        """
        for callback in callbacks if isinstance(callbacks, list | tuple) else ():
            cls = type(callback)
            if cls.__module__.startswith("tensor."):
                continue
            for name in ("on_train_batch_begin", "on_train_batch_end"):
                if getattr(cls, name) is not getattr(tf.keras.callbacks.Callback, name):
                    raise ValueError(
                        "Batch-level `Callback`s are not supported with "
                        f"`ParameterServerStrategy`: {cls.__name__} has {name}, and "
                        "the batches are on the workers. Use its epoch-level methods."
                    )

    def resume_after(self, epoch: int, batch: int) -> None:
        """Leave out the epochs that are done, and the steps of the next one."""
        self._epochs = self._epochs[max(0, epoch + 1 - self._epochs.start) :]
        self.first_step = batch + 1

    def epochs(self) -> Iterator[tuple[int, Iterator[StepOnWorker]]]:
        """Yield (epoch, its steps)."""
        for epoch in self._epochs:
            yield epoch, self._steps_from(self.first_step)
            self.first_step = 0

    def _steps_from(self, first: int) -> Iterator[StepOnWorker]:
        for number in range(first, self._last_step + 1):
            is_last = number == self._last_step
            yield StepOnWorker(self._coordinator, self._iterator, is_last=is_last)


def closures_for(
    strategy: Any,
    x: Any,
    y: Any,
    sample_weight: Any,
    *,
    batch_size: int | None = None,
    steps_per_epoch: int | None = None,
    initial_epoch: int = 0,
    epochs: int = 1,
    shuffle: Any = False,
    class_weight: Any = None,
    model: Any = None,
    steps_per_execution: Any = None,
    is_fit: bool = False,
) -> ClosureData | None:
    """Return the steps of `fit` or of `evaluate`.

    To evaluate arrays, or a dataset without a number of steps, is the coordinator's own
    work: it sees every example once. Then this is None.

    Raises:
        ValueError: The number of steps is needed and not known, or an argument is not
            supported with parameter servers.
    """
    is_array = is_array_like(x)
    is_ours = is_array or steps_per_epoch is None
    if is_ours and not is_fit and not isinstance(x, DatasetCreator):
        return None
    if class_weight is not None:
        raise ValueError(
            "`class_weight` is not supported with `ParameterServerStrategy`: let the "
            "dataset bring a weight with each example."
        )
    if is_array and steps_per_epoch is None:
        steps_per_epoch = math.ceil(len(x) / (batch_size or 32))
    if steps_per_epoch is None:
        raise ValueError(
            "When using a `tf.keras.utils.experimental.DatasetCreator`, or a dataset "
            "with `ParameterServerStrategy`, `steps_per_epoch`, `validation_steps` or "
            "`steps` argument must be provided in `Model.fit`, `Model.evaluate`: the "
            "workers' datasets have no common end."
        )
    source = x
    if is_array:
        source = _dataset_of(x, y, sample_weight, batch_size or 32, shuffle)
    coordinator = ClusterCoordinator(strategy)
    iterator = _iterator_over(coordinator, source, repeats=is_fit)
    epoch_numbers = range(initial_epoch, epochs)
    return ClosureData(
        coordinator, iterator, steps_per_epoch, epoch_numbers, steps_per_execution
    )


def _dataset_of(x: Any, y: Any, weight: Any, batch_size: int, shuffle: Any) -> Any:
    """Return arrays as a dataset of batches."""
    parts = tuple(part for part in (x, y, weight) if part is not None)
    dataset: Any = Dataset
    dataset = dataset.from_tensor_slices(parts)
    if shuffle:
        dataset = dataset.shuffle(len(x))
    return dataset.batch(batch_size)


def _iterator_over(
    coordinator: Any, source: Any, *, repeats: bool
) -> PerWorkerIterator:
    """Return the workers' iterators over what `fit` was given, from its beginning."""
    kept = coordinator.iterators
    for known, found in kept:
        if known is source:
            found.restart()
            return found  # type: ignore[no-any-return]  # what iter() gave

    def make() -> Any:
        dataset = source
        if isinstance(source, DatasetCreator):
            dataset = source(InputContext())
        if repeats and int(dataset.cardinality()) >= 0:
            dataset = dataset.repeat()
        return dataset

    dataset = make if isinstance(source, DatasetCreator) else make()
    iterator = iter(coordinator.create_per_worker_dataset(dataset))
    kept[:] = [*kept[1 - KEPT_ITERATORS :], (source, iterator)]
    return iterator  # type: ignore[no-any-return]  # what iter() gives
