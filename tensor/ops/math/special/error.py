"""The error function, its complement, and the quantiles of the normal distribution."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import register
from tensor.ops.families import check_kind
from tensor.ops.math.exponential import exp
from tensor.ops.math.special.chebyshev import choose, series
from tensor.ops.math.special.elementwise import SpecialFunction

_SLOPE = 2 / math.sqrt(math.pi)


def erf_of(x: np.ndarray) -> np.ndarray:
    """Return the error function."""

    def large(v: np.ndarray) -> np.ndarray:
        return np.copysign(1 - erfc_of(np.abs(v)), v)

    return choose(
        x,
        (np.abs(x) >= 1, large),
        (np.abs(x) < 1, lambda v: v * series("erf", v * v)),
    )


def erfc_of(x: np.ndarray) -> np.ndarray:
    """Return 1 - erf(x), without cancellation."""

    def middle(v: np.ndarray) -> np.ndarray:
        t = 2 / (2 + v)
        # exp(-v²) in two factors: the square of the leading bits is exact.
        lead = np.round(v * 16) / 16
        square = np.exp(-lead * lead) * np.exp(-(v - lead) * (v + lead))
        return square * t * series("erfcx", t)

    return choose(
        x,
        (x < 0.5, lambda v: 1 - erf_of(v)),
        (x >= 0.5, middle),
        (x > 28, np.zeros_like),
    )


def quantile(p: np.ndarray) -> np.ndarray:
    """Return where the standard normal distribution reaches probability p."""
    return choose(
        p,
        (np.abs(p - 0.5) <= 0.5, lambda v: _quantile_by_distance(v - 0.5, v)),
    )


def _quantile_by_distance(q: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Return the quantile of p = 1/2 + q, where p is exact if it is small."""

    def tail(d: np.ndarray, v: np.ndarray) -> np.ndarray:
        small = np.where(d < 0, v, 0.5 - d)
        r = np.sqrt(-2 * np.log(small))
        z = r - series("quantile_tail", np.clip(1 / r, 1 / 39, 0.5)) / r
        return np.copysign(np.where(small == 0, np.inf, z), d)

    return choose(
        (q, p),
        (np.abs(q) > 0.425, tail),
        (np.abs(q) <= 0.425, lambda d, _: d * series("quantile", d * d)),
    )


class Erf(SpecialFunction):
    """The error function: 2/√π times the integral of exp(-t²) from 0 to x."""

    names = ("math.erf",)

    def evaluate(self, x: np.ndarray) -> np.ndarray:
        return erf_of(x)

    def gradient(self, call: Any, dz: Any) -> Any:
        x = call.inputs[0]
        return dz * (exp(-x * x) * _SLOPE)


class Erfc(SpecialFunction):
    """1 - erf(x), exact where erf(x) is near 1 too."""

    names = ("math.erfc",)

    def evaluate(self, x: np.ndarray) -> np.ndarray:
        return erfc_of(x)

    def gradient(self, call: Any, dz: Any) -> Any:
        x = call.inputs[0]
        return dz * (exp(-x * x) * -_SLOPE)


class Erfinv(SpecialFunction):
    """The inverse of the error function; NaN outside [-1, 1]."""

    names = ("math.erfinv",)
    domain = (-0.95, 0.95)
    keeps_inputs = False
    keeps_output = True

    def evaluate(self, x: np.ndarray) -> np.ndarray:
        inside = np.abs(x) <= 1

        def function(v: np.ndarray) -> np.ndarray:
            return _quantile_by_distance(v / 2, (1 + v) / 2) / math.sqrt(2)

        return choose(x, (inside, function))

    def gradient(self, call: Any, dz: Any) -> Any:
        z = call.output
        return dz * (exp(z * z) * (math.sqrt(math.pi) / 2))


class Ndtri(SpecialFunction):
    """Where the standard normal distribution reaches probability x."""

    names = ("math.ndtri",)
    domain = (0.05, 0.95)
    keeps_inputs = False
    keeps_output = True

    def evaluate(self, x: np.ndarray) -> np.ndarray:
        return quantile(x)

    def gradient(self, call: Any, dz: Any) -> Any:
        z = call.output
        return dz * (exp(z * z * 0.5) * math.sqrt(2 * math.pi))


erf = register(Erf)
erfc = register(Erfc)
erfinv = register(Erfinv)
ndtri = register(Ndtri)


@export("math.erfcinv")
@takes_composites
def erfcinv(x: Any, name: str | None = None) -> Any:
    """Return the inverse of erfc; NaN outside [0, 2]."""
    x = convert(x)
    check_kind(ndtri, x, ndtri.allows)
    return -ndtri(x * 0.5, name=name) * math.sqrt(0.5)
