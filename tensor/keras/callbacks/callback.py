"""Callback: what happens beside the training, at its beginnings and ends."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

import tensor as tf
from tensor.core import nest, replica


class Callback:
    """Base of all callbacks: override the methods for the moments that matter.

    `logs` holds the losses and metrics; `self.model` is the model, and
    `self.model.stop_training = True` ends the training after the epoch.
    """

    # Subclasses may leave out the constructor.
    validation_data: Any = None
    model: Any = None
    _chief_worker_only: bool | None = None
    _supports_tf_logs = False

    def __init__(self) -> None:
        """Create a callback that belongs to no model yet."""
        self.validation_data = None
        self.model = None
        self.params: dict[str, Any] = {}
        self._chief_worker_only = None
        self._supports_tf_logs = False

    def set_params(self, params: dict[str, Any]) -> None:
        """Take the training's parameters: epochs, steps, verbose."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Take the model."""
        self.model = model

    def on_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Old name of `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        """Old name of `on_train_batch_end`."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """An epoch of training begins."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """An epoch of training ends."""

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """A training batch begins."""
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """A training batch ends."""
        self.on_batch_end(batch, logs=logs)

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        """An evaluation batch begins, in `evaluate` or for validation."""

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        """An evaluation batch ends."""

    def on_predict_batch_begin(self, batch: int, logs: Any = None) -> None:
        """A batch of `predict` begins."""

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        """A batch of `predict` ends; `logs["outputs"]` holds its predictions."""

    def on_train_begin(self, logs: Any = None) -> None:
        """The training begins."""

    def on_train_end(self, logs: Any = None) -> None:
        """The training ends."""

    def on_test_begin(self, logs: Any = None) -> None:
        """An evaluation begins."""

    def on_test_end(self, logs: Any = None) -> None:
        """An evaluation ends."""

    def on_predict_begin(self, logs: Any = None) -> None:
        """`predict` begins."""

    def on_predict_end(self, logs: Any = None) -> None:
        """`predict` ends."""

    def _overrides(self, *names: str) -> bool:
        """Return whether one of the methods is not the base's, which does nothing."""
        found = (getattr(self, name, None) for name in names)
        return any(
            getattr(method, "__func__", None) is not getattr(Callback, name)
            for name, method in zip(names, found, strict=True)
        )

    def _implements_train_batch_hooks(self) -> bool:
        return self._overrides(
            "on_batch_begin",
            "on_batch_end",
            "on_train_batch_begin",
            "on_train_batch_end",
        )

    def _implements_test_batch_hooks(self) -> bool:
        return self._overrides("on_test_batch_begin", "on_test_batch_end")

    def _implements_predict_batch_hooks(self) -> bool:
        return self._overrides("on_predict_batch_begin", "on_predict_batch_end")


def as_numbers(logs: Any) -> Any:
    """Return logs with tensors as NumPy values, and scalars as Python numbers."""

    def number(x: Any) -> Any:
        if isinstance(x, tf.Tensor):
            x = x.numpy()
        if isinstance(x, np.ndarray | np.generic) and x.ndim == 0:
            return x.item()
        return x

    return nest.map_structure(number, logs)


def say(text: str) -> None:
    """Print a line, on the chief alone: every replica has the same to say."""
    if replica.current().is_chief:
        sys.stdout.write(f"{text}\n")
