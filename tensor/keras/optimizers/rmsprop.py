"""RMSprop: gradients divided by their running size."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.core.indexed_slices import IndexedSlices
from tensor.keras.optimizers.optimizer import Optimizer


class RMSprop(Optimizer):
    """Gradients divided by the root of a running mean of their squares."""

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        weight_decay: float | None = None,
        name: str = "RMSprop",
        **kwargs: Any,
    ) -> None:
        """Take the rate, the decay, a momentum, and whether to subtract the mean.

        The other keywords are those of `Optimizer`.
        """
        kwargs.setdefault("ema_overwrite_frequency", 100)
        super().__init__(name=name, weight_decay=weight_decay, **kwargs)
        self._learning_rate = self._build_learning_rate(learning_rate)
        self.rho = rho
        self.momentum = momentum
        self.epsilon = epsilon
        self.centered = centered

    def build(self, var_list: Any) -> None:
        super().build(var_list)
        if self.built:
            return
        self.built = True
        make = self.add_variable_from_reference
        self._velocities = [make(v, "velocity") for v in var_list]
        self._momentums = []
        if self.momentum > 0:
            self._momentums = [make(v, "momentum") for v in var_list]
        self._average_gradients = []
        if self.centered:
            self._average_gradients = [make(v, "average_gradient") for v in var_list]

    def update_step(self, gradient: Any, variable: Any) -> None:
        rate = tf.cast(self._rate(), variable.dtype)
        is_sparse = isinstance(gradient, IndexedSlices)
        velocity = self._slot(self._velocities, variable)
        _move(velocity, gradient, self.rho, squared=True)
        denominator = velocity + self.epsilon
        if self.centered:
            average = self._slot(self._average_gradients, variable)
            _move(average, gradient, self.rho, squared=False)
            denominator = velocity - tf.square(average) + self.epsilon
        if is_sparse:
            rows = tf.gather(denominator, gradient.indices)
            values = rate * gradient.values * tf.math.rsqrt(rows)
            self._sparse_step(values, gradient.indices, variable)
            return
        step = rate * gradient * tf.math.rsqrt(denominator)
        if self._momentums:
            momentum = self._slot(self._momentums, variable)
            momentum.assign(self.momentum * momentum + step)
            step = momentum.value()
        variable.assign_add(-step)

    def _sparse_step(self, values: Any, indices: Any, variable: Any) -> None:
        if self._momentums:
            momentum = self._slot(self._momentums, variable)
            momentum.assign(self.momentum * momentum)
            momentum.scatter_add(IndexedSlices(values, indices))
            variable.assign_add(-momentum)
        else:
            variable.scatter_add(IndexedSlices(-values, indices))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "learning_rate": self._rate_config(),
            "rho": self.rho,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "centered": self.centered,
        }


def _move(average: Any, gradient: Any, rho: float, squared: bool) -> None:
    """Move a running mean of gradients, or of their squares."""
    if isinstance(gradient, IndexedSlices):
        values = tf.square(gradient.values) if squared else gradient.values
        average.assign(rho * average)
        average.scatter_add(IndexedSlices(values * (1 - rho), gradient.indices))
    else:
        value = tf.square(gradient) if squared else gradient
        average.assign(rho * average + (1 - rho) * value)
