"""Adagrad: steps that shrink where gradients were large."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.core.indexed_slices import IndexedSlices
from tensor.keras.optimizers.optimizer import Optimizer


class Adagrad(Optimizer):
    """Gradients divided by the root of the sum of all their squares so far."""

    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        name: str = "Adagrad",
        **kwargs: Any,
    ) -> None:
        """Take the learning rate, where the sums start, and a guard against zero.

        The other keywords are those of `Optimizer`.
        """
        super().__init__(name=name, weight_decay=weight_decay, **kwargs)
        self._learning_rate = self._build_learning_rate(learning_rate)
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon

    def build(self, var_list: Any) -> None:
        super().build(var_list)
        if self.built:
            return
        self.built = True
        self._accumulators = [
            self.add_variable_from_reference(
                v,
                "accumulator",
                initial_value=tf.fill(
                    v.shape, tf.cast(self.initial_accumulator_value, v.dtype)
                ),
            )
            for v in var_list
        ]

    def update_step(self, gradient: Any, variable: Any) -> None:
        rate = tf.cast(self._rate(), variable.dtype)
        total = self._slot(self._accumulators, variable)
        if isinstance(gradient, IndexedSlices):
            values, indices = gradient.values, gradient.indices
            total.scatter_add(IndexedSlices(values * values, indices))
            size = tf.sqrt(tf.gather(total, indices) + self.epsilon)
            variable.scatter_add(IndexedSlices(-rate * values / size, indices))
        else:
            total.assign_add(gradient * gradient)
            variable.assign_sub(rate * gradient / tf.sqrt(total + self.epsilon))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "learning_rate": self._rate_config(),
            "initial_accumulator_value": self.initial_accumulator_value,
            "epsilon": self.epsilon,
        }
