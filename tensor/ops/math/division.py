"""Division in all its forms: true, rounded down, rounded to zero, and without NaN."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, register
from tensor.ops.array import cast
from tensor.ops.families import (
    INEXACT,
    NUMERIC,
    REAL,
    BinaryElementwise,
    UnaryElementwise,
    check_kind,
    dtype_kind,
    sum_to,
)
from tensor.ops.math.complex_numbers import conj_for_gradient


class Divide(BinaryElementwise):
    """Quotient x / y of floating point numbers; x / 0 is inf or NaN."""

    type_name = "RealDiv"
    names = ("realdiv",)
    ufunc = np.divide
    operator = operator.truediv
    allows = INEXACT
    domain_y = (0.5, 2.0)

    def gradient(self, call: Any, dz: Any) -> Any:
        x, y = (conj_for_gradient(v) for v in call.inputs)
        wants_x, wants_y = call.wants
        return (
            sum_to(dz / y, x) if wants_x else None,
            sum_to(-dz * (x / y) / y, y) if wants_y else None,
        )


class DivNoNan(BinaryElementwise):
    """Quotient x / y, but 0 wherever y is 0, whatever x is."""

    names = ()
    allows = INEXACT
    domain_y = (0.5, 2.0)
    accepts_out = False

    def kernel(self, x: Any, y: Any) -> Any:
        zero = np.equal(y, 0)
        return np.where(zero, _zero(x, y), np.divide(x, y))[()]

    def gradient(self, call: Any, dz: Any) -> Any:
        x, y = (conj_for_gradient(v) for v in call.inputs)
        wants_x, wants_y = call.wants
        slope_y = divide_no_nan(divide_no_nan(-x, y), y) if wants_y else None
        return (
            sum_to(divide_no_nan(dz, y), x) if wants_x else None,
            sum_to(dz * slope_y, y) if wants_y else None,
        )


class MulNoNan(BinaryElementwise):
    """Product x * y, but 0 wherever y is 0, even if x is infinite or NaN."""

    names = ("math.multiply_no_nan",)
    allows = INEXACT
    accepts_out = False

    def kernel(self, x: Any, y: Any) -> Any:
        return np.where(np.equal(y, 0), _zero(x, y), np.multiply(x, y))[()]

    def gradient(self, call: Any, dz: Any) -> Any:
        x, y = (conj_for_gradient(v) for v in call.inputs)
        wants_x, wants_y = call.wants
        return (
            sum_to(multiply_no_nan(dz, y), x) if wants_x else None,
            sum_to(multiply_no_nan(x, dz), y) if wants_y else None,
        )


def _zero(x: Any, y: Any) -> Any:
    return (x if hasattr(x, "dtype") else y).dtype.type(0)


class _IntegerDivision(BinaryElementwise):
    """Division that rounds: integers divided by zero are an error."""

    allows = REAL
    domain_y = (0.5, 2.0)
    accepts_out = False

    def kernel(self, x: Any, y: Any) -> Any:
        # A Python number has the kind of the array beside it.
        kinds = dtype_kind(x) + dtype_kind(y)
        if not set(kinds) - set("iu") and not np.all(y):
            raise errors.because(
                errors.InvalidArgumentError,
                f"Integer division by zero [Op:{self.type_name}]",
            )
        return self.ufunc(x, y)


class FloorDivide(_IntegerDivision):
    """Quotient rounded towards minus infinity: -7 // 2 is -4."""

    type_name = "FloorDiv"
    names = ("math.floordiv", "floordiv")
    ufunc = np.floor_divide
    gradient = NON_DIFFERENTIABLE

    def kernel(self, x: Any, y: Any) -> Any:
        if not set(dtype_kind(x) + dtype_kind(y)) - set("iu"):
            return super().kernel(x, y)
        # Floating point as TensorFlow: floor(x / y), so that x // 0 is inf.
        return np.floor(np.divide(x, y))


class FloorMod(_IntegerDivision):
    """Remainder of floor division; it has the sign of y."""

    names = ("math.floormod", "math.mod", "floormod", "mod")
    ufunc = np.mod

    def gradient(self, call: Any, dz: Any) -> Any:
        x, y = call.inputs
        wants_x, wants_y = call.wants
        return (
            sum_to(dz, x) if wants_x else None,
            sum_to(-dz * floor_divide(x, y), y) if wants_y else None,
        )


class TruncateDiv(_IntegerDivision):
    """Quotient rounded towards zero, as in C: -7 / 2 is -3."""

    names = ("truncatediv",)
    gradient = NON_DIFFERENTIABLE

    def ufunc(self, x: Any, y: Any) -> Any:
        if set(dtype_kind(x) + dtype_kind(y)) & set("fV"):
            return np.trunc(np.divide(x, y))
        quotient = np.floor_divide(x, y)
        # Where rounding down went away from zero, go back.
        inexact = np.not_equal(np.multiply(quotient, y), x)
        return quotient + (inexact & np.less(quotient, 0)).astype(quotient.dtype)


class TruncateMod(_IntegerDivision):
    """Remainder of division rounded towards zero; it has the sign of x."""

    names = ("truncatemod",)
    ufunc = np.fmod
    gradient = NON_DIFFERENTIABLE


class Reciprocal(UnaryElementwise):
    """1 / x, element by element."""

    names = ("math.reciprocal",)
    allows = INEXACT
    domain = (0.5, 2.0)
    keeps_inputs = False
    keeps_output = True

    def kernel(self, x: Any, out: Any = None) -> Any:
        return 1 / x if out is None else np.divide(1, x, out=out)

    def gradient(self, call: Any, dz: Any) -> Any:
        # Where nothing arrives nothing leaves, even at 0, where the slope is infinite.
        z = conj_for_gradient(call.output)
        return multiply_no_nan(z * z, -dz)


divide = register(Divide)
divide_no_nan = register(DivNoNan)
multiply_no_nan = register(MulNoNan)
floor_divide = register(FloorDivide)
floor_mod = register(FloorMod)
truncate_divide = register(TruncateDiv)
truncate_mod = register(TruncateMod)
reciprocal = register(Reciprocal)


# What integers become before a true division, as in TensorFlow.
_DIVISION_DTYPE = {
    "int8": dtypes.float32,
    "uint8": dtypes.float32,
    "int16": dtypes.float32,
    "uint16": dtypes.float32,
    "int32": dtypes.float64,
    "uint32": dtypes.float64,
    "int64": dtypes.float64,
    "uint64": dtypes.float64,
}


def _as_quotient(x: Any, y: Any, function: str) -> tuple[Any, Any]:
    """Return operands of one dtype, integers in the dtype of their quotient.

    Raises:
        TypeError: The dtypes differ, or have no quotient.
    """
    x = convert(x)
    if not (type(y) is float and x.dtype.is_floating):  # stays as it is
        y = convert(y, hint=x.dtype)
        if x.dtype != y.dtype:
            raise TypeError(
                f"`x` and `y` must have the same dtype, got {x.dtype!r} != {y.dtype!r}."
                " Convert one of them with tf.cast."
            )
    if dtype_kind(x) not in NUMERIC:
        raise TypeError(
            f"Invalid dtype {x.dtype!r} in {function}. Expected a numeric one: convert "
            "it with tf.cast."
        )
    target = _DIVISION_DTYPE.get(x.dtype.name)
    if target is not None:
        x, y = cast(x, dtype=target), cast(y, dtype=target)
    return x, y


@export("math.truediv", "truediv", "math.divide", "divide")
@takes_composites
def true_divide(x: Any, y: Any, name: str | None = None) -> Any:
    """Quotient as Python 3 divides: integers give float64 (float32 below 32 bits)."""
    return divide(*_as_quotient(x, y, "__truediv__"), name=name)


@export("math.divide_no_nan")
@takes_composites
def divide_no_nan_(x: Any, y: Any, name: str | None = None) -> Any:
    """Quotient x / y, but 0 wherever y is 0; integers become floating as in truediv."""
    return divide_no_nan(*_as_quotient(x, y, "tf.math.divide_no_nan"), name=name)


@export("math.reciprocal_no_nan")
@takes_composites
def reciprocal_no_nan(x: Any, name: str | None = None) -> Any:
    """Return 1 / x, but 0 wherever x is 0."""
    x = convert(x)
    check_kind(divide_no_nan, x, INEXACT)
    return divide_no_nan(x.dtype.as_numpy_dtype(1), x, name=name)
