"""Bessel functions of order 0 and 1: I, J, K and Y, and I and K scaled by exp."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensor.core.registry import register
from tensor.ops.array import ones_like, where
from tensor.ops.compare import equal
from tensor.ops.math.arithmetic import sign
from tensor.ops.math.special.chebyshev import choose, series
from tensor.ops.math.special.elementwise import SpecialFunction

# Below this, functions of x or x²; above it, of 1/x.
_SPLIT = 8.0


def i0e_of(x: np.ndarray) -> np.ndarray:
    """Return exp(-|x|) I₀(x)."""
    a = np.abs(x)
    return choose(
        a,
        (a <= _SPLIT, lambda v: series("i0e", v)),
        (a > _SPLIT, lambda v: series("i0e_tail", 1 / v) / np.sqrt(v)),
    )


def i1e_of(x: np.ndarray) -> np.ndarray:
    """Return exp(-|x|) I₁(x)."""
    a = np.abs(x)
    return np.copysign(1, x) * choose(
        a,
        (a <= _SPLIT, lambda v: v * series("i1e", v)),
        (a > _SPLIT, lambda v: series("i1e_tail", 1 / v) / np.sqrt(v)),
    )


def k0e_of(x: np.ndarray) -> np.ndarray:
    """Return exp(x) K₀(x)."""

    def near(v: np.ndarray) -> np.ndarray:
        i0 = np.exp(v) * i0e_of(v)
        return np.exp(v) * (series("k0", v * v) - np.log(v / 2) * i0)

    return choose(
        x,
        (x <= 0, lambda v: np.full_like(v, np.inf)),
        ((x > 0) & (x <= 2), near),
        (x > 2, lambda v: series("k0e_tail", 1 / v) / np.sqrt(v)),
    )


def k1e_of(x: np.ndarray) -> np.ndarray:
    """Return exp(x) K₁(x)."""

    def near(v: np.ndarray) -> np.ndarray:
        i1 = np.exp(v) * i1e_of(v)
        return np.exp(v) * (series("k1", v * v) / v + np.log(v / 2) * i1)

    return choose(
        x,
        (x <= 0, lambda v: np.full_like(v, np.inf)),
        ((x > 0) & (x <= 2), near),
        (x > 2, lambda v: series("k1e_tail", 1 / v) / np.sqrt(v)),
    )


def _oscillation(order: int, v: np.ndarray, shift: int) -> np.ndarray:
    """Return J (shift 0) or Y (shift 1) of large arguments, by Hankel's expansion."""
    t = 1 / (v * v)
    p, q = series(f"j{order}_p", t), series(f"j{order}_q", t) / v
    # cos(v - c) from the cosine and sine of v, which are exact for large v.
    turn = (2 * order + 1) * math.pi / 4
    cos = np.cos(v) * math.cos(turn) + np.sin(v) * math.sin(turn)
    sin = np.sin(v) * math.cos(turn) - np.cos(v) * math.sin(turn)
    wave = p * cos - q * sin if shift == 0 else p * sin + q * cos
    return np.sqrt(2 / (math.pi * v)) * wave


def j0_of(x: np.ndarray) -> np.ndarray:
    """Return J₀(x)."""
    a = np.abs(x)
    return choose(
        a,
        (a < _SPLIT, lambda v: series("j0", v * v)),
        (a >= _SPLIT, lambda v: _oscillation(0, v, 0)),
    )


def j1_of(x: np.ndarray) -> np.ndarray:
    """Return J₁(x)."""
    a = np.abs(x)
    return np.copysign(1, x) * choose(
        a,
        (a < _SPLIT, lambda v: v * series("j1", v * v)),
        (a >= _SPLIT, lambda v: _oscillation(1, v, 0)),
    )


def y0_of(x: np.ndarray) -> np.ndarray:
    """Return Y₀(x)."""

    def near(v: np.ndarray) -> np.ndarray:
        return series("y0", v * v) + 2 / math.pi * np.log(v) * j0_of(v)

    return choose(
        x,
        (x <= 0, lambda v: np.full_like(v, -np.inf)),
        ((x > 0) & (x < _SPLIT), near),
        (x >= _SPLIT, lambda v: _oscillation(0, v, 1)),
    )


def y1_of(x: np.ndarray) -> np.ndarray:
    """Return Y₁(x)."""

    def near(v: np.ndarray) -> np.ndarray:
        singular = 2 / math.pi * (np.log(v) * j1_of(v) - 1 / v)
        return v * series("y1", v * v) + singular

    return choose(
        x,
        (x <= 0, lambda v: np.full_like(v, -np.inf)),
        ((x > 0) & (x < _SPLIT), near),
        (x >= _SPLIT, lambda v: _oscillation(1, v, 1)),
    )


def _except_at_zero(x: Any, value: float, slope: Any) -> Any:
    """Return a slope, with its limit where x is 0."""
    return where(equal(x, x - x), ones_like(x) * value, slope)


class BesselI0(SpecialFunction):
    """The modified Bessel function I₀."""

    names = ("math.bessel_i0", "math.special.bessel_i0")

    def evaluate(self, x: np.ndarray) -> np.ndarray:
        return np.exp(np.abs(x)) * i0e_of(x)

    def gradient(self, call: Any, dz: Any) -> Any:
        return dz * bessel_i1(call.inputs[0])


class BesselI0e(SpecialFunction):
    """exp(-|x|) times the modified Bessel function I₀."""

    names = ("math.bessel_i0e", "math.special.bessel_i0e")
    keeps_output = True

    def evaluate(self, x: np.ndarray) -> np.ndarray:
        return i0e_of(x)

    def gradient(self, call: Any, dz: Any) -> Any:
        x = call.inputs[0]
        return dz * (bessel_i1e(x) - sign(x) * call.output)


class BesselI1(SpecialFunction):
    """The modified Bessel function I₁."""

    names = ("math.bessel_i1", "math.special.bessel_i1")
    keeps_output = True

    def evaluate(self, x: np.ndarray) -> np.ndarray:
        return np.exp(np.abs(x)) * i1e_of(x)

    def gradient(self, call: Any, dz: Any) -> Any:
        # At 0 the slope is 1/2; TensorFlow says 1, and so do we.
        x = call.inputs[0]
        return dz * _except_at_zero(x, 1.0, bessel_i0(x) - call.output / x)


class BesselI1e(SpecialFunction):
    """exp(-|x|) times the modified Bessel function I₁."""

    names = ("math.bessel_i1e", "math.special.bessel_i1e")
    keeps_output = True

    def evaluate(self, x: np.ndarray) -> np.ndarray:
        return i1e_of(x)

    def gradient(self, call: Any, dz: Any) -> Any:
        x, z = call.inputs[0], call.output
        slope = bessel_i0e(x) - z * (sign(x) + 1 / x)
        return dz * _except_at_zero(x, 0.5, slope)


class BesselJ0(SpecialFunction):
    """The Bessel function of the first kind J₀."""

    names = ("math.special.bessel_j0",)

    def evaluate(self, x: np.ndarray) -> np.ndarray:
        return j0_of(x)

    def gradient(self, call: Any, dz: Any) -> Any:
        return -dz * bessel_j1(call.inputs[0])


class BesselJ1(SpecialFunction):
    """The Bessel function of the first kind J₁."""

    names = ("math.special.bessel_j1",)
    keeps_output = True

    def evaluate(self, x: np.ndarray) -> np.ndarray:
        return j1_of(x)

    def gradient(self, call: Any, dz: Any) -> Any:
        x = call.inputs[0]
        return dz * _except_at_zero(x, 0.5, bessel_j0(x) - call.output / x)


class _Positive(SpecialFunction):
    """A Bessel function of positive arguments."""

    domain = (0.5, 12.0)
    keeps_output = True


class BesselK0(_Positive):
    """The modified Bessel function of the second kind K₀."""

    names = ("math.special.bessel_k0",)

    def evaluate(self, x: np.ndarray) -> np.ndarray:
        return np.exp(-np.maximum(x, 0)) * k0e_of(x)

    def gradient(self, call: Any, dz: Any) -> Any:
        return -dz * bessel_k1(call.inputs[0])


class BesselK0e(_Positive):
    """exp(x) times the modified Bessel function of the second kind K₀."""

    names = ("math.special.bessel_k0e",)

    def evaluate(self, x: np.ndarray) -> np.ndarray:
        return k0e_of(x)

    def gradient(self, call: Any, dz: Any) -> Any:
        return dz * (call.output - bessel_k1e(call.inputs[0]))


class BesselK1(_Positive):
    """The modified Bessel function of the second kind K₁."""

    names = ("math.special.bessel_k1",)

    def evaluate(self, x: np.ndarray) -> np.ndarray:
        return np.exp(-np.maximum(x, 0)) * k1e_of(x)

    def gradient(self, call: Any, dz: Any) -> Any:
        x = call.inputs[0]
        return dz * (-bessel_k0(x) - call.output / x)


class BesselK1e(_Positive):
    """exp(x) times the modified Bessel function of the second kind K₁."""

    names = ("math.special.bessel_k1e",)

    def evaluate(self, x: np.ndarray) -> np.ndarray:
        return k1e_of(x)

    def gradient(self, call: Any, dz: Any) -> Any:
        x = call.inputs[0]
        return dz * (call.output * (1 - 1 / x) - bessel_k0e(x))


class BesselY0(_Positive):
    """The Bessel function of the second kind Y₀."""

    names = ("math.special.bessel_y0",)

    def evaluate(self, x: np.ndarray) -> np.ndarray:
        return y0_of(x)

    def gradient(self, call: Any, dz: Any) -> Any:
        return -dz * bessel_y1(call.inputs[0])


class BesselY1(_Positive):
    """The Bessel function of the second kind Y₁."""

    names = ("math.special.bessel_y1",)

    def evaluate(self, x: np.ndarray) -> np.ndarray:
        return y1_of(x)

    def gradient(self, call: Any, dz: Any) -> Any:
        x = call.inputs[0]
        return dz * (bessel_y0(x) - call.output / x)


bessel_i0 = register(BesselI0)
bessel_i0e = register(BesselI0e)
bessel_i1 = register(BesselI1)
bessel_i1e = register(BesselI1e)
bessel_j0 = register(BesselJ0)
bessel_j1 = register(BesselJ1)
bessel_k0 = register(BesselK0)
bessel_k0e = register(BesselK0e)
bessel_k1 = register(BesselK1)
bessel_k1e = register(BesselK1e)
bessel_y0 = register(BesselY0)
bessel_y1 = register(BesselY1)
