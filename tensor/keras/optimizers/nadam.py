"""Nadam: Adam that looks ahead."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.core.indexed_slices import IndexedSlices
from tensor.keras.optimizers.optimizer import Optimizer


class Nadam(Optimizer):
    """Adam with Nesterov's momentum."""

    # How fast the momentum grows with the steps.
    _growth = 1.0

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        name: str = "Nadam",
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

    def build(self, var_list: Any) -> None:
        super().build(var_list)
        if self.built:
            return
        self.built = True
        self._momentums = []
        self._velocities = []
        # The product of all momentum factors so far.
        self._u_product = tf.Variable(
            1.0, dtype=var_list[0].dtype, trainable=False, name="u_product"
        )
        for v in var_list:
            self._momentums.append(self.add_variable_from_reference(v, "m"))
            self._velocities.append(self.add_variable_from_reference(v, "v"))

    def _factor(self, step: Any, dtype: Any) -> Any:
        """Return the momentum at a step; it grows from half of `beta_1`."""
        step = tf.cast(step, dtype)
        return self.beta_1 * (
            1.0 - 0.5 * tf.pow(tf.cast(0.96, dtype), step * self._growth)
        )

    def begin_step(self) -> None:
        u = self._u_product
        u.assign(u * self._factor(self.iterations + 1, u.dtype))

    def update_step(self, gradient: Any, variable: Any) -> None:
        dtype = variable.dtype
        rate = tf.cast(self._rate(), dtype)
        beta_2 = tf.cast(self.beta_2, dtype)
        now = self._factor(self.iterations + 1, dtype)
        following = self._factor(self.iterations + 2, dtype)
        product = tf.cast(self._u_product, dtype)
        m = self._slot(self._momentums, variable)
        v = self._slot(self._velocities, variable)
        if isinstance(gradient, IndexedSlices):
            values, indices = gradient.values, gradient.indices
            m.assign_add(-m * (1 - self.beta_1))
            m.scatter_add(IndexedSlices(values * (1 - self.beta_1), indices))
            v.assign_add(-v * (1 - self.beta_2))
            v.scatter_add(IndexedSlices(tf.square(values) * (1 - self.beta_2), indices))
            gradient = tf.convert_to_tensor(
                IndexedSlices(values, indices, tf.shape(variable))
            )
        else:
            m.assign_add((gradient - m) * (1 - self.beta_1))
            v.assign_add((tf.square(gradient) - v) * (1 - self.beta_2))
        ahead = following * m / (1 - product * following)
        ahead += (1 - now) * gradient / (1 - product)
        v_hat = v / (1 - tf.pow(beta_2, tf.cast(self.iterations + 1, dtype)))
        variable.assign_sub(ahead * rate / (tf.sqrt(v_hat) + self.epsilon))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "learning_rate": self._rate_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
        }
