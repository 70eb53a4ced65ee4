"""Functions evaluated piece by piece, by the Chebyshev series in `chebyshev.json`."""

from __future__ import annotations

import functools
import json
import pathlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

# The table is made by tests/oracle/chebyshev_tables.py, and read when first needed.
_FILE = pathlib.Path(__file__).with_name("chebyshev.json")


@functools.cache
def _tables() -> dict[str, Any]:
    return json.loads(_FILE.read_text())


def series(name: str, t: np.ndarray) -> np.ndarray:
    """Return the tabulated function `name` at `t`, which must lie in its interval."""
    pieces = _tables()[name]
    if len(pieces) == 1:
        return _clenshaw(pieces[0], t)
    result = np.empty_like(t)
    which = np.searchsorted([p[0] for p in pieces[1:]], t, side="right")
    for number, piece in enumerate(pieces):
        inside = which == number
        if inside.any():
            result[inside] = _clenshaw(piece, t[inside])
    return result


def _clenshaw(piece: Any, t: np.ndarray) -> np.ndarray:
    """Sum one Chebyshev series by Clenshaw's recurrence."""
    low, high, coefficients = piece
    twice = (t - (low + high) / 2) * (4 / (high - low))
    after, value = np.zeros_like(t), np.full_like(t, coefficients[-1])
    for c in coefficients[-2:0:-1]:
        after, value = value, twice * value - after + c
    return twice / 2 * value - after + coefficients[0]


def choose(
    x: Any, *cases: tuple[Any, Callable[..., Any]], otherwise: float = np.nan
) -> Any:
    """Return, for each element, what the function of its case gives.

    Args:
        x: An array, or a tuple of arrays of one shape.
        *cases: Pairs of a mask and a function; the function sees only the elements
            where the mask is true. Of several true masks, the last counts.
        otherwise: The value where no mask is true.
    """
    arrays = x if isinstance(x, tuple) else (x,)
    result = np.full(arrays[0].shape, otherwise)
    for mask, function in cases:
        if mask.any():
            result[mask] = function(*[a[mask] for a in arrays])
    return result
