"""Adadelta: steps in the variable's own units."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.core.indexed_slices import IndexedSlices
from tensor.keras.optimizers.optimizer import Optimizer


class Adadelta(Optimizer):
    """Steps as large as earlier ones, by the size of gradients."""

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        name: str = "Adadelta",
        **kwargs: Any,
    ) -> None:
        """Take the learning rate, the decay, and a guard against zero.

        The other keywords are those of `Optimizer`.
        """
        super().__init__(name=name, weight_decay=weight_decay, **kwargs)
        self._learning_rate = self._build_learning_rate(learning_rate)
        self.rho = rho
        self.epsilon = epsilon

    def build(self, var_list: Any) -> None:
        super().build(var_list)
        if self.built:
            return
        self.built = True
        make = self.add_variable_from_reference
        self._accumulated_grads = []
        self._accumulated_delta_vars = []
        for v in var_list:
            self._accumulated_grads.append(make(v, "accumulated_grad"))
            self._accumulated_delta_vars.append(make(v, "accumulated_delta_var"))

    def update_step(self, gradient: Any, variable: Any) -> None:
        rate = tf.cast(self._rate(), variable.dtype)
        rho = self.rho
        sizes = self._slot(self._accumulated_grads, variable)
        steps = self._slot(self._accumulated_delta_vars, variable)
        if isinstance(gradient, IndexedSlices):
            values, indices = gradient.values, gradient.indices
            sizes.assign_add((rho - 1) * sizes)
            sizes.scatter_add(IndexedSlices((1 - rho) * tf.square(values), indices))
            gradient = tf.convert_to_tensor(
                IndexedSlices(values, indices, tf.shape(variable))
            )
        else:
            sizes.assign(rho * sizes + (1 - rho) * gradient * gradient)
        delta = (
            -tf.sqrt(steps + self.epsilon) * gradient / tf.sqrt(sizes + self.epsilon)
        )
        steps.assign(rho * steps + (1 - rho) * delta * delta)
        variable.assign_add(rate * delta)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "learning_rate": self._rate_config(),
            "rho": self.rho,
            "epsilon": self.epsilon,
        }
