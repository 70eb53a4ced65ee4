"""BatchTimes: notices callbacks that take longer than the batches."""

from __future__ import annotations

import statistics
import time

from tensor.core.log import get_logger

# How many batches are looked at; the first, which may be traced, is left out.
_WATCHED = 5


class BatchTimes:
    """Measures the first batches of a training, and warns if callbacks are slow."""

    def __init__(self) -> None:
        """Start without measurements."""
        self._batches: list[float] = []
        self._callbacks: list[float] = []
        self._began = self._computed = 0.0

    def begin(self) -> None:
        """Note that a batch begins."""
        self._began = time.perf_counter()

    def computed(self) -> None:
        """Note that the batch is done; its callbacks come."""
        self._computed = time.perf_counter()

    def end(self) -> bool:
        """Note that the callbacks are done. Return whether to go on measuring."""
        now = time.perf_counter()
        self._batches.append(self._computed - self._began)
        self._callbacks.append(now - self._computed)
        if len(self._batches) <= _WATCHED:
            return True
        batch = statistics.mean(self._batches[1:])
        callbacks = statistics.mean(self._callbacks[1:])
        if callbacks > batch:
            get_logger().warning(
                "Callback method `on_train_batch_end` is slow compared to the batch "
                "time (batch time: %.4fs vs `on_train_batch_end` time: %.4fs). Check "
                "your callbacks.",
                batch,
                callbacks,
            )
        return False
