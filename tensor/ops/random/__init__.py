"""Random numbers: the bit stream, distributions, seeds, and the ops that draw."""

from tensor.ops.random import (
    bounded_normal as bounded_normal,
    gamma as gamma,
    generator as generator,
    index_shuffle as index_shuffle,
    stateful as stateful,
    stateless as stateless,
    trials as trials,
)
