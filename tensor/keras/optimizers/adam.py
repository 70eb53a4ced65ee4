"""Adam: steps scaled by running moments of the gradient."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.core.indexed_slices import IndexedSlices
from tensor.keras.optimizers.optimizer import Optimizer


class Adam(Optimizer):
    """Steps by the running mean of the gradient over the root of that of its square."""

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        weight_decay: float | None = None,
        name: str = "Adam",
        **kwargs: Any,
    ) -> None:
        """Take the learning rate, the decays of both moments, and a guard against zero.

        The other keywords are those of `Optimizer`.
        """
        super().__init__(name=name, weight_decay=weight_decay, **kwargs)
        self._learning_rate = self._build_learning_rate(learning_rate)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.amsgrad = amsgrad

    def build(self, var_list: Any) -> None:
        super().build(var_list)
        if self.built:
            return
        self.built = True
        self._momentums = []
        self._velocities = []
        self._velocity_hats = []
        for v in var_list:
            self._momentums.append(self.add_variable_from_reference(v, "m"))
            self._velocities.append(self.add_variable_from_reference(v, "v"))
        if self.amsgrad:
            make = self.add_variable_from_reference
            self._velocity_hats = [make(v, "vhat") for v in var_list]

    def update_step(self, gradient: Any, variable: Any) -> None:
        dtype = variable.dtype
        rate = tf.cast(self._rate(), dtype)
        step = tf.cast(self.iterations + 1, dtype)
        beta_1_power = tf.pow(tf.cast(self.beta_1, dtype), step)
        beta_2_power = tf.pow(tf.cast(self.beta_2, dtype), step)
        alpha = rate * tf.sqrt(1 - beta_2_power) / (1 - beta_1_power)
        m = self._slot(self._momentums, variable)
        v = self._slot(self._velocities, variable)
        if isinstance(gradient, IndexedSlices):
            values, indices = gradient.values, gradient.indices
            m.assign_add(-m * (1 - self.beta_1))
            m.scatter_add(IndexedSlices(values * (1 - self.beta_1), indices))
            v.assign_add(-v * (1 - self.beta_2))
            v.scatter_add(IndexedSlices(tf.square(values) * (1 - self.beta_2), indices))
        else:
            m.assign_add((gradient - m) * (1 - self.beta_1))
            v.assign_add((tf.square(gradient) - v) * (1 - self.beta_2))
        if self.amsgrad:
            highest = self._slot(self._velocity_hats, variable)
            highest.assign(tf.maximum(highest, v))
            v = highest
        variable.assign_sub(m * alpha / (tf.sqrt(v) + self.epsilon))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "learning_rate": self._rate_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "amsgrad": self.amsgrad,
        }
