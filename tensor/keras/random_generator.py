"""RandomGenerator: where initializers and layers get their random numbers.

With a seed, or after `set_random_seed`, the numbers are Keras's own.
"""

from __future__ import annotations

import random
import threading
from typing import Any

import tensor as tf
from tensor.keras import settings

_thread = threading.local()


def seed_the_seeds(seed: int) -> None:
    """Make the seeds that generators choose for themselves repeatable."""
    _thread.source = random.Random(seed)


def chosen_seed() -> int:
    """Return a seed for a generator that was given none."""
    source = getattr(_thread, "source", None) or random
    return source.randint(1, int(1e9))


class RandomGenerator:
    """Draws numbers: always the same ones, or new ones at each call.

    Attributes:
        is_stateless: Whether equal calls give equal numbers (initializers), or each
            call goes on in the sequence (dropout).
    """

    def __init__(
        self,
        seed: int | None = None,
        rng_type: str = "legacy_stateful",
    ) -> None:
        """Take the seed, and "stateless" for numbers that repeat.

        Raises:
            ValueError: `rng_type` is unknown.
        """
        if rng_type not in {"stateless", "stateful", "legacy_stateful"}:
            raise ValueError(
                "`rng_type` supports 'stateless', 'stateful' and 'legacy_stateful'. "
                f"Got: {rng_type}"
            )
        self._seed = seed
        self.is_stateless = rng_type == "stateless"

    def _stateless_seed(self, nonce: Any) -> Any:
        if self._seed is None:
            self._seed = chosen_seed()
        seed: Any = [self._seed, 0]
        return tf.random.fold_in(seed, nonce) if nonce else seed

    def _next_seed(self) -> int | None:
        if self._seed is None:
            return None
        seed = self._seed
        self._seed += 1
        return seed

    def random_normal(
        self,
        shape: Any,
        mean: float = 0.0,
        stddev: float = 1.0,
        dtype: Any = None,
        nonce: Any = None,
    ) -> Any:
        """Return normally distributed numbers."""
        return self._draw("normal", shape, dtype, nonce, mean=mean, stddev=stddev)

    def random_uniform(
        self,
        shape: Any,
        minval: float = 0.0,
        maxval: float | None = None,
        dtype: Any = None,
        nonce: Any = None,
    ) -> Any:
        """Return uniformly distributed numbers."""
        return self._draw("uniform", shape, dtype, nonce, minval=minval, maxval=maxval)

    def truncated_normal(
        self,
        shape: Any,
        mean: float = 0.0,
        stddev: float = 1.0,
        dtype: Any = None,
        nonce: Any = None,
    ) -> Any:
        """Return normally distributed numbers within two standard deviations."""
        return self._draw(
            "truncated_normal", shape, dtype, nonce, mean=mean, stddev=stddev
        )

    def _draw(
        self, kind: str, shape: Any, dtype: Any, nonce: Any, **parameters: Any
    ) -> Any:
        dtype = dtype or settings.floatx()
        if self.is_stateless:
            draw = getattr(tf.random, f"stateless_{kind}")
            return draw(
                shape, seed=self._stateless_seed(nonce), dtype=dtype, **parameters
            )
        draw = getattr(tf.random, kind)
        return draw(shape, dtype=dtype, seed=self._next_seed(), **parameters)

    def dropout(self, inputs: Any, rate: Any, noise_shape: Any = None) -> Any:
        """Return the inputs with a share of `rate` set to zero, the rest scaled up."""
        return tf.nn.dropout(
            inputs, rate=rate, noise_shape=noise_shape, seed=self._next_seed()
        )
