"""EarlyStopping: ends a training that no longer improves."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.keras.callbacks.callback import Callback, say
from tensor.keras.callbacks.monitor import (
    comparison,
    direction_of,
    monitored,
    worst,
)


class EarlyStopping(Callback):
    """Stops when a quantity has not improved for a number of epochs."""

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        """Take the quantity, the least improvement, and the patience in epochs."""
        super().__init__()
        self.monitor = monitor
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        direction = direction_of(mode, monitor)
        self.monitor_op = comparison(direction)
        self.min_delta = abs(min_delta) * direction
        self.wait = 0
        self.stopped_epoch = 0
        self.best_weights: Any = None

    def on_train_begin(self, logs: Any = None) -> None:
        self.wait = 0
        self.stopped_epoch = 0
        self.best = worst(1 if self.monitor_op is np.greater else -1)
        self.best_weights = None
        self.best_epoch = 0

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        current = self.get_monitor_value(logs)
        if current is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            # If it never improves, the first epoch is the best.
            self.best_weights = self.model.get_weights()
            self.best_epoch = epoch
        self.wait += 1
        if self._is_improvement(current, self.best):
            self.best = current
            self.best_epoch = epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self._is_improvement(current, self.baseline):
                self.wait = 0
            return
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True
            if self.restore_best_weights:
                self.model.set_weights(self.best_weights)

    def get_monitor_value(self, logs: Any) -> Any:
        """Return the quantity's value, None with a warning if it is not there."""
        return monitored(self, self.monitor, logs, "Early stopping")

    def _is_improvement(self, monitor_value: float, reference_value: float) -> bool:
        return bool(self.monitor_op(monitor_value - self.min_delta, reference_value))

    def on_train_end(self, logs: Any = None) -> None:
        if self.stopped_epoch > 0 and self.verbose > 0:
            say(f"Epoch {self.stopped_epoch + 1}: early stopping")
        # Also where the training came to its end: the last epoch need not be the best.
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose > 0:
                say(
                    "Restoring model weights from the end of the best epoch: "
                    f"{self.best_epoch + 1}."
                )
            self.model.set_weights(self.best_weights)
