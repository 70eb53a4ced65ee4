"""Circular and hyperbolic functions and their inverses, element by element."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core.composites import takes_composites
from tensor.core.public_api import export
from tensor.core.registry import register
from tensor.ops.families import (
    FLOATING,
    BinaryElementwise,
    UnaryElementwise,
    operands,
    sum_to,
)
from tensor.ops.math.complex_numbers import conj_for_gradient
from tensor.ops.math.powers import sqrt


class Sin(UnaryElementwise):
    """Sine of x in radians, element by element."""

    names = ("sin", "math.sin")
    ufunc = np.sin

    def gradient(self, call: Any, dz: Any) -> Any:
        return dz * cos(conj_for_gradient(call.inputs[0]))


class Cos(UnaryElementwise):
    """Cosine of x in radians, element by element."""

    names = ("cos", "math.cos")
    ufunc = np.cos

    def gradient(self, call: Any, dz: Any) -> Any:
        return -dz * sin(conj_for_gradient(call.inputs[0]))


class Tan(UnaryElementwise):
    """Tangent of x in radians, element by element."""

    names = ("tan", "math.tan")
    ufunc = np.tan
    domain = (-1.2, 1.2)
    keeps_inputs = False
    keeps_output = True

    def gradient(self, call: Any, dz: Any) -> Any:
        z = conj_for_gradient(call.output)
        return dz * (1 + z * z)


class Asin(UnaryElementwise):
    """Arc sine in radians; NaN outside [-1, 1]."""

    names = ("asin", "math.asin")
    ufunc = np.arcsin
    domain = (-0.9, 0.9)

    def gradient(self, call: Any, dz: Any) -> Any:
        x = conj_for_gradient(call.inputs[0])
        return dz / sqrt(1 - x * x)


class Acos(UnaryElementwise):
    """Arc cosine in radians; NaN outside [-1, 1]."""

    names = ("acos", "math.acos")
    ufunc = np.arccos
    domain = (-0.9, 0.9)

    def gradient(self, call: Any, dz: Any) -> Any:
        x = conj_for_gradient(call.inputs[0])
        return -dz / sqrt(1 - x * x)


class Atan(UnaryElementwise):
    """Arc tangent in radians, element by element."""

    names = ("atan", "math.atan")
    ufunc = np.arctan

    def gradient(self, call: Any, dz: Any) -> Any:
        x = conj_for_gradient(call.inputs[0])
        return dz / (1 + x * x)


class Atan2(BinaryElementwise):
    """The angle of the point (x, y), in [-π, π]; its arguments are y, then x."""

    names = ()
    parameters = ("y", "x")
    ufunc = np.arctan2
    allows = FLOATING
    domain = (0.5, 2.0)

    def gradient(self, call: Any, dz: Any) -> Any:
        y, x = call.inputs
        scaled = dz / (x * x + y * y)
        return (
            sum_to(x * scaled, y) if call.wants[0] else None,
            sum_to(-y * scaled, x) if call.wants[1] else None,
        )


class Sinh(UnaryElementwise):
    """Hyperbolic sine, element by element."""

    names = ("sinh", "math.sinh")
    ufunc = np.sinh

    def gradient(self, call: Any, dz: Any) -> Any:
        return dz * cosh(conj_for_gradient(call.inputs[0]))


class Cosh(UnaryElementwise):
    """Hyperbolic cosine, element by element."""

    names = ("cosh", "math.cosh")
    ufunc = np.cosh

    def gradient(self, call: Any, dz: Any) -> Any:
        return dz * sinh(conj_for_gradient(call.inputs[0]))


class Tanh(UnaryElementwise):
    """Hyperbolic tangent, element by element."""

    names = ("tanh", "math.tanh", "nn.tanh")
    ufunc = np.tanh
    keeps_inputs = False
    keeps_output = True

    def gradient(self, call: Any, dz: Any) -> Any:
        z = conj_for_gradient(call.output)
        return dz * (1.0 - z * z)


class Asinh(UnaryElementwise):
    """Inverse hyperbolic sine, element by element."""

    names = ("asinh", "math.asinh")
    ufunc = np.arcsinh
    keeps_inputs = False
    keeps_output = True

    def gradient(self, call: Any, dz: Any) -> Any:
        return dz / cosh(conj_for_gradient(call.output))


class Acosh(UnaryElementwise):
    """Inverse hyperbolic cosine, element by element; NaN below 1."""

    names = ("acosh", "math.acosh")
    ufunc = np.arccosh
    domain = (1.5, 3.0)
    keeps_inputs = False
    keeps_output = True

    def gradient(self, call: Any, dz: Any) -> Any:
        return dz / sinh(conj_for_gradient(call.output))


class Atanh(UnaryElementwise):
    """Inverse hyperbolic tangent, element by element; NaN outside [-1, 1]."""

    names = ("atanh", "math.atanh")
    ufunc = np.arctanh
    domain = (-0.9, 0.9)

    def gradient(self, call: Any, dz: Any) -> Any:
        x = conj_for_gradient(call.inputs[0])
        return dz / (1 - x * x)


sin = register(Sin)
cos = register(Cos)
tan = register(Tan)
asin = register(Asin)
acos = register(Acos)
atan = register(Atan)
sinh = register(Sinh)
cosh = register(Cosh)
tanh = register(Tanh)
asinh = register(Asinh)
acosh = register(Acosh)
atanh = register(Atanh)
atan2 = register(Atan2)


@export("atan2", "math.atan2")
@takes_composites
def atan2_(y: Any, x: Any, name: str | None = None) -> Any:
    """Return the angle in radians between the positive x axis and the point (x, y)."""
    return atan2(*operands(atan2, y, x), name=name)
