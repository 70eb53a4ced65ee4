"""Random numbers: the bit stream, distributions, seeds, and the ops that draw."""

from tensor.ops.random import (
    stateful as stateful,
    stateless as stateless,
)
