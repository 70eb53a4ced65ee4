"""SGD: gradient descent, with momentum if wanted."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.core.indexed_slices import IndexedSlices
from tensor.keras.optimizers.optimizer import Optimizer


class SGD(Optimizer):
    """Gradient descent: variable -= rate * gradient, with momentum if wanted."""

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float | None = None,
        name: str = "SGD",
        **kwargs: Any,
    ) -> None:
        """Take the learning rate, the momentum, and whether it looks ahead (Nesterov).

        The other keywords are those of `Optimizer`.
        """
        super().__init__(name=name, weight_decay=weight_decay, **kwargs)
        self._learning_rate = self._build_learning_rate(learning_rate)
        self.momentum = momentum
        self.nesterov = nesterov
        if not 0 <= momentum <= 1:
            raise ValueError(f"`momentum` must be between [0, 1]. Got {momentum}.")

    def build(self, var_list: Any) -> None:
        super().build(var_list)
        if self.built:
            return
        self.built = True
        # Kept without momentum too: files of Keras have them.
        self.momentums = [self.add_variable_from_reference(v, "m") for v in var_list]

    def update_step(self, gradient: Any, variable: Any) -> None:
        rate = tf.cast(self._rate(), variable.dtype)
        momentum = tf.cast(self.momentum, variable.dtype)
        if isinstance(gradient, IndexedSlices):
            self._sparse_step(gradient, variable, rate, momentum)
            return
        step = -gradient * rate
        if not self.momentum:
            variable.assign_add(step)
            return
        m = self._slot(self.momentums, variable)
        m.assign(step + m * momentum)
        variable.assign_add(step + m * momentum if self.nesterov else m.value())

    def _sparse_step(
        self, gradient: Any, variable: Any, rate: Any, momentum: Any
    ) -> None:
        step = IndexedSlices(-gradient.values * rate, gradient.indices)
        if not self.momentum:
            variable.scatter_add(step)
            return
        m = self._slot(self.momentums, variable)
        m.assign(m * momentum)
        m.scatter_add(step)
        if self.nesterov:
            variable.scatter_add(step)
            variable.assign_add(m * momentum)
        else:
            variable.assign_add(m.value())

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "learning_rate": self._rate_config(),
            "momentum": self.momentum,
            "nesterov": self.nesterov,
        }
