"""set_random_seed: one call that makes everything random repeatable."""

from __future__ import annotations

import random

import numpy as np

import tensor as tf
from tensor.keras.random_generator import seed_the_seeds


def set_random_seed(seed: int) -> None:
    """Seed Python's, NumPy's and TensorFlow's random numbers, and Keras's seeds.

    Raises:
        ValueError: It is no integer.
    """
    if not isinstance(seed, int):
        raise ValueError(
            f"Expected `seed` argument to be an integer. Received: seed={seed} (of "
            "type "
            f"{type(seed)})"
        )
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  # users' own code draws from it
    tf.random.set_seed(seed)
    seed_the_seeds(seed)
