"""Adafactor: Adam's second moment kept by rows and columns."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.core.indexed_slices import IndexedSlices
from tensor.keras.optimizers.optimizer import Optimizer


class Adafactor(Optimizer):
    """Steps scaled by second moments that are kept as rows and columns only."""

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
        weight_decay: float | None = None,
        name: str = "Adafactor",
        **kwargs: Any,
    ) -> None:
        """Take the learning rate, the decay's exponent, guards, and the largest step.

        The other keywords are those of `Optimizer`.
        """
        super().__init__(name=name, weight_decay=weight_decay, **kwargs)
        self._learning_rate = self._build_learning_rate(learning_rate)
        self.beta_2_decay = beta_2_decay
        self.epsilon_1 = epsilon_1
        self.epsilon_2 = epsilon_2
        self.clip_threshold = clip_threshold
        self.relative_step = relative_step

    def build(self, var_list: Any) -> None:
        super().build(var_list)
        if self.built:
            return
        self.built = True
        self._r: list[Any] = []
        self._c: list[Any] = []
        self._v: list[Any] = []
        for v in var_list:
            shape = v.shape.as_list()
            is_matrix = len(shape) >= 2
            rows = shape[:-1] if is_matrix else []
            columns = shape[:-2] + shape[-1:] if is_matrix else []
            make = self.add_variable_from_reference
            self._r.append(make(v, "r", shape=rows) if is_matrix else None)
            self._c.append(make(v, "c", shape=columns) if is_matrix else None)
            self._v.append(make(v, "v"))

    def update_step(self, gradient: Any, variable: Any) -> None:
        dtype = variable.dtype
        rate = tf.cast(self._rate(), dtype)
        step = tf.cast(self.iterations + 1, dtype)
        if isinstance(gradient, IndexedSlices):
            gradient = tf.convert_to_tensor(
                IndexedSlices(gradient.values, gradient.indices, tf.shape(variable))
            )
        if self.relative_step:
            rate = tf.minimum(rate, tf.math.rsqrt(step))
        scale = tf.maximum(tf.cast(self.epsilon_2, dtype), _size(variable)) * rate
        squares = tf.square(gradient) + self.epsilon_1
        beta_2 = 1 - tf.pow(step, self.beta_2_decay)
        i = self._index_of(variable)
        v = self._v[i]
        if self._r[i] is not None:
            r, c = self._r[i], self._c[i]
            r.assign(beta_2 * r + (1 - beta_2) * tf.reduce_mean(squares, axis=-1))
            c.assign(beta_2 * c + (1 - beta_2) * tf.reduce_mean(squares, axis=-2))
            rows = r / tf.reduce_mean(r, axis=-1, keepdims=True)
            v.assign(tf.expand_dims(rows, -1) * tf.expand_dims(c, -2))
        else:
            v.assign(beta_2 * v + (1 - beta_2) * squares)
        change = gradient * tf.math.rsqrt(v)
        change = change / tf.maximum(
            tf.ones((), dtype), _size(change) / self.clip_threshold
        )
        variable.assign_add(-scale * change)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "learning_rate": self._rate_config(),
            "beta_2_decay": self.beta_2_decay,
            "epsilon_1": self.epsilon_1,
            "epsilon_2": self.epsilon_2,
            "clip_threshold": self.clip_threshold,
            "relative_step": self.relative_step,
        }


def _size(x: Any) -> Any:
    """Return the root of the mean of squares."""
    return tf.sqrt(tf.reduce_mean(tf.square(x)))
