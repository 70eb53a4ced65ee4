"""RateOwner: an optimizer's learning rate: a variable or a schedule."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras.engine.call_context import init_scope
from tensor.keras.optimizers.schedules import (
    LearningRateSchedule,
    serialize as schedule_config,
)
from tensor.keras.optimizers.slots import SlotOwner


class RateOwner(SlotOwner):
    """Keeps a learning rate; of a schedule, what it gave the latest step as well."""

    _learning_rate: Any
    _current_learning_rate: Any = None

    @property
    def learning_rate(self) -> Any:
        """The learning rate as a variable; with a schedule, that of the last step."""
        if isinstance(self._learning_rate, LearningRateSchedule):
            return self._current_learning_rate
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        if isinstance(value, LearningRateSchedule):
            if self._current_learning_rate is None:
                self._current_learning_rate = self._first_rate(value)
            self._learning_rate = value
            return
        if isinstance(self._learning_rate, LearningRateSchedule):
            raise TypeError(
                "This optimizer was created with a `LearningRateSchedule` object as "
                "its `learning_rate` constructor argument, hence its learning rate is "
                "not settable. If you need the learning rate to be settable, you "
                "should instantiate the optimizer with a float `learning_rate` "
                "argument."
            )
        self._learning_rate.assign(tf.cast(value, self._learning_rate.dtype))

    @property
    def lr(self) -> Any:
        """The learning rate, by its old name."""
        return self.learning_rate

    @lr.setter
    def lr(self, value: Any) -> None:
        self.learning_rate = value

    def _rate(self) -> Any:
        """Return the learning rate of this step."""
        if isinstance(self._learning_rate, LearningRateSchedule):
            return self._learning_rate(self._iterations)
        return self._learning_rate

    def _note_rate(self) -> None:
        """Keep what a schedule gives this step, for users to read."""
        if isinstance(self._learning_rate, LearningRateSchedule):
            self._current_learning_rate.updated_by(
                lambda _, current: current.assign(tf.cast(self._rate(), "float32")),
                None,
            )

    def _build_learning_rate(self, learning_rate: Any) -> Any:
        """Return a learning rate as a variable; schedules stay."""
        if isinstance(learning_rate, LearningRateSchedule):
            self._current_learning_rate = self._first_rate(learning_rate)
            return learning_rate
        with init_scope():
            return _variable(learning_rate, "learning_rate")

    def _first_rate(self, schedule: LearningRateSchedule) -> Any:
        with init_scope():
            rate = tf.cast(schedule(self._iterations), "float32")
            return _variable(rate, "current_learning_rate")

    def _rate_config(self) -> Any:
        return self._serialize_hyperparameter(self._learning_rate)

    def _serialize_hyperparameter(self, value: Any) -> Any:
        """Return a number, variable, function or schedule as a configuration does."""
        if isinstance(value, LearningRateSchedule):
            return schedule_config(value)
        if isinstance(value, tf.Variable | tf.Tensor):
            return value.numpy()
        return value() if callable(value) else value


def _variable(value: Any, name: str) -> Any:
    return tf.Variable(
        value,
        name=name,
        dtype="float32",
        trainable=False,
        aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
    )
