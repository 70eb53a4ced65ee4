"""The global seed of `tf.random.set_seed`, and the seeds of ops that follow from it.

With a global seed set, every op that draws random numbers gets a seed of its own from a
sequence that starts over with each `set_seed`: the same program draws the same numbers.
The sequence is TensorFlow's.
"""

from __future__ import annotations

import random

_MAX_INT32 = 2**31 - 1


class _Seeds:
    """The global seed, None until it is set, and the sequence derived from it."""

    def __init__(self) -> None:
        self.seed: int | None = None
        self.sequence = random.Random()


_seeds = _Seeds()


def global_seed() -> int | None:
    """Return the seed that `tf.random.set_seed` was given, None if it never was."""
    return _seeds.seed


def next_op_seed() -> int:
    """Return a seed for an op that was given none."""
    return _seeds.sequence.randint(0, _MAX_INT32)


def set_global_seed(seed: int) -> None:
    """Set the global seed and start the sequence of op seeds anew."""
    _seeds.seed = seed
    _seeds.sequence = random.Random(seed)
