"""Exponentials and logarithms, element by element, exact where they nearly cancel."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core.registry import register
from tensor.ops.array import cast
from tensor.ops.families import (
    FLOATING,
    INEXACT,
    BinaryElementwise,
    UnaryElementwise,
    sum_to,
)
from tensor.ops.math.complex_numbers import conj_for_gradient, dtype_of


class Log(UnaryElementwise):
    """Natural logarithm, element by element; NaN below 0, -inf at 0."""

    names = ("math.log",)
    ufunc = np.log
    domain = (0.5, 3.0)

    def gradient(self, call: Any, dz: Any) -> Any:
        return dz / conj_for_gradient(call.inputs[0])


class Log1p(UnaryElementwise):
    """log(1 + x), exact for small x too."""

    names = ("math.log1p",)
    ufunc = np.log1p
    domain = (-0.5, 3.0)

    def gradient(self, call: Any, dz: Any) -> Any:
        return dz / (1 + conj_for_gradient(call.inputs[0]))


class Exp(UnaryElementwise):
    """e to the power x, element by element."""

    names = ("exp", "math.exp")
    ufunc = np.exp
    keeps_inputs = False
    keeps_output = True

    def gradient(self, call: Any, dz: Any) -> Any:
        return dz * conj_for_gradient(call.output)


class Expm1(UnaryElementwise):
    """exp(x) - 1, exact for small x too."""

    names = ("math.expm1",)
    ufunc = np.expm1

    def gradient(self, call: Any, dz: Any) -> Any:
        return dz * exp(conj_for_gradient(call.inputs[0]))


class Sigmoid(UnaryElementwise):
    """1 / (1 + exp(-x)), element by element."""

    names = ("sigmoid", "math.sigmoid", "nn.sigmoid")
    keeps_inputs = False
    keeps_output = True

    def kernel(self, x: Any, out: Any = None) -> Any:
        # Where exp(-x) is infinite, the quotient is the right limit: 0.
        if out is None:
            return _one(x) / (_one(x) + np.exp(-x))
        np.negative(x, out=out)
        np.exp(out, out=out)
        np.add(out, 1, out=out)
        return np.divide(1, out, out=out)

    def gradient(self, call: Any, dz: Any) -> Any:
        z = conj_for_gradient(call.output)
        return dz * z * (1.0 - z)


class LogSigmoid(UnaryElementwise):
    """log(1 / (1 + exp(-x))), exact for large and small x."""

    names = ("math.log_sigmoid",)
    allows = FLOATING

    def kernel(self, x: Any, out: Any = None) -> Any:
        zero = x.dtype.type(0)
        return np.negative(np.logaddexp(zero, -x), out=out)

    def gradient(self, call: Any, dz: Any) -> Any:
        return dz * sigmoid(-call.inputs[0])


def _one(x: Any) -> Any:
    return x.dtype.type(1)


class _ZeroTimes(BinaryElementwise):
    """x times a function of y, but 0 wherever x is 0, even if that is not finite."""

    allows = INEXACT
    domain_y = (0.5, 2.0)
    accepts_out = False

    def factor(self, y: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} must define `factor`.")

    def kernel(self, x: Any, y: Any) -> Any:
        dtype = (x if hasattr(x, "dtype") else y).dtype
        if type(y) in _PYTHON:
            y = dtype.type(y)  # or its function would have Python's precision
        product = np.multiply(x, self.factor(y))
        return np.where(np.equal(x, 0), dtype.type(0), product)[()]

    def slope_x(self, x: Any, y: Any) -> Any:
        """Return the function of y, 0 wherever x is 0: TensorFlow's convention."""
        return self(cast(x != 0, dtype=dtype_of(x)), y)

    def slope_y(self, x: Any, y: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} must define `slope_y`.")

    def gradient(self, call: Any, dz: Any) -> Any:
        x, y = (conj_for_gradient(v) for v in call.inputs)
        if not hasattr(x, "dtype"):
            x = dtype_of(dz).as_numpy_dtype(x)
        return (
            sum_to(dz * self.slope_x(x, y), x) if call.wants[0] else None,
            sum_to(dz * self.slope_y(x, y), y) if call.wants[1] else None,
        )


_PYTHON = (bool, int, float, complex)


class Xlogy(_ZeroTimes):
    """x * log(y), but 0 wherever x is 0."""

    names = ("math.xlogy",)

    def factor(self, y: Any) -> Any:
        return np.log(y)

    def slope_y(self, x: Any, y: Any) -> Any:
        return xdivy(x, y)


class Xlog1py(_ZeroTimes):
    """x * log(1 + y), but 0 wherever x is 0."""

    names = ("math.xlog1py",)

    def factor(self, y: Any) -> Any:
        return np.log1p(y)

    def slope_y(self, x: Any, y: Any) -> Any:
        return xdivy(x, y + 1)


class Xdivy(_ZeroTimes):
    """x / y, but 0 wherever x is 0."""

    names = ("math.xdivy",)

    def kernel(self, x: Any, y: Any) -> Any:
        dtype = (x if hasattr(x, "dtype") else y).dtype
        return np.where(np.equal(x, 0), dtype.type(0), np.divide(x, y))[()]

    def slope_y(self, x: Any, y: Any) -> Any:
        return xdivy(-x, y * y)


log = register(Log)
log1p = register(Log1p)
exp = register(Exp)
expm1 = register(Expm1)
sigmoid = register(Sigmoid)
log_sigmoid = register(LogSigmoid)
xlogy = register(Xlogy)
xlog1py = register(Xlog1py)
xdivy = register(Xdivy)
