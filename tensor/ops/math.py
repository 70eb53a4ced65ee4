"""Arithmetic and logic, element by element, that Python's operators stand for."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import cast, ones_like, where, zeros_like
from tensor.ops.families import (
    INEXACT,
    NUMERIC,
    REAL,
    BinaryElementwise,
    BinaryPredicate,
    UnaryElementwise,
    UnaryPredicate,
    dtype_kind,
    operands,
    sum_to,
)


class Add(BinaryElementwise):
    """Sum, element by element, broadcasting as NumPy does; strings are joined."""

    type_name = "AddV2"
    names = ("add", "math.add")
    ufunc = np.add
    operator = operator.add
    allows = NUMERIC + "O"
    keeps_inputs = False

    def gradient(self, call: Any, dz: Any) -> Any:
        x, y = call.inputs
        wants_x, wants_y = call.wants
        return (
            sum_to(dz, x) if wants_x else None,
            sum_to(dz, y) if wants_y else None,
        )


class Subtract(BinaryElementwise):
    """Difference x - y, element by element, broadcasting as NumPy does."""

    type_name = "Sub"
    names = ("subtract", "math.subtract")
    ufunc = np.subtract
    operator = operator.sub
    keeps_inputs = False

    def gradient(self, call: Any, dz: Any) -> Any:
        x, y = call.inputs
        wants_x, wants_y = call.wants
        return (
            sum_to(dz, x) if wants_x else None,
            sum_to(-dz, y) if wants_y else None,
        )


class Multiply(BinaryElementwise):
    """Product, element by element, broadcasting as NumPy does."""

    type_name = "Mul"
    names = ("multiply", "math.multiply")
    ufunc = np.multiply
    operator = operator.mul

    def gradient(self, call: Any, dz: Any) -> Any:
        x, y = call.inputs
        wants_x, wants_y = call.wants
        return (
            sum_to(dz * conj_for_gradient(y), x) if wants_x else None,
            sum_to(dz * conj_for_gradient(x), y) if wants_y else None,
        )


class Divide(BinaryElementwise):
    """Quotient x / y of floating point numbers; x / 0 is inf or NaN."""

    type_name = "RealDiv"
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


class _IntegerDivision(BinaryElementwise):
    """Division that rounds: integers divided by zero are an error."""

    allows = REAL
    domain_y = (0.5, 2.0)
    accepts_out = False

    def kernel(self, x: Any, y: Any) -> Any:
        if dtype_kind(y) in "iu" and not np.all(y):
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

    def kernel(self, x: Any, y: Any) -> Any:
        if dtype_kind(y) in "iu":
            return super().kernel(x, y)
        # Floating point as TensorFlow: floor(x / y), so that x // 0 is inf.
        return np.floor(np.divide(x, y))

    gradient = NON_DIFFERENTIABLE


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


class Power(BinaryElementwise):
    """x to the power y, element by element; integers need y >= 0."""

    type_name = "Pow"
    names = ("pow", "math.pow")
    ufunc = np.power
    operator = operator.pow
    domain = (0.5, 2.0)
    keeps_output = True

    def gradient(self, call: Any, dz: Any) -> Any:
        x, y = (conj_for_gradient(v) for v in call.inputs)
        wants_x, wants_y = call.wants
        grad_x = grad_y = None
        if wants_x:
            # A Python exponent is by far the usual case, and x**1 costs a power.
            slope = x * y if _is_number(y, 2) else y * x ** (y - 1)
            grad_x = sum_to(dz * slope, x)
        if wants_y:
            # TensorFlow's convention: d/dy x**y is 0 where x <= 0 (where x is real).
            positive = x != 0 if dtype_kind(x) == "c" else x > 0
            log_x = where(
                positive, log(where(positive, x, ones_like(x))), zeros_like(x)
            )
            grad_y = sum_to(dz * conj_for_gradient(call.output) * log_x, y)
        return grad_x, grad_y


def _is_number(value: Any, number: int) -> bool:
    return type(value) in (int, float) and value == number


class Negative(UnaryElementwise):
    """Minus x, element by element."""

    type_name = "Neg"
    names = ("negative", "math.negative")
    ufunc = np.negative
    allows = NUMERIC
    keeps_inputs = False

    def gradient(self, call: Any, dz: Any) -> Any:
        return -dz


class Absolute(UnaryElementwise):
    """Absolute value, element by element; of complex numbers, the magnitude."""

    type_name = "Abs"
    names = ("abs", "math.abs")
    ufunc = np.absolute
    allows = NUMERIC

    def infer(self, x: TensorSpec) -> TensorSpec:
        return TensorSpec.of(x.dims, x.dtype.real_dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        # The slope at 0 is 0, as in TensorFlow.
        x = call.inputs[0]
        if dtype_kind(x) == "c":
            return cast(dz, dtype=_dtype_of(x)) * sign(x)
        return dz * sign(x)


class Sign(UnaryElementwise):
    """-1, 0 or 1 by the sign of x; for complex x, x / |x|."""

    names = ("sign", "math.sign")
    ufunc = np.sign
    allows = NUMERIC
    keeps_inputs = False

    def gradient(self, call: Any, dz: Any) -> Any:
        return zeros_like(dz)


class Conj(UnaryElementwise):
    """Complex conjugate, element by element; real values stay as they are."""

    names = ("math.conj",)
    ufunc = np.conjugate
    allows = NUMERIC
    keeps_inputs = False

    def gradient(self, call: Any, dz: Any) -> Any:
        return conj(dz)


class Log(UnaryElementwise):
    """Natural logarithm, element by element; NaN below 0, -inf at 0."""

    names = ("math.log",)
    ufunc = np.log
    allows = INEXACT
    domain = (0.5, 3.0)

    def gradient(self, call: Any, dz: Any) -> Any:
        return dz / conj_for_gradient(call.inputs[0])


class Exp(UnaryElementwise):
    """e to the power x, element by element."""

    names = ("exp", "math.exp")
    ufunc = np.exp
    keeps_inputs = False
    keeps_output = True

    def gradient(self, call: Any, dz: Any) -> Any:
        return dz * conj_for_gradient(call.output)


class Square(UnaryElementwise):
    """x times x, element by element."""

    names = ("square", "math.square")
    ufunc = np.square
    allows = NUMERIC

    def gradient(self, call: Any, dz: Any) -> Any:
        return dz * (conj_for_gradient(call.inputs[0]) * 2)


class Sqrt(UnaryElementwise):
    """Square root, element by element; NaN below 0."""

    names = ("sqrt", "math.sqrt")
    ufunc = np.sqrt
    domain = (0.5, 3.0)
    keeps_inputs = False
    keeps_output = True

    def gradient(self, call: Any, dz: Any) -> Any:
        return dz * 0.5 / conj_for_gradient(call.output)


class Tanh(UnaryElementwise):
    """Hyperbolic tangent, element by element."""

    names = ("tanh", "math.tanh", "nn.tanh")
    ufunc = np.tanh
    keeps_inputs = False
    keeps_output = True

    def gradient(self, call: Any, dz: Any) -> Any:
        z = conj_for_gradient(call.output)
        return dz * (1.0 - z * z)


class Sigmoid(UnaryElementwise):
    """1 / (1 + exp(-x)), element by element."""

    names = ("sigmoid", "math.sigmoid", "nn.sigmoid")
    keeps_inputs = False
    keeps_output = True

    def kernel(self, x: Any, out: Any = None) -> Any:
        # Half of (1 + tanh(x / 2)) neither overflows nor loses digits.
        if out is None:
            return np.tanh(x * _half(x)) * _half(x) + _half(x)
        np.multiply(x, 0.5, out=out)
        np.tanh(out, out=out)
        np.multiply(out, 0.5, out=out)
        return np.add(out, 0.5, out=out)

    def gradient(self, call: Any, dz: Any) -> Any:
        z = conj_for_gradient(call.output)
        return dz * z * (1.0 - z)


def _half(x: Any) -> Any:
    return x.dtype.type(0.5)


class Maximum(BinaryElementwise):
    """The larger of x and y, element by element; NaN if either is."""

    names = ("maximum", "math.maximum")
    ufunc = np.maximum
    allows = REAL

    def gradient(self, call: Any, dz: Any) -> Any:
        # At a tie the gradient goes to x, as in TensorFlow.
        return _choose(call, dz, call.inputs[0] >= call.inputs[1])


class Minimum(BinaryElementwise):
    """The smaller of x and y, element by element; NaN if either is."""

    names = ("minimum", "math.minimum")
    ufunc = np.minimum
    allows = REAL

    def gradient(self, call: Any, dz: Any) -> Any:
        return _choose(call, dz, call.inputs[0] <= call.inputs[1])


def _choose(call: Any, dz: Any, takes_x: Any) -> Any:
    x, y = call.inputs
    wants_x, wants_y = call.wants
    zeros = zeros_like(dz)
    return (
        sum_to(where(takes_x, dz, zeros), x) if wants_x else None,
        sum_to(where(takes_x, zeros, dz), y) if wants_y else None,
    )


class LogicalAnd(BinaryPredicate):
    """Whether both x and y are true."""

    names = ("logical_and", "math.logical_and")
    ufunc = np.logical_and
    allows = "b"


class LogicalOr(BinaryPredicate):
    """Whether x or y is true."""

    names = ("logical_or", "math.logical_or")
    ufunc = np.logical_or
    allows = "b"


class LogicalXor(BinaryPredicate):
    """Whether exactly one of x and y is true."""

    names = ("math.logical_xor",)
    ufunc = np.logical_xor
    allows = "b"


class LogicalNot(UnaryPredicate):
    """Whether x is false."""

    names = ("logical_not", "math.logical_not")
    ufunc = np.logical_not
    allows = "b"


class BitwiseAnd(BinaryElementwise):
    """Bitwise x & y."""

    names = ("bitwise.bitwise_and",)
    ufunc = np.bitwise_and
    allows = "iu"
    gradient = NON_DIFFERENTIABLE


class BitwiseOr(BinaryElementwise):
    """Bitwise x | y."""

    names = ("bitwise.bitwise_or",)
    ufunc = np.bitwise_or
    allows = "iu"
    gradient = NON_DIFFERENTIABLE


class BitwiseXor(BinaryElementwise):
    """Bitwise x ^ y."""

    names = ("bitwise.bitwise_xor",)
    ufunc = np.bitwise_xor
    allows = "iu"
    gradient = NON_DIFFERENTIABLE


class Invert(UnaryElementwise):
    """Every bit of x flipped."""

    names = ("bitwise.invert",)
    ufunc = np.invert
    allows = "iu"
    gradient = NON_DIFFERENTIABLE


def conj_for_gradient(x: Any) -> Any:
    """Return the complex conjugate in a gradient rule; real values pass for free."""
    if type(x) in _REAL_SCALARS or dtype_kind(x) != "c":
        return x
    return conj(x)


_REAL_SCALARS = frozenset((float, int, np.float16, np.float32, np.float64))


def _dtype_of(x: Any) -> Any:
    return x.dtype if isinstance(x.dtype, dtypes.DType) else dtypes.from_numpy(x.dtype)


add = register(Add)
subtract = register(Subtract)
multiply = register(Multiply)
divide = register(Divide)
floor_divide = register(FloorDivide)
floor_mod = register(FloorMod)
power = register(Power)
negative = register(Negative)
absolute = register(Absolute)
sign = register(Sign)
conj = register(Conj)
log = register(Log)
exp = register(Exp)
square = register(Square)
sqrt = register(Sqrt)
tanh = register(Tanh)
sigmoid = register(Sigmoid)
maximum = register(Maximum)
minimum = register(Minimum)
logical_and = register(LogicalAnd)
logical_or = register(LogicalOr)
logical_xor = register(LogicalXor)
logical_not = register(LogicalNot)
bitwise_and = register(BitwiseAnd)
bitwise_or = register(BitwiseOr)
bitwise_xor = register(BitwiseXor)
bitwise_invert = register(Invert)


def invert(x: Any) -> Any:
    """Return `~x`: logical for booleans, bitwise for integers."""
    return (logical_not if x.dtype.is_bool else bitwise_invert).public(x)


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
    "bool": dtypes.float32,
}


@export("math.truediv", "truediv", "math.divide", "divide")
def true_divide(x: Any, y: Any, name: str | None = None) -> Any:
    """Quotient as Python 3 divides: integers give float64 (float32 below 32 bits)."""
    x, y = operands(_DIVISION, x, y)
    target = _DIVISION_DTYPE.get(x.dtype.name)
    if target is not None:
        x, y = cast(x, dtype=target), cast(convert(y), dtype=target)
    return divide(*operands(divide, x, y), name=name)


class _Division:
    """Stands for `divide` while integers are still allowed."""

    type_name = "RealDiv"
    allows = NUMERIC + "b"


_DIVISION: Any = _Division()
