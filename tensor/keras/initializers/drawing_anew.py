"""tf.random_normal_initializer and tf.random_uniform_initializer.

Without a seed they draw other numbers at every call, where Keras's initializers of the
same names repeat theirs.
"""

from __future__ import annotations

from typing import Any

from tensor.keras.initializers import random
from tensor.keras.initializers.initializer import RandomInitializer
from tensor.keras.random_generator import RandomGenerator


class _DrawsAnew(RandomInitializer):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.seed is None:
            self._generator = RandomGenerator(rng_type="legacy_stateful")

    def _warn_reuse(self) -> None:
        """Used again it gives other numbers: there is nothing to warn of."""


class RandomNormal(_DrawsAnew, random.RandomNormal):
    """Numbers from a normal distribution, others at every call."""


class RandomUniform(_DrawsAnew, random.RandomUniform):
    """Numbers from a uniform distribution, others at every call."""
