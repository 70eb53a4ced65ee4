"""The state of a random generator: a counter and a key, in a vector of int64."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import dtypes, nest
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.ops.array import cast, concat, reshape
from tensor.ops.random.algorithm import Algorithm, algorithm_number, unknown_algorithm

# On a CPU, the algorithm that is selected is Philox.
_COUNTER_SIZES = {
    Algorithm.PHILOX.value: 2,
    Algorithm.THREEFRY.value: 1,
    Algorithm.AUTO_SELECT.value: 2,
}
WORD = (1 << 64) - 1


def signed(number: int) -> int:
    """Return the int64 of the same 64 bits."""
    number &= WORD
    return number - (1 << 64) if number >> 63 else number


@export("random.create_rng_state", "random.experimental.create_rng_state")
def create_rng_state(seed: Any, alg: Any) -> Any:
    """Return the state that a generator made from `seed` starts with.

    Args:
        seed: An integer of any size, or a vector of integers: as many count as the
            state has numbers; a shorter one is filled up with zeros in front.
        alg: "philox", "threefry" or "auto_select".

    Raises:
        ValueError: The algorithm is another one.
    """
    size = state_size(algorithm_number(alg))
    if isinstance(seed, int):
        seed = [signed(seed >> 64 * i) for i in range(size)]
    numbers = reshape(as_words(seed), shape=(-1,))[:size]
    zeros = convert(np.zeros(size, np.int64))
    return reshape(concat(zeros, numbers, axis=0)[-size:], shape=(size,))


def state_size(algorithm: int) -> int:
    """Return how many numbers the state of an algorithm has: a counter and a key.

    Raises:
        ValueError: There is no such algorithm.
    """
    size = _COUNTER_SIZES.get(algorithm)
    if size is None:
        raise unknown_algorithm(algorithm)
    return size + 1


def as_words(numbers: Any) -> Any:
    """Return integers of 64 bits, signed or not, as a tensor of int64."""
    words = convert(
        nest.map_structure(lambda n: signed(n) if type(n) is int else n, numbers)
    )
    return words if words.dtype is dtypes.int64 else cast(words, dtype=dtypes.int64)


def checked_state(state: Any, algorithm: int) -> Any:
    """Return a state as a vector of int64.

    Raises:
        ValueError: It is no vector, or not as long as the algorithm's states are.
    """
    result = as_words(state)
    result.shape.assert_is_compatible_with([state_size(algorithm)])
    return result


def key_counter_state(key: Any, counter: Any, algorithm: int) -> Any:
    """Return a state made of a key and a counter.

    Raises:
        ValueError: The key is not one integer, or the counter not as long as the
            algorithm's counters are.
    """
    key, counter = as_words(key), as_words(counter)
    counter.shape.assert_is_compatible_with([state_size(algorithm) - 1])
    key.shape.assert_is_compatible_with([])
    return concat(counter, reshape(key, shape=(1,)), axis=0)
