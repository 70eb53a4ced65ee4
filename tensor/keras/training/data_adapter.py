"""DataAdapter: the epochs of batches that `fit`, `evaluate` or `predict` go through.

With several replicas a batch is the global one: the replication in force distributes
datasets, and splits other batches into contiguous parts, which may be empty.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from tensor.core import replica
from tensor.core.log import get_logger
from tensor.keras.training.batches import class_weighting
from tensor.keras.training.executions import Executions
from tensor.keras.training.sources import source_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tensor.keras.training.batches import Batch


class Batches:
    """An iterator of batches that says what they look like.

    Attributes:
        element_spec: What fits every batch; None if that is not known.
    """

    def __init__(self, batches: Iterator[Batch], element_spec: Any) -> None:
        self._batches = batches
        self.element_spec = element_spec

    def __iter__(self) -> Batches:
        return self

    def __next__(self) -> Batch:
        return next(self._batches)


class DataAdapter(Executions):
    """Gives the batches of each epoch: x, (x, y) or (x, y, weight)."""

    def __init__(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        batch_size: int | None = None,
        steps_per_epoch: int | None = None,
        initial_epoch: int = 0,
        epochs: int = 1,
        shuffle: Any = False,
        class_weight: Any = None,
        model: Any = None,
        steps_per_execution: Any = None,
    ) -> None:
        """Take what `fit`, `evaluate` or `predict` was given.

        Raises:
            ValueError: Arguments contradict each other, or lengths differ.
        """
        _check_numbers(batch_size, steps_per_epoch, initial_epoch, epochs)
        if steps_per_epoch == -1:
            get_logger().warning(
                "The training loop will run indefinitely since you have set "
                "`steps_per_epoch=-1`. Please use batch-level callbacks to save "
                "checkpoints or log training progress, etc"
            )
        self._steps_asked = steps_per_epoch
        self._epochs = range(initial_epoch, epochs)
        self._batches_done = 0
        source = source_for(
            x, y, sample_weight, batch_size, steps_per_epoch, shuffle, model
        )
        self._source = source
        self._prepare, self._spec = _preparation(source, class_weight)
        steps = steps_per_epoch
        if steps is None:
            steps = source.batch_count()
        elif steps == -1:
            steps = None
        if steps == 0:
            raise ValueError(
                "Expected input data to be non-empty. There is not one batch in it."
            )
        super().__init__(steps, len(self._epochs), steps_per_execution)

    def check_callbacks(self, callbacks: Any) -> None:
        """Say whether callbacks can follow: where steps run here, all can."""

    def resume_after(self, epoch: int, batch: int) -> None:
        """Leave out the epochs, and the batches of the next one, that are done."""
        done = max(0, epoch + 1 - self._epochs.start)
        self._epochs = self._epochs[done:]
        self._batches_done = batch + 1
        if self._begins_anew():
            self._source.pass_over(done)
        else:
            self._batches_done += done * (self._steps_asked or 0)
        self.first_step = batch + 1

    def epochs(self) -> Iterator[tuple[int, Batches]]:
        """Yield (epoch, iterator of its batches).

        Where each epoch begins a pass, one more is begun before the first epoch, as in
        Keras: datasets that shuffle give the first epoch their second order.
        """
        batches: Batches | None = None
        if self._begins_anew():
            self._source.begin_unread()
        for epoch in self._epochs:
            if self.ran_out:
                return
            if batches is None or self._begins_anew():
                batches = self._from_where_we_were(epoch)
            yield epoch, batches
            self._source.on_epoch_end()
            self.first_step = 0

    def _begins_anew(self) -> bool:
        """Return whether an epoch begins a pass rather than go on with the last one."""
        if self._source.begins_anew is not None:
            return self._source.begins_anew
        asked = self._steps_asked
        return asked is None or asked == self._source.batch_count()

    def _from_where_we_were(self, epoch: int) -> Batches:
        """Return batches without those that are done already."""
        done, self._batches_done = self._batches_done, 0
        goes_on = self._source.repeats and not self._begins_anew()
        passes = self._epochs.stop - epoch if goes_on else 1
        batches = self._source.batches()
        if passes > 1:
            later = (self._source.batches() for _ in range(passes - 1))
            batches = itertools.chain(batches, itertools.chain.from_iterable(later))
        taken = itertools.islice(batches, done, None) if done else batches
        return Batches(map(self._prepare, taken), self._spec)


def _preparation(
    source: Any, class_weight: Any
) -> tuple[Callable[[Batch], Batch], Any]:
    """Return what is done to each batch before a step sees it, and the specs then."""
    replication = replica.current()
    spec = source.element_spec
    weigh: Any = None
    if class_weight is not None:
        weigh, spec = class_weighting(class_weight, spec)
    if replication.num_replicas_in_sync == 1:
        return weigh or (lambda batch: batch), spec

    def prepare(batch: Batch) -> Batch:
        if not source.is_distributed:
            batch = replication.split(batch)
        return batch if weigh is None else replication.map(weigh, batch)

    return prepare, None


def _check_numbers(
    batch_size: int | None, steps: int | None, initial_epoch: int, epochs: int
) -> None:
    """Check that there is something to do.

    Raises:
        ValueError: There is not.
    """
    for name, value in (("batch_size", batch_size), ("epochs", epochs)):
        if value is not None and value <= 0:
            raise ValueError(f"Expected {name} to be positive. Received is {value}.")
    if steps is not None and steps != -1 and steps <= 0:
        raise ValueError(
            f"steps_per_epoch must be positive, None or -1. Received {steps}. See "
            "`Model.fit`."
        )
    if initial_epoch < 0:
        raise ValueError(
            f"Expected initial_epoch to be non-negative. Received is {initial_epoch}."
        )
