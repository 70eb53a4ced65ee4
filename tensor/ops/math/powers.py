"""Powers and roots, and polynomials made of them."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from tensor.core import errors
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import get_op, register
from tensor.ops.array import ones_like, where, zeros_like
from tensor.ops.families import (
    NUMERIC,
    BinaryElementwise,
    UnaryElementwise,
    dtype_kind,
    sum_to,
)
from tensor.ops.math.arithmetic import SIGNED
from tensor.ops.math.complex_numbers import conj_for_gradient
from tensor.ops.math.exponential import log


class Power(BinaryElementwise):
    """x to the power y, element by element; integers need y >= 0."""

    type_name = "Pow"
    names = ("pow", "math.pow")
    ufunc = np.power
    operator = operator.pow
    allows = SIGNED
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

    def recover(self, error: Exception, arrays: Any, attrs: Any) -> Any:
        if isinstance(error, ValueError) and "negative integer powers" in str(error):
            raise errors.because(
                errors.InvalidArgumentError,
                "Integers to negative integer powers are not allowed [Op:Pow]",
            ) from error
        return super().recover(error, arrays, attrs)


def _is_number(value: Any, number: int) -> bool:
    return type(value) in (int, float) and value == number


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
        # Where nothing arrives nothing leaves, even at 0, where the slope is infinite.
        return get_op("Xdivy")(dz * 0.5, conj_for_gradient(call.output))


class Rsqrt(UnaryElementwise):
    """1 / sqrt(x), element by element; NaN below 0, inf at 0."""

    names = ("math.rsqrt",)
    domain = (0.5, 3.0)
    keeps_inputs = False
    keeps_output = True

    def kernel(self, x: Any, out: Any = None) -> Any:
        if out is None:
            return 1 / np.sqrt(x)
        return np.divide(1, np.sqrt(x, out=out), out=out)

    def gradient(self, call: Any, dz: Any) -> Any:
        # Where nothing arrives nothing leaves, as for the square root.
        z = conj_for_gradient(call.output)
        return get_op("MulNoNan")(z * z * z, dz * -0.5)


power = register(Power)
square = register(Square)
sqrt = register(Sqrt)
rsqrt = register(Rsqrt)


@export("math.polyval")
@takes_composites
def polyval(coeffs: Any, x: Any, name: str | None = None) -> Any:
    """Evaluate a polynomial by Horner's rule.

    Args:
        coeffs: A list of the coefficients, that of the highest power first.
        x: Where to evaluate.
        name: A name for the result, in a graph.

    Raises:
        ValueError: `coeffs` is not a list.
    """
    if not isinstance(coeffs, list):
        raise ValueError(
            f"Argument coeffs must be list type. Received type {type(coeffs)}."
        )
    x = convert(x)
    if not coeffs:
        return zeros_like(x)
    value = convert(coeffs[0], x.dtype if not hasattr(coeffs[0], "dtype") else None)
    if len(coeffs) == 1:
        return value + zeros_like(x)
    for c in coeffs[1:]:
        value = value * x + c
    return value
