"""Which algorithm makes random bits, and how users name it."""

from __future__ import annotations

import enum
from typing import Any

import numpy as np

from tensor.core import errors
from tensor.core.public_api import export


@export("random.Algorithm", "random.experimental.Algorithm")
class Algorithm(enum.Enum):
    """How random bits are made. ThreeFry draws none here; AUTO_SELECT is Philox."""

    PHILOX = 1
    THREEFRY = 2
    AUTO_SELECT = 3


def algorithm_number(algorithm: Any) -> int:
    """Return the number of an algorithm given by name, number or `Algorithm`.

    Raises:
        ValueError: There is none of this name.
        TypeError: It is given in another way.
    """
    if isinstance(algorithm, str):
        name = algorithm.strip().lower().replace("-", "").replace("_", "")
        for known in Algorithm:
            if known.name.lower().replace("_", "") == name:
                return known.value
        raise unknown_algorithm(algorithm)
    if isinstance(algorithm, Algorithm):
        return algorithm.value
    if isinstance(algorithm, int | np.integer):
        return int(algorithm)
    raise TypeError(
        f"Can't convert argument `alg` (of value {algorithm} and type "
        f"{type(algorithm)}) to int: name one of {[a.name for a in Algorithm]}."
    )


def unknown_algorithm(algorithm: Any) -> ValueError:
    """Return the error for an algorithm that there is not."""
    names: list[Any] = [a.value for a in Algorithm]
    if isinstance(algorithm, str):
        names = [a.name.lower() for a in Algorithm]
    return ValueError(
        f"Argument `alg` got unsupported value {algorithm}. Supported values are "
        f"{names[0]} for the Philox algorithm, {names[1]} for the ThreeFry algorithm, "
        f"and {names[2]} for auto-selection."
    )


def check_algorithm(algorithm: Any) -> None:
    """Check that an algorithm is one that draws numbers on a CPU.

    Raises:
        ValueError: It is unknown.
        InvalidArgumentError: It is ThreeFry.
    """
    number = algorithm_number(algorithm)
    if number == Algorithm.THREEFRY.value:
        raise errors.because(
            errors.InvalidArgumentError,
            "counter must be a vector with length at least 2; got shape: [1]. The "
            "ThreeFry algorithm is for other devices than CPUs: use 'philox' or "
            "'auto_select'.",
        )
    if number not in (Algorithm.PHILOX.value, Algorithm.AUTO_SELECT.value):
        raise unknown_algorithm(algorithm)
