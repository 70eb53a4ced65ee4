"""Callbacks that change the learning rate."""

from __future__ import annotations

import math
from typing import Any

import tensor as tf
from tensor.core.log import get_logger
from tensor.keras.backend import values
from tensor.keras.callbacks.callback import Callback, say
from tensor.keras.callbacks.monitor import direction_of, monitored, worst


def _rate(optimizer: Any) -> Any:
    """Return the rate as a NumPy number, as logs have it."""
    return values.get_value(optimizer.lr)


def _set_rate(optimizer: Any, rate: Any) -> None:
    if isinstance(optimizer.lr, tf.Variable):
        optimizer.lr.assign(rate)
    else:
        optimizer.lr = rate


class LearningRateScheduler(Callback):
    """Sets the learning rate at the beginning of each epoch."""

    def __init__(self, schedule: Any, verbose: int = 0) -> None:
        """Take a function of the epoch, and the rate if it wants it, to a rate."""
        super().__init__()
        self.schedule = schedule
        self.verbose = verbose

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if not hasattr(self.model.optimizer, "lr"):
            raise ValueError('Optimizer must have a "lr" attribute.')
        try:
            rate = self.schedule(epoch, float(_rate(self.model.optimizer)))
        except TypeError:  # a function of the epoch alone
            rate = self.schedule(epoch)
        if hasattr(rate, "numpy"):
            rate = float(rate)
        if not isinstance(rate, float) and not hasattr(rate, "dtype"):
            raise ValueError(
                f'The output of the "schedule" function should be float. Got: {rate}'
            )
        _set_rate(self.model.optimizer, rate)
        if self.verbose > 0:
            say(
                f"\nEpoch {epoch + 1}: LearningRateScheduler setting learning rate to "
                f"{rate}."
            )

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if logs is not None:
            logs["lr"] = _rate(self.model.optimizer)


class ReduceLROnPlateau(Callback):
    """Lowers the learning rate when a quantity has stopped improving."""

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0,
        **kwargs: Any,
    ) -> None:
        """Take the quantity, the factor, and the patience in epochs.

        Raises:
            ValueError: The factor would raise the rate.
        """
        super().__init__()
        if factor >= 1.0:
            raise ValueError(
                f"ReduceLROnPlateau does not support a factor >= 1.0. Got {factor}"
            )
        self.monitor = monitor
        self.factor = factor
        self.min_lr = min_lr
        if "epsilon" in kwargs:
            min_delta = kwargs.pop("epsilon")
            get_logger().warning(
                "`epsilon` argument is deprecated and will be removed, use `min_delta` "
                "instead."
            )
        self.min_delta = min_delta
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.mode = mode
        self._direction = direction_of(mode, monitor)
        self._reset()

    def _reset(self) -> None:
        self.best = worst(self._direction)
        self.cooldown_counter = 0
        self.wait = 0

    def on_train_begin(self, logs: Any = None) -> None:
        self._reset()

    def in_cooldown(self) -> bool:
        """Return whether the rate was lowered a short time ago."""
        return self.cooldown_counter > 0

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if logs is not None:
            logs["lr"] = _rate(self.model.optimizer)
        current = monitored(self, self.monitor, logs, "Learning rate reduction is")
        if current is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if (current - self.best) * self._direction > self.min_delta:
            self.best = current
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience:
                self._lower(epoch)

    def _lower(self, epoch: int) -> None:
        old = values.get_value(self.model.optimizer.lr)
        if old <= float(self.min_lr) or math.isclose(old, self.min_lr):
            return
        new = max(old * self.factor, self.min_lr)
        _set_rate(self.model.optimizer, new)
        if self.verbose > 0:
            say(
                f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to "
                f"{new}."
            )
        self.cooldown_counter = self.cooldown
        self.wait = 0
