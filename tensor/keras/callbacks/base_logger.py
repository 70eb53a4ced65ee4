"""BaseLogger: the means of metrics over an epoch, weighted by the size of batches."""

from __future__ import annotations

from typing import Any

from tensor.keras.callbacks.callback import Callback


class BaseLogger(Callback):
    """Accumulates what batches report as `size` and by metric.

    At the end of an epoch the means stand in its logs, for the metrics that
    `params["metrics"]` lists.
    """

    def __init__(self, stateful_metrics: Any = None) -> None:
        """Take the names of metrics whose last value counts, not the mean."""
        super().__init__()
        self.stateful_metrics = set(stateful_metrics or ())
        self.seen = 0
        self.totals: dict[str, Any] = {}

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.seen = 0
        self.totals = {}

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        logs = logs or {}
        size = logs.get("size", 0)
        self.seen += size * logs.get("num_steps", 1)
        for name, value in logs.items():
            if name in self.stateful_metrics:
                self.totals[name] = value
            else:
                self.totals[name] = self.totals.get(name, 0) + value * size

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if logs is None:
            return
        for name in self.params["metrics"]:
            if name in self.totals:
                is_last = name in self.stateful_metrics
                logs[name] = self.totals[name] / (1 if is_last else self.seen)
