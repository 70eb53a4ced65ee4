"""Random numbers: the bit stream, distributions, seeds, and the ops that draw."""

from tensor.ops.random import (
    generator as generator,
    stateful as stateful,
    stateless as stateless,
    trials as trials,
)
