"""History: the losses and metrics of every epoch; what `fit` returns."""

from __future__ import annotations

from typing import Any

from tensor.keras.callbacks.callback import Callback


class History(Callback):
    """Records the logs of every epoch.

    Attributes:
        history: For each name, its value in each epoch.
        epoch: The epochs' numbers.
    """

    def __init__(self) -> None:
        """Create an empty record."""
        super().__init__()
        self.history: dict[str, list[Any]] = {}

    def on_train_begin(self, logs: Any = None) -> None:
        self.epoch: list[int] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        # A model may be trained on; the latest record is the model's.
        self.model.history = self
