"""Comparisons, element by element."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core.registry import register
from tensor.ops.families import ANY, REAL, BinaryPredicate


class Less(BinaryPredicate):
    """Whether x < y, element by element."""

    names = ("less", "math.less")
    ufunc = np.less
    allows = REAL


class LessEqual(BinaryPredicate):
    """Whether x <= y, element by element."""

    names = ("less_equal", "math.less_equal")
    ufunc = np.less_equal
    allows = REAL


class Greater(BinaryPredicate):
    """Whether x > y, element by element."""

    names = ("greater", "math.greater")
    ufunc = np.greater
    allows = REAL


class GreaterEqual(BinaryPredicate):
    """Whether x >= y, element by element."""

    names = ("greater_equal", "math.greater_equal")
    ufunc = np.greater_equal
    allows = REAL


class Equal(BinaryPredicate):
    """Whether x == y, element by element; NaN equals nothing."""

    names = ("equal", "math.equal")
    ufunc = np.equal
    allows = ANY

    def kernel(self, x: Any, y: Any) -> Any:
        return np.asarray(np.equal(x, y), dtype=np.bool_)[()]


class NotEqual(BinaryPredicate):
    """Whether x != y, element by element."""

    names = ("not_equal", "math.not_equal")
    ufunc = np.not_equal
    allows = ANY

    def kernel(self, x: Any, y: Any) -> Any:
        return np.asarray(np.not_equal(x, y), dtype=np.bool_)[()]


less = register(Less)
less_equal = register(LessEqual)
greater = register(Greater)
greater_equal = register(GreaterEqual)
equal = register(Equal)
not_equal = register(NotEqual)
