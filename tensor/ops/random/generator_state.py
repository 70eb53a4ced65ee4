"""The state of a random generator: a counter and a key, in a vector of int64."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import constant_tensor, convert
from tensor.core.public_api import export
from tensor.core.tensor import Tensor
from tensor.ops.array import cast
from tensor.ops.random.stateless import Algorithm, algorithm_number

_THREEFRY = Algorithm.THREEFRY.value
STATE_SIZE = 3  # two numbers for the counter, one for the key
WORD = (1 << 64) - 1


def signed(number: int) -> int:
    """Return the int64 of the same 64 bits."""
    number &= WORD
    return number - (1 << 64) if number >> 63 else number


@export("random.create_rng_state", "random.experimental.create_rng_state")
def create_rng_state(seed: Any, alg: Any) -> Any:
    """Return the state that a generator made from `seed` starts with.

    Args:
        seed: An integer of any size, or a vector of up to three; a shorter one is
            filled up with zeros in front.
        alg: "philox", "threefry" or "auto_select".

    Raises:
        ValueError: The algorithm is another one.
    """
    size = state_size(algorithm_number(alg))
    if isinstance(seed, int):
        numbers = [signed(seed >> 64 * i) for i in range(size)]
    else:
        numbers = [signed(int(n)) for n in np.asarray(seed).reshape(-1)[:size]]
        numbers = [0] * (size - len(numbers)) + numbers
    return constant_tensor(np.array(numbers, np.int64))


def state_size(algorithm: int) -> int:
    """Return how many numbers the state of an algorithm has at least."""
    return 2 if algorithm == _THREEFRY else STATE_SIZE


def checked_state(state: Any, wanted: int) -> Any:
    """Return a state as a vector of int64.

    Raises:
        ValueError: It is no vector, or has fewer than `wanted` numbers.
    """
    if isinstance(state, Tensor) or hasattr(state, "read_for_op"):
        result = convert(state)
        if result.dtype is not dtypes.int64:
            result = cast(result, dtype=dtypes.int64)
    else:
        numbers = [signed(int(n)) for n in np.asarray(state, dtype=object).reshape(-1)]
        result = convert(np.array(numbers, np.int64))
    if result.ndim != 1 or np.ndim(state) != 1:
        raise ValueError(
            f"The shape of RNG state must be one-dimensional; got {result.shape}"
        )
    size = result.static_shape[0]
    if size is not None and size < wanted:
        name = "Philox" if wanted == STATE_SIZE else "ThreeFry"
        raise ValueError(
            f"For the {name} algorithm, the size of state must be at least "
            f"{wanted}; got {size}"
        )
    return result


def key_counter_state(key: Any, counter: Any) -> list[int]:
    """Return a state from a key and a counter of one or two integers.

    Raises:
        InvalidArgumentError: The key is not one integer, or the counter not up to two.
    """
    keys = [int(k) for k in np.asarray(key).reshape(-1)]
    counters = [int(c) for c in np.asarray(counter).reshape(-1)]
    if len(keys) != 1 or not 1 <= len(counters) <= 2:
        raise errors.because(
            errors.InvalidArgumentError,
            "Expected one integer for the key and up to two for the counter, got "
            f"{key} and {counter}.",
        )
    return [*counters, *[0] * (2 - len(counters)), *keys]
