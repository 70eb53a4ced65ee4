"""Functions defined by integrals: Dawson's, exponential, Fresnel's and Spence's."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensor.core.registry import register
from tensor.ops.array import ones_like, where
from tensor.ops.compare import equal
from tensor.ops.math.exponential import exp, log
from tensor.ops.math.special.chebyshev import choose, series
from tensor.ops.math.special.elementwise import SpecialFunction
from tensor.ops.math.trigonometric import cos, sin

_FRESNEL_SPLIT = 1.6


def dawsn_of(x: np.ndarray) -> np.ndarray:
    """Return exp(-x²) times the integral of exp(t²) from 0 to x."""
    return choose(
        x,
        (np.abs(x) <= 5, lambda v: v * series("dawsn", v * v)),
        (np.abs(x) > 5, lambda v: series("dawsn_tail", 1 / (v * v)) / (2 * v)),
    )


def expint_of(x: np.ndarray) -> np.ndarray:
    """Return the exponential integral Ei of positive numbers."""

    def near(v: np.ndarray) -> np.ndarray:
        return np.euler_gamma + np.log(v) + v * series("ei", v)

    def far(v: np.ndarray) -> np.ndarray:
        return np.exp(v) / v * series("ei_tail", 1 / v)

    return choose(
        x,
        (x == 0, lambda v: np.full_like(v, -np.inf)),
        ((x > 0) & (x <= 6), near),
        (x > 6, far),
        (x > 1e4, lambda v: np.full_like(v, np.inf)),
    )


def fresnel_of(x: np.ndarray, is_sine: bool) -> np.ndarray:
    """Return the integral of sin(π t²/2), or of its cosine, from 0 to x."""

    def near(v: np.ndarray) -> np.ndarray:
        t = v**4
        return v**3 * series("fresnel_s", t) if is_sine else v * series("fresnel_c", t)

    def far(v: np.ndarray) -> np.ndarray:
        a = np.abs(v)
        t = 1 / a**4
        f = series("fresnel_f", t) / (math.pi * a)
        g = series("fresnel_g", t) / (math.pi**2 * a**3)
        angle = math.pi / 2 * np.fmod(a * a, 4)
        c, s = np.cos(angle), np.sin(angle)
        rest = f * c + g * s if is_sine else g * c - f * s
        return np.copysign(0.5 - np.where(np.isinf(a), 0, rest), v)

    large = np.abs(x) > _FRESNEL_SPLIT
    return choose(x, (np.abs(x) <= _FRESNEL_SPLIT, near), (large, far))


def spence_of(x: np.ndarray) -> np.ndarray:
    """Return the integral of log(t) / (1 - t) from 1 to x."""

    def middle(v: np.ndarray) -> np.ndarray:
        return (1 - v) * series("spence", v)

    def below(v: np.ndarray) -> np.ndarray:
        # At 0 log(v) log(1 - v) tends to 0.
        logs = np.where(v > 0, np.log(np.where(v > 0, v, 1)) * np.log1p(-v), 0)
        return math.pi**2 / 6 - logs - middle(1 - v)

    def above(v: np.ndarray) -> np.ndarray:
        return -(np.log(v) ** 2) / 2 - spence_of(1 / v)

    return choose(
        x,
        ((x >= 0) & (x < 0.5), below),
        ((x >= 0.5) & (x <= 2), middle),
        ((x > 2) & np.isfinite(x), above),
    )


class Dawsn(SpecialFunction):
    """Dawson's integral: exp(-x²) times the integral of exp(t²) from 0 to x."""

    names = ("math.special.dawsn",)
    keeps_output = True

    def evaluate(self, x: np.ndarray) -> np.ndarray:
        return dawsn_of(x)

    def gradient(self, call: Any, dz: Any) -> Any:
        return dz * (1 - 2 * call.inputs[0] * call.output)


class Expint(SpecialFunction):
    """The exponential integral Ei of positive numbers; NaN below 0."""

    names = ("math.special.expint",)
    domain = (0.5, 10.0)

    def evaluate(self, x: np.ndarray) -> np.ndarray:
        return expint_of(x)

    def gradient(self, call: Any, dz: Any) -> Any:
        x = call.inputs[0]
        return dz * (exp(x) / x)


class FresnelCos(SpecialFunction):
    """Fresnel's integral of cos(π t²/2) from 0 to x."""

    names = ("math.special.fresnel_cos",)
    domain = (-3.0, 3.0)

    def evaluate(self, x: np.ndarray) -> np.ndarray:
        return fresnel_of(x, is_sine=False)

    def gradient(self, call: Any, dz: Any) -> Any:
        x = call.inputs[0]
        return dz * cos(x * x * (math.pi / 2))


class FresnelSin(SpecialFunction):
    """Fresnel's integral of sin(π t²/2) from 0 to x."""

    names = ("math.special.fresnel_sin",)
    domain = (-3.0, 3.0)

    def evaluate(self, x: np.ndarray) -> np.ndarray:
        return fresnel_of(x, is_sine=True)

    def gradient(self, call: Any, dz: Any) -> Any:
        x = call.inputs[0]
        return dz * sin(x * x * (math.pi / 2))


class Spence(SpecialFunction):
    """Spence's function: the integral of log(t) / (1 - t) from 1 to x; NaN below 0."""

    names = ("math.special.spence",)
    domain = (0.2, 4.0)

    def evaluate(self, x: np.ndarray) -> np.ndarray:
        return spence_of(x)

    def gradient(self, call: Any, dz: Any) -> Any:
        x = call.inputs[0]
        ones = ones_like(x)
        slope = where(equal(x, ones), -ones, log(x) / (1 - x))
        return dz * slope


dawsn = register(Dawsn)
expint = register(Expint)
fresnel_cos = register(FresnelCos)
fresnel_sin = register(FresnelSin)
spence = register(Spence)
