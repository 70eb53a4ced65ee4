"""Executions: the steps of an epoch, in groups that run in one go."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import tensor as tf
from tensor.core.log import get_logger

if TYPE_CHECKING:
    from collections.abc import Iterator


class Executions:
    """Counts the steps of each epoch, and notices where data end.

    Attributes:
        steps: How many steps an epoch has; None until that is known.
        first_step: The number of the next epoch's first step.
        ran_out: Whether the data ended before the last epoch did.
    """

    def __init__(
        self, steps: int | None, epochs: int = 1, steps_per_execution: Any = None
    ) -> None:
        """Take what is known of an epoch.

        Args:
            steps: How many steps it has, if that is known.
            epochs: How many epochs there are.
            steps_per_execution: How many steps run in one go, as a variable, which says
                fewer where an epoch has fewer left.

        Raises:
            ValueError: Steps are to run in groups, and their number is not known.
        """
        self.steps = steps
        self.first_step = 0
        self.ran_out = False
        self._all_epochs = epochs
        self._group = steps_per_execution
        self._step = 0
        if steps is None and self._group_size() > 1:
            raise ValueError(
                "Could not infer the size of the data. With `steps_per_execution > 1`, "
                "you must specify the number of steps to run."
            )

    def _group_size(self) -> int:
        return 1 if self._group is None else int(self._group)

    def executions(self) -> Iterator[tuple[int, int]]:
        """Yield the numbers of the first and the last step of each execution."""
        size = self._group_size()
        self._step = self.first_step
        while not self.ran_out and (self.steps is None or self._step < self.steps):
            if self.steps is None or self.steps - self._step >= size:
                yield self._step, self._step + size - 1
                self._step += size
            else:
                self._group.assign(self.steps - self._step)
                yield self._step, self.steps - 1
                self._group.assign(size)
                self._step = self.steps

    @contextlib.contextmanager
    def until_data_end(self) -> Iterator[None]:
        """Let an epoch end where its data do, and say so if that is too early."""
        try:
            yield
        except (StopIteration, tf.errors.OutOfRangeError):
            if self.steps is None:
                self.steps = self._step
                return
            self.ran_out = True
            get_logger().warning(
                "Your input ran out of data; interrupting training. Make sure that "
                "your dataset or generator can generate at least `steps_per_epoch * "
                f"epochs` batches (in this case, {self.steps * self._all_epochs} "
                "batches). You may need to use the repeat() function when building "
                "your dataset."
            )
