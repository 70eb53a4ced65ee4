"""Rounding, neighbours and the tests for what is not a finite number."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import dtypes
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, register
from tensor.ops.array import zeros_like
from tensor.ops.families import (
    FLOATING,
    NUMERIC,
    BinaryElementwise,
    UnaryElementwise,
    UnaryPredicate,
    check_kind,
    sum_to,
)


class _Rounding(UnaryElementwise):
    """A whole number near x; gradients do not pass."""

    allows = FLOATING
    gradient = NON_DIFFERENTIABLE


class Floor(_Rounding):
    """The largest whole number that is not above x."""

    names = ("floor", "math.floor")
    ufunc = np.floor


class Ceil(_Rounding):
    """The smallest whole number that is not below x."""

    names = ("math.ceil",)
    ufunc = np.ceil


class Rint(_Rounding):
    """The nearest whole number; halves go to the even one."""

    names = ("math.rint",)
    ufunc = np.rint


class Round(_Rounding):
    """The nearest whole number; halves go to the even one."""

    ufunc = np.rint


class NextAfter(BinaryElementwise):
    """The floating point number next to x1 in the direction of x2."""

    names = ()
    ufunc = np.nextafter
    allows = "f"
    keeps_inputs = False

    def gradient(self, call: Any, dz: Any) -> Any:
        x, y = call.inputs
        return (
            sum_to(dz, x) if call.wants[0] else None,
            sum_to(zeros_like(dz), y) if call.wants[1] else None,
        )


class IsNan(UnaryPredicate):
    """Whether x is not a number."""

    names = ("math.is_nan",)
    ufunc = np.isnan
    allows = FLOATING


class IsInf(UnaryPredicate):
    """Whether x is plus or minus infinity."""

    names = ("math.is_inf",)
    ufunc = np.isinf
    allows = FLOATING


class IsFinite(UnaryPredicate):
    """Whether x is neither infinite nor NaN."""

    names = ("math.is_finite",)
    ufunc = np.isfinite
    allows = FLOATING


floor = register(Floor)
ceil = register(Ceil)
rint = register(Rint)
round_op = register(Round)
next_after = register(NextAfter)
is_nan = register(IsNan)
is_inf = register(IsInf)
is_finite = register(IsFinite)


@export("round", "math.round")
@takes_composites
def round_(x: Any, name: str | None = None) -> Any:
    """Round to the nearest whole number, halves to even; integers stay as they are."""
    x = convert(x)
    if x.dtype.is_integer:
        return x
    check_kind(round_op, x, NUMERIC)
    return round_op(x, name=name)


@export("math.nextafter")
@takes_composites
def nextafter(x1: Any, x2: Any, name: str | None = None) -> Any:
    """Return the floating point number next to `x1` in the direction of `x2`."""
    x1 = convert(x1, None, dtypes.float32)
    return next_after.public(x1, x2, name=name)
