"""ProgbarLogger: prints the progress of a training."""

from __future__ import annotations

import sys
from typing import Any

from tensor.keras.callbacks.callback import Callback, as_numbers
from tensor.keras.training.progress_bar import Progbar


class ProgbarLogger(Callback):
    """Shows a progress bar with the metrics, as `verbose` says."""

    def __init__(self, count_mode: str = "steps", stateful_metrics: Any = None) -> None:
        """Take whether to count steps or samples.

        Raises:
            ValueError: It is neither.
        """
        super().__init__()
        self._supports_tf_logs = True
        if count_mode not in {"samples", "steps"}:
            raise ValueError(
                f'Unknown `count_mode`: {count_mode}. Expected values are ["samples", '
                '"steps"]'
            )
        self.use_steps = count_mode == "steps"
        self.stateful_metrics = set(stateful_metrics or ())
        self.seen = 0
        self.progbar: Progbar | None = None
        self.target: int | None = None
        self.verbose = 1
        self.epochs = 1

    def set_params(self, params: dict[str, Any]) -> None:
        super().set_params(params)
        self.verbose = params["verbose"]
        self.epochs = params["epochs"]
        self.target = params["steps"] if self.use_steps else params.get("samples")
        self._called_in_fit = False

    def on_train_begin(self, logs: Any = None) -> None:
        self._called_in_fit = True

    def on_test_begin(self, logs: Any = None) -> None:
        if not self._called_in_fit:
            self._reset()

    def on_predict_begin(self, logs: Any = None) -> None:
        self._reset()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._reset()
        if self.verbose and self.epochs > 1:
            sys.stdout.write(f"Epoch {epoch + 1}/{self.epochs}\n")
            sys.stdout.flush()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._step(batch, logs)

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        if not self._called_in_fit:
            self._step(batch, logs)

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        self._step(batch, None)  # predictions are no metrics

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._finish(logs)

    def on_test_end(self, logs: Any = None) -> None:
        if not self._called_in_fit:
            self._finish(logs)

    def on_predict_end(self, logs: Any = None) -> None:
        self._finish(logs)

    def _reset(self) -> None:
        self.seen = 0
        self.progbar = None

    def _bar(self) -> Progbar:
        if self.progbar is None:
            stateful = {m.name for m in self.model.metrics} if self.model else set()
            self.progbar = Progbar(
                target=self.target,
                verbose=self.verbose,
                stateful_metrics=self.stateful_metrics | stateful,
                unit_name="step" if self.use_steps else "sample",
            )
        return self.progbar

    def _step(self, batch: int, logs: Any) -> None:
        bar = self._bar()
        self.seen = batch + 1
        if self.verbose == 1:
            bar.update(self.seen, as_numbers(logs or {}).items(), finalize=False)

    def _finish(self, logs: Any) -> None:
        bar = self._bar()
        if bar.target is None:
            bar.target = self.target = self.seen
        bar.update(bar.target, as_numbers(logs or {}).items(), finalize=True)
