"""Sobol's sequence: points that fill the unit cube more evenly than random ones."""

from __future__ import annotations

import functools
import json
import pathlib
from typing import Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import constant_tensor
from tensor.core.public_api import export
from tensor.ops.families import known_integers

# The table is made by tests/oracle/sobol_tables.py, and read when first needed.
_FILE = pathlib.Path(__file__).with_name("sobol.json")
_BITS = 32


@functools.cache
def _table() -> list[list[int]]:
    return json.loads(_FILE.read_text())


def direction_numbers(dimension: int) -> np.ndarray:
    """Return what each bit of a point's number adds to its coordinate, in 2**-32."""
    polynomial, *m = _table()[dimension]
    degree = polynomial.bit_length() - 1
    if degree == 0:  # the first coordinate: van der Corput's sequence
        m = [1] * _BITS
    for i in range(len(m), _BITS):
        new = m[i - degree] ^ (m[i - degree] << degree)
        for k in range(1, degree):
            if polynomial >> (degree - k) & 1:
                new ^= m[i - k] << k
        m.append(new)
    return np.array([v << (_BITS - 1 - i) for i, v in enumerate(m)], np.uint64)


@export("math.sobol_sample")
def sobol_sample(
    dim: Any,
    num_results: Any,
    skip: Any = 0,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Any:
    """Return points of Sobol's sequence, as rows.

    Args:
        dim: The number of coordinates.
        num_results: The number of points.
        skip: How many points to leave out first.
        dtype: float32 or float64.
        name: A name for the result, in a graph.

    Raises:
        InvalidArgumentError: A number is out of range.
    """
    dims, count, first = (int(known_integers(v)) for v in (dim, num_results, skip))
    if dims < 1:
        raise errors.invalid("SobolSample", f"dim must be at least one, got {dims}")
    if dims > len(_table()):
        raise errors.invalid(
            "SobolSample", f"Expected dim <= {len(_table())}, got {dims}"
        )
    if count < 1:
        raise errors.invalid(
            "SobolSample", f"num_results must be at least one, got {count}"
        )
    if first < 0:
        raise errors.invalid("SobolSample", f"skip must be non-negative, got {first}")
    # The point at the origin is left out. Counting in Gray's code, each point differs
    # from the one before in one bit.
    number = np.arange(first + 1, first + 1 + count, dtype=np.uint64)
    gray = number ^ (number >> np.uint64(1))
    points = np.zeros((count, dims), np.uint64)
    for d in range(dims):
        for bit, added in enumerate(direction_numbers(d)):
            is_set = (gray >> np.uint64(bit)) & np.uint64(1)
            points[:, d] ^= is_set * added
    target = dtypes.as_dtype(dtype).numpy_dtype
    return constant_tensor((points / 2.0**_BITS).astype(target))
