"""CalledRate: a learning rate that a function gives."""

from __future__ import annotations

from typing import Any

import tensor as tf


class CalledRate:
    """A learning rate that a function gives anew at each step."""

    def __init__(self, function: Any) -> None:
        self._function = function
        self.dtype = tf.float32

    def read_for_op(self) -> Any:
        return tf.cast(self._function(), "float32")

    def __float__(self) -> float:
        return float(self._function())

    def __call__(self) -> float:
        return float(self)

    def numpy(self) -> Any:
        return self.read_for_op().numpy()
