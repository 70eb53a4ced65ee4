"""FTRL: follow the regularized leader; sparse weights for many features."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.core.indexed_slices import IndexedSlices
from tensor.keras.optimizers.optimizer import Optimizer


class Ftrl(Optimizer):
    """Follow the regularized leader: L1 and L2 penalties give sparse weights."""

    def __init__(
        self,
        learning_rate: Any = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        weight_decay: float | None = None,
        name: str = "Ftrl",
        **kwargs: Any,
    ) -> None:
        """Take the learning rate, how it falls, and the strengths of the penalties.

        The other keywords are those of `Optimizer`.
        """
        super().__init__(name=name, weight_decay=weight_decay, **kwargs)
        self._learning_rate = self._build_learning_rate(learning_rate)
        self.learning_rate_power = learning_rate_power
        self.initial_accumulator_value = initial_accumulator_value
        self.l1_regularization_strength = l1_regularization_strength
        self.l2_regularization_strength = l2_regularization_strength
        self.l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self.beta = beta
        if learning_rate_power > 0.0:
            raise ValueError(
                "`learning_rate_power` needs to be negative or zero. Received: "
                f"learning_rate_power={learning_rate_power}."
            )
        for argument in (
            "initial_accumulator_value",
            "l1_regularization_strength",
            "l2_regularization_strength",
            "l2_shrinkage_regularization_strength",
        ):
            if getattr(self, argument) < 0.0:
                raise ValueError(
                    f"`{argument}` needs to be positive or zero. Received: "
                    f"{argument}={getattr(self, argument)}."
                )

    def build(self, var_list: Any) -> None:
        super().build(var_list)
        if self.built:
            return
        self.built = True
        self._accumulators = []
        self._linears = []
        for v in var_list:
            start = tf.fill(v.shape, tf.cast(self.initial_accumulator_value, v.dtype))
            self._accumulators.append(
                self.add_variable_from_reference(v, "accumulator", initial_value=start)
            )
            self._linears.append(self.add_variable_from_reference(v, "linear"))

    def update_step(self, gradient: Any, variable: Any) -> None:
        rate = tf.cast(self._rate(), variable.dtype)
        if isinstance(gradient, IndexedSlices):
            gradient = tf.convert_to_tensor(
                IndexedSlices(gradient.values, gradient.indices, tf.shape(variable))
            )
        total = self._slot(self._accumulators, variable)
        linear = self._slot(self._linears, variable)
        power = -self.learning_rate_power
        l1 = self.l1_regularization_strength
        l2 = self.l2_regularization_strength + self.beta / (2.0 * rate)
        shrunk = gradient + (2 * self.l2_shrinkage_regularization_strength * variable)
        new_total = total + tf.square(gradient)
        sigma = (tf.pow(new_total, power) - tf.pow(total, power)) / rate
        linear.assign_add(shrunk - sigma * variable)
        quadratic = tf.pow(new_total, power) / rate + 2 * l2
        clipped = tf.clip_by_value(linear, -l1, l1)
        variable.assign((clipped - linear) / quadratic)
        total.assign(new_total)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "learning_rate": self._rate_config(),
            "learning_rate_power": self.learning_rate_power,
            "initial_accumulator_value": self.initial_accumulator_value,
            "l1_regularization_strength": self.l1_regularization_strength,
            "l2_regularization_strength": self.l2_regularization_strength,
            "l2_shrinkage_regularization_strength": (
                self.l2_shrinkage_regularization_strength
            ),
            "beta": self.beta,
        }
