"""Lion: steps of one size, in the direction of the momentum's sign."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.core.indexed_slices import IndexedSlices
from tensor.keras.optimizers.optimizer import Optimizer


class Lion(Optimizer):
    """Steps by the sign of the momentum."""

    def __init__(
        self,
        learning_rate: Any = 0.0001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        weight_decay: float | None = None,
        name: str = "Lion",
        **kwargs: Any,
    ) -> None:
        """Take the learning rate, and the decays of step and momentum.

        The other keywords are those of `Optimizer`.
        """
        super().__init__(name=name, weight_decay=weight_decay, **kwargs)
        self._learning_rate = self._build_learning_rate(learning_rate)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        if not 0 < beta_1 <= 1:
            raise ValueError(
                f"`beta_1`={beta_1} must be between ]0, 1]. Otherwise, the optimizer "
                "degenerates to SignSGD."
            )

    def build(self, var_list: Any) -> None:
        super().build(var_list)
        if self.built:
            return
        self.built = True
        self._momentums = []
        for v in var_list:
            self._momentums.append(self.add_variable_from_reference(v, "m"))

    def update_step(self, gradient: Any, variable: Any) -> None:
        dtype = variable.dtype
        rate = tf.cast(self._rate(), dtype)
        beta_1, beta_2 = tf.cast(self.beta_1, dtype), tf.cast(self.beta_2, dtype)
        m = self._slot(self._momentums, variable)
        if isinstance(gradient, IndexedSlices):
            values, indices = gradient.values, gradient.indices
            m.assign(m * beta_1)
            m.scatter_add(IndexedSlices(values * (1.0 - beta_1), indices))
            variable.assign_sub(rate * tf.sign(m))
            m.assign(m * beta_2 / beta_1)
            m.scatter_add(IndexedSlices(values * (1.0 - beta_2 / beta_1), indices))
        else:
            variable.assign_sub(rate * tf.sign(m * beta_1 + gradient * (1.0 - beta_1)))
            m.assign(m * beta_2 + gradient * (1.0 - beta_2))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "learning_rate": self._rate_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
        }
