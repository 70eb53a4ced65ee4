"""Learning rates that change from step to step."""

from __future__ import annotations

import math
from typing import Any

import tensor as tf
from tensor.keras import serialization


class LearningRateSchedule:
    """A function from the step number to a learning rate."""

    def __call__(self, step: Any) -> Any:
        """Return the learning rate at a step.

        Raises:
            NotImplementedError: The subclass does not say.
        """
        raise NotImplementedError(
            f"Learning rate schedule '{type(self).__name__}' must override "
            "`__call__(self, step)`."
        )

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal schedule.

        Raises:
            NotImplementedError: The subclass does not say.
        """
        raise NotImplementedError(
            f"Learning rate schedule '{type(self).__name__}' must override "
            "`get_config()` in order to be serializable."
        )

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make a schedule from what `get_config` returned."""
        return cls(**config)


def _start(value: Any) -> Any:
    return tf.convert_to_tensor(
        value, dtype=None if hasattr(value, "dtype") else "float32"
    )


class ExponentialDecay(LearningRateSchedule):
    """initial * rate ** (step / steps)."""

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str | None = None,
    ) -> None:
        """Take the first rate, and what it is multiplied by every `decay_steps`."""
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step: Any) -> Any:
        initial = _start(self.initial_learning_rate)
        dtype = initial.dtype
        p = tf.cast(step, dtype) / tf.cast(self.decay_steps, dtype)
        if self.staircase:
            p = tf.floor(p)
        return initial * tf.pow(tf.cast(self.decay_rate, dtype), p)

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "decay_rate": self.decay_rate,
            "staircase": self.staircase,
            "name": self.name,
        }


class PiecewiseConstantDecay(LearningRateSchedule):
    """One value up to and including each boundary, and one after the last."""

    def __init__(self, boundaries: Any, values: Any, name: str | None = None) -> None:
        """Take the boundaries, and one value more.

        Raises:
            ValueError: The numbers of boundaries and values do not fit.
        """
        if len(boundaries) != len(values) - 1:
            raise ValueError(
                "The length of boundaries should be 1 less than the length of values. "
                f"Received: boundaries={boundaries} of length {len(boundaries)}, and "
                f"values={values} of length {len(values)}."
            )
        self.boundaries = boundaries
        self.values = values
        self.name = name

    def __call__(self, step: Any) -> Any:
        step = tf.convert_to_tensor(step)
        values = tf.convert_to_tensor(self.values)
        boundaries = tf.cast(tf.convert_to_tensor(self.boundaries), step.dtype)
        passed = tf.reduce_sum(tf.cast(step > boundaries, "int32"))
        return tf.gather(values, passed)

    def get_config(self) -> dict[str, Any]:
        return {"boundaries": self.boundaries, "values": self.values, "name": self.name}


class PolynomialDecay(LearningRateSchedule):
    """From the initial rate to the end rate along a power of the time left."""

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str | None = None,
    ) -> None:
        """Take both rates, the number of steps between them, and the power."""
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.end_learning_rate = end_learning_rate
        self.power = power
        self.cycle = cycle
        self.name = name

    def __call__(self, step: Any) -> Any:
        initial = _start(self.initial_learning_rate)
        dtype = initial.dtype
        end = tf.cast(self.end_learning_rate, dtype)
        step = tf.cast(step, dtype)
        steps = tf.cast(self.decay_steps, dtype)
        if self.cycle:
            rounds = tf.where(
                tf.equal(step, 0), tf.ones_like(step), tf.math.ceil(step / steps)
            )
            steps = steps * rounds
        else:
            step = tf.minimum(step, steps)
        return (initial - end) * tf.pow(1 - step / steps, self.power) + end

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "end_learning_rate": self.end_learning_rate,
            "power": self.power,
            "cycle": self.cycle,
            "name": self.name,
        }


class InverseTimeDecay(LearningRateSchedule):
    """initial / (1 + rate * step / steps)."""

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str | None = None,
    ) -> None:
        """Take the first rate, and how fast it falls."""
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step: Any) -> Any:
        initial = _start(self.initial_learning_rate)
        dtype = initial.dtype
        p = tf.cast(step, dtype) / tf.cast(self.decay_steps, dtype)
        if self.staircase:
            p = tf.floor(p)
        return initial / (1.0 + tf.cast(self.decay_rate, dtype) * p)

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "decay_rate": self.decay_rate,
            "staircase": self.staircase,
            "name": self.name,
        }


class CosineDecay(LearningRateSchedule):
    """Half a cosine wave down to `alpha` times the rate, after an optional warmup."""

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        alpha: float = 0.0,
        name: str | None = None,
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ) -> None:
        """Take the first rate and the length of the decay; a warmup comes before it."""
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.alpha = alpha
        self.name = name
        self.warmup_steps = warmup_steps
        self.warmup_target = warmup_target

    def __call__(self, step: Any) -> Any:
        initial = _start(self.initial_learning_rate)
        dtype = initial.dtype
        step = tf.cast(step, dtype)
        steps = tf.cast(self.decay_steps, dtype)
        if self.warmup_target is None:
            return self._decayed(tf.minimum(step, steps), steps, initial)
        target = tf.cast(self.warmup_target, dtype)
        warmup = tf.cast(self.warmup_steps, dtype)
        step = tf.minimum(step, steps + warmup)
        rising = (target - initial) * (step / warmup) + initial
        return tf.where(
            step < warmup, rising, self._decayed(step - warmup, steps, target)
        )

    def _decayed(self, step: Any, steps: Any, start: Any) -> Any:
        cosine = 0.5 * (1.0 + tf.cos(math.pi * (step / steps)))
        return start * ((1 - self.alpha) * cosine + self.alpha)

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "alpha": self.alpha,
            "name": self.name,
            "warmup_target": self.warmup_target,
            "warmup_steps": self.warmup_steps,
        }


class CosineDecayRestarts(LearningRateSchedule):
    """Cosine decays one after the other, each longer and lower than the one before."""

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: int,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str | None = None,
    ) -> None:
        """Take the first decay, and the factors of length and height for the next."""
        self.initial_learning_rate = initial_learning_rate
        self.first_decay_steps = first_decay_steps
        self._t_mul = t_mul
        self._m_mul = m_mul
        self.alpha = alpha
        self.name = name

    def __call__(self, step: Any) -> Any:
        initial = _start(self.initial_learning_rate)
        dtype = initial.dtype
        first = tf.cast(self.first_decay_steps, dtype)
        t_mul, m_mul = tf.cast(self._t_mul, dtype), tf.cast(self._m_mul, dtype)
        done = tf.cast(step, dtype) / first
        if self._t_mul == 1.0:
            restart = tf.floor(done)
            fraction = done - restart
        else:
            restart = tf.floor(
                tf.math.log(1.0 - done * (1.0 - t_mul)) / tf.math.log(t_mul)
            )
            before = (1.0 - tf.pow(t_mul, restart)) / (1.0 - t_mul)
            fraction = (done - before) / tf.pow(t_mul, restart)
        cosine = 0.5 * tf.pow(m_mul, restart) * (1.0 + tf.cos(math.pi * fraction))
        return initial * ((1 - self.alpha) * cosine + self.alpha)

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "first_decay_steps": self.first_decay_steps,
            "t_mul": self._t_mul,
            "m_mul": self._m_mul,
            "alpha": self.alpha,
            "name": self.name,
        }


_BY_NAME = {
    c.__name__: c
    for c in (
        ExponentialDecay,
        PiecewiseConstantDecay,
        PolynomialDecay,
        InverseTimeDecay,
        CosineDecay,
        CosineDecayRestarts,
    )
}


def serialize(learning_rate_schedule: Any, use_legacy_format: bool = False) -> Any:
    """Return the configuration of a schedule."""
    return serialization.serialize_keras_object(learning_rate_schedule)


def deserialize(
    config: Any, custom_objects: Any = None, use_legacy_format: bool = False
) -> Any:
    """Return the schedule that a configuration describes."""
    return serialization.deserialize_keras_object(
        config, _BY_NAME, custom_objects, "decay"
    )
