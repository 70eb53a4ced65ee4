"""The regularised incomplete gamma functions P and Q, and their derivatives.

Where x is small against a, P is a power series; elsewhere Q is a continued fraction.
The derivative by a is carried along with each term.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.public_api import export
from tensor.core.registry import Sample, register
from tensor.ops.families import operands, sum_to
from tensor.ops.math.exponential import exp, log, xlogy
from tensor.ops.math.special.chebyshev import choose
from tensor.ops.math.special.elementwise import SpecialFunctionOfTwo
from tensor.ops.math.special.gamma import digamma, digamma_of, lgamma, lgamma_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_EPS = np.finfo(np.float64).eps
_MOST_TERMS = 20_000
# Numerators and denominators of a continued fraction are scaled down above this.
_BIG = 2.0**52


def _series(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return P(a, x) from its power series."""
    term, total, at = np.ones_like(a), np.ones_like(a), a.copy()
    for _ in range(_MOST_TERMS):
        at += 1
        term *= x / at
        total += term
        if np.all(term <= _EPS * total):
            break
    return np.exp(a * np.log(x) - x - lgamma_of(a + 1)) * total


def _series_slope(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the derivative of P(a, x) by a, term by term."""
    term, total, at = np.ones_like(a), np.ones_like(a), a.copy()
    slope, total_slope = np.zeros_like(a), np.zeros_like(a)
    for _ in range(_MOST_TERMS):
        at += 1
        slope = (slope - term / at) * (x / at)
        term = term * (x / at)
        total += term
        total_slope += slope
        if np.all(np.abs(slope) + term <= _EPS * total):
            break
    front = np.exp(a * np.log(x) - x - lgamma_of(a + 1))
    return front * (total_slope + (np.log(x) - digamma_of(a + 1)) * total)


def _fraction(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return Q(a, x) from its continued fraction."""
    y, z = 1 - a, x + 2 - a
    p_before, q_before = np.ones_like(a), x.copy()
    p, q = x + 1, z * x
    ratio = p / q
    settled = np.zeros(a.shape, np.bool_)
    for count in range(1, _MOST_TERMS):
        y, z = y + 1, z + 2
        yc = y * count
        p_before, p = p, p * z - p_before * yc
        q_before, q = q, q * z - q_before * yc
        new = np.where(settled, ratio, p / q)
        # Each element stops by itself: going on would only add up rounding errors.
        settled = np.abs(new - ratio) <= _EPS * np.abs(new)
        ratio = new
        if settled.all():
            break
        scale = np.where(np.abs(p) > _BIG, 1 / _BIG, 1.0)
        p_before, q_before, p, q = (v * scale for v in (p_before, q_before, p, q))
    return np.exp(a * np.log(x) - x - lgamma_of(a)) * ratio


def _fraction_slope(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the derivative of Q(a, x) by a, carried through the continued fraction."""
    y, z = 1 - a, x + 2 - a
    p_before, q_before = np.ones_like(a), x.copy()
    p, q = x + 1, z * x
    dp_before, dq_before = np.zeros_like(a), np.zeros_like(a)
    dp, dq = np.zeros_like(a), -x
    ratio = p / q
    slope = (dp - ratio * dq) / q
    settled = np.zeros(a.shape, np.bool_)
    for count in range(1, _MOST_TERMS):
        y, z = y + 1, z + 2
        yc = y * count
        dp_before, dp = dp, dp * z - p - dp_before * yc + p_before * count
        dq_before, dq = dq, dq * z - q - dq_before * yc + q_before * count
        p_before, p = p, p * z - p_before * yc
        q_before, q = q, q * z - q_before * yc
        ratio = np.where(settled, ratio, p / q)
        new = np.where(settled, slope, (dp - ratio * dq) / q)
        settled = np.abs(new - slope) <= _EPS * (np.abs(new) + ratio)
        slope = new
        if settled.all():
            break
        scale = np.where(np.abs(p) > _BIG, 1 / _BIG, 1.0)
        p_before, q_before, p, q = (v * scale for v in (p_before, q_before, p, q))
        dp_before, dq_before = dp_before * scale, dq_before * scale
        dp, dq = dp * scale, dq * scale
    front = np.exp(a * np.log(x) - x - lgamma_of(a))
    return front * (slope + (np.log(x) - digamma_of(a)) * ratio)


def lower_part(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return P(a, x)."""
    regular = (a > 0) & (x > 0) & np.isfinite(a) & np.isfinite(x)
    by_fraction = regular & (x > 1) & (x > a)
    return choose(
        (a, x),
        (regular & ~by_fraction, _series),
        (by_fraction, lambda v, w: 1 - _fraction(v, w)),
        ((a > 0) & np.isfinite(a) & np.isposinf(x), lambda v, _: np.ones_like(v)),
        (np.isposinf(a) & (x >= 0) & np.isfinite(x), lambda v, _: np.zeros_like(v)),
        (x == 0, lambda v, _: np.zeros_like(v)),
    )


def upper_part(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return Q(a, x) = 1 - P(a, x), without cancellation."""
    regular = (a > 0) & (x > 0) & np.isfinite(a) & np.isfinite(x)
    by_series = regular & ((x < 1) | (x < a))
    return choose(
        (a, x),
        (regular & ~by_series, _fraction),
        (by_series, lambda v, w: 1 - _series(v, w)),
        ((a > 0) & np.isfinite(a) & np.isposinf(x), lambda v, _: np.zeros_like(v)),
        (np.isposinf(a) & (x >= 0) & np.isfinite(x), lambda v, _: np.ones_like(v)),
        ((a > 0) & (x == 0), lambda v, _: np.ones_like(v)),
    )


def slope_by_order(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the derivative of P(a, x) by a."""
    regular = (a > 0) & (x > 0) & np.isfinite(a) & np.isfinite(x)
    by_fraction = regular & (x > 1) & (x > a)
    return choose(
        (a, x),
        (regular & ~by_fraction, _series_slope),
        (by_fraction, lambda v, w: -_fraction_slope(v, w)),
        ((a > 0) & (x == 0), lambda v, _: np.zeros_like(v)),
    )


def density(a: Any, x: Any) -> Any:
    """Return the derivative of P(a, x) by x: the gamma distribution's density."""
    return exp(xlogy(a - 1, x) - x - lgamma(a))


class _Incomplete(SpecialFunctionOfTwo):
    """One of the incomplete gamma functions; `sign` is that of its derivatives."""

    sign: float
    parameters = ("a", "x")

    def gradient(self, call: Any, dz: Any) -> Any:
        a, x = call.inputs
        dz = dz * self.sign
        return (
            sum_to(dz * igamma_grad_a(a, x), a) if call.wants[0] else None,
            sum_to(dz * density(a, x), x) if call.wants[1] else None,
        )

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        # The derivative by a has none of its own by a: single precision keeps the
        # check of second order away. Tests check the first by hand.
        for shape_a, shape_x in (((2, 3), (3,)), ((), (2,))):
            a = np.asarray(rng.uniform(0.5, 3, size=shape_a), np.float32)
            yield Sample(a, np.asarray(rng.uniform(0.5, 3, size=shape_x), np.float32))


class Igamma(_Incomplete):
    """The lower regularised incomplete gamma function P(a, x)."""

    names = ()
    sign = 1.0

    def evaluate(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return lower_part(x, y)


class Igammac(_Incomplete):
    """The upper regularised incomplete gamma function Q(a, x) = 1 - P(a, x)."""

    names = ()
    sign = -1.0

    def evaluate(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return upper_part(x, y)


class IgammaGradA(SpecialFunctionOfTwo):
    """The derivative of P(a, x) by a; it has one by x only."""

    def evaluate(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return slope_by_order(x, y)

    def gradient(self, call: Any, dz: Any) -> Any:
        a, x = call.inputs
        if call.wants[0]:
            raise LookupError(
                "No gradient defined for operation 'IgammaGradA' by `a`: the second "
                "derivative of igamma by `a` is not available."
            )
        return None, sum_to(dz * density(a, x) * (log(x) - digamma(a)), x)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        return igamma.samples(rng)


igamma = register(Igamma)
igammac = register(Igammac)
igamma_grad_a = register(IgammaGradA)


@export("math.igamma")
def igamma_(a: Any, x: Any, name: str | None = None) -> Any:
    """Return the lower regularised incomplete gamma function P(a, x)."""
    return igamma(*operands(igamma, a, x), name=name)


@export("math.igammac")
def igammac_(a: Any, x: Any, name: str | None = None) -> Any:
    """Return the upper regularised incomplete gamma function Q(a, x) = 1 - P(a, x)."""
    return igammac(*operands(igammac, a, x), name=name)
