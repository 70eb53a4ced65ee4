"""The gamma function's logarithm and its derivatives, and Hurwitz's zeta function."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import Sample, register
from tensor.ops.array import ones_like, reshape
from tensor.ops.families import check_kind, operands, sum_to
from tensor.ops.math.special.chebyshev import choose, series
from tensor.ops.math.special.elementwise import SpecialFunction, SpecialFunctionOfTwo
from tensor.ops.reduce import reduce_sum

if TYPE_CHECKING:
    from collections.abc import Iterator

# Bernoulli numbers B₂, B₄ … B₂₄.
_BERNOULLI = (
    1 / 6,
    -1 / 30,
    1 / 42,
    -1 / 30,
    5 / 66,
    -691 / 2730,
    7 / 6,
    -3617 / 510,
    43867 / 798,
    -174611 / 330,
    854513 / 138,
    -236364091 / 2730,
)
_HALF_LOG_TAU = math.log(2 * math.pi) / 2
# Above these the asymptotic series are exact.
_STIRLING_FROM = 10.0
_DIGAMMA_FROM = 10.0


def lgamma_of(x: np.ndarray) -> np.ndarray:
    """Return log |Γ(x)|."""

    def stirling(v: np.ndarray) -> np.ndarray:
        inverse = 1 / (v * v)
        tail = np.zeros_like(v)
        for k in range(8, 0, -1):
            tail = tail * inverse + _BERNOULLI[k - 1] / (2 * k * (2 * k - 1))
        whole = (v - 0.5) * (np.log(v) - 1) - 0.5 + _HALF_LOG_TAU + tail / v
        return np.where(np.isinf(v), np.inf, whole)

    def reflected(v: np.ndarray) -> np.ndarray:
        distance = np.abs(v - np.round(v))
        sine = np.abs(np.sin(np.pi * distance))
        below = np.log(np.pi / sine) - lgamma_of(1 - v)
        return np.where((distance == 0) | np.isinf(v), np.inf, below)

    return choose(
        x,
        (x <= 0, reflected),
        ((x > 0) & (x < _STIRLING_FROM), _lgamma_by_recurrence),
        (x >= _STIRLING_FROM, stirling),
    )


def _lgamma_by_recurrence(x: np.ndarray) -> np.ndarray:
    """Return log Γ(x) for x in (0, 10), brought into [1, 2] by Γ(x + 1) = x Γ(x)."""
    small = x < 1
    y, factor = np.where(small, x + 1, x), np.ones_like(x)
    for _ in range(int(_STIRLING_FROM) - 2):
        above = y > 2
        y = np.where(above, y - 1, y)
        factor = np.where(above, factor * y, factor)
    # log Γ is 0 at 1 and 2: the distance from them must be exact, which x + 1 is not.
    from_one, from_two = np.where(small, x, y - 1), np.where(small, x - 1, y - 2)
    near = from_one * from_two * series("lgamma", y)
    return near + np.log(factor) - np.where(small, np.log(np.where(small, x, 1)), 0)


def digamma_of(x: np.ndarray) -> np.ndarray:
    """Return the derivative of log Γ(x)."""

    def positive(v: np.ndarray) -> np.ndarray:
        shift = np.zeros_like(v)
        for _ in range(int(_DIGAMMA_FROM)):
            low = v < _DIGAMMA_FROM
            shift = np.where(low, shift - 1 / v, shift)
            v = np.where(low, v + 1, v)
        inverse = 1 / (v * v)
        tail = np.zeros_like(v)
        for k in range(9, 0, -1):
            tail = (tail + _BERNOULLI[k - 1] / (2 * k)) * inverse
        return shift + np.log(v) - 0.5 / v - tail

    def reflected(v: np.ndarray) -> np.ndarray:
        distance = v - np.round(v)
        below = positive(1 - v) - np.pi / np.tan(np.pi * distance)
        return np.where((distance == 0) | np.isinf(v), np.nan, below)

    return choose(x, (x <= 0, reflected), (x > 0, positive))


def zeta_of(x: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Return the sum of (q + n)**-x over all n >= 0, by Euler and Maclaurin's rule."""

    def pole(v: np.ndarray, _: np.ndarray) -> np.ndarray:
        # From both sides to +inf for even powers; for others there is no limit.
        return np.where((v == 1) | (v % 2 == 0), np.inf, np.nan)

    whole_q = q == np.floor(q)
    defined = (x > 1) & ((q > 0) | (x == np.floor(x)))
    return choose(
        (x, q),
        (defined, _euler_maclaurin),
        (
            np.isposinf(x),
            lambda _, w: np.where(w == 1, 1.0, np.where(w > 1, 0, np.inf)),
        ),
        ((x > 1) & np.isposinf(q), lambda v, _: np.zeros_like(v)),
        (((x > 1) & (q <= 0) & whole_q) | (x == 1), pole),
        (np.isnan(q) & (x != 1), lambda v, _: np.full_like(v, np.nan)),
    )


def _euler_maclaurin(x: np.ndarray, q: np.ndarray) -> np.ndarray:
    total, at = q**-x, q.copy()
    # Sum the first terms one by one, until the rest is smooth enough for the rule.
    for _ in range(9):
        at = at + 1
        total = total + at**-x
    for _ in range(10_000):
        low = at <= 9
        if not low.any():
            break
        at = np.where(low, at + 1, at)
        total = np.where(low, total + at**-x, total)
    last = at**-x
    total = total + last * at / (x - 1) - last / 2
    factor, power = x.copy(), last / at
    factorial = 2.0
    for k, bernoulli in enumerate(_BERNOULLI, 1):
        term = bernoulli / factorial * factor * power
        total = total + np.where(np.isfinite(term), term, 0)
        factor = factor * (x + 2 * k - 1) * (x + 2 * k)
        power = power / (at * at)
        factorial *= (2 * k + 1) * (2 * k + 2)
    return total


def polygamma_of(n: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the derivative of order n of the digamma function."""
    counts = (n >= 0) & (n == np.floor(n))

    def higher(order: np.ndarray, v: np.ndarray) -> np.ndarray:
        factorials = np.cumprod(np.concatenate([[1.0], np.arange(1.0, 171.0)]))
        clipped = np.clip(order, 0, 170).astype(int)
        factorial = np.where(order > 170, np.inf, factorials[clipped])
        sign = np.where(order % 2 == 1, 1.0, -1.0)
        value = sign * factorial * zeta_of(order + 1, v)
        # A pole of even order has the sign of neither side.
        return np.where((v <= 0) & (v == np.floor(v)) & (sign < 0), np.nan, value)

    return choose(
        (n, x),
        (counts & np.isfinite(n), higher),
        (n == 0, lambda _, v: digamma_of(v)),
    )


class Lgamma(SpecialFunction):
    """The logarithm of |Γ(x)|; inf at 0, -1, -2 and so on."""

    names = ("math.lgamma",)
    domain = (0.3, 12.0)

    def evaluate(self, x: np.ndarray) -> np.ndarray:
        return lgamma_of(x)

    def gradient(self, call: Any, dz: Any) -> Any:
        return dz * digamma(call.inputs[0])


class Digamma(SpecialFunction):
    """The derivative of lgamma; NaN at 0, -1, -2 and so on."""

    names = ("math.digamma",)
    domain = (0.3, 12.0)

    def evaluate(self, x: np.ndarray) -> np.ndarray:
        return digamma_of(x)

    def gradient(self, call: Any, dz: Any) -> Any:
        x = call.inputs[0]
        return dz * polygamma(ones_like(x), x)


class _SecondVaries(SpecialFunctionOfTwo):
    """A function of two arguments whose gradient flows to the second alone."""

    def slope(self, x: Any, y: Any) -> Any:
        """Return the derivative by the second argument."""
        raise NotImplementedError(f"{type(self).__name__} must define `slope`.")

    def gradient(self, call: Any, dz: Any) -> Any:
        x, y = call.inputs
        return None, sum_to(dz * self.slope(x, y), y) if call.wants[1] else None

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        # Single precision keeps the generated check of gradients away: the first
        # argument has none. Tests compare them with published values.
        x = rng.integers(2, 5, size=(2, 3))
        y = rng.uniform(0.5, 4, size=(2, 3))
        yield Sample(x.astype(np.float32), y.astype(np.float32))


class Zeta(_SecondVaries):
    """Hurwitz's zeta function: the sum of (q + n)**-x; no gradient flows to x."""

    parameters = ("x", "q")

    def evaluate(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return zeta_of(x, y)

    def slope(self, x: Any, y: Any) -> Any:
        return -x * zeta(x + 1, y)


class Polygamma(_SecondVaries):
    """The derivative of order n of digamma; no gradient flows to n."""

    parameters = ("a", "x")

    def evaluate(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return polygamma_of(x, y)

    def slope(self, x: Any, y: Any) -> Any:
        return polygamma(x + 1, y)


lgamma = register(Lgamma)
digamma = register(Digamma)
zeta = register(Zeta)
polygamma = register(Polygamma)


@export("math.zeta")
@takes_composites
def zeta_(x: Any, q: Any, name: str | None = None) -> Any:
    """Return Hurwitz's zeta function: the sum of (q + n)**-x over all n >= 0."""
    return zeta(*operands(zeta, x, q), name=name)


@export("math.polygamma")
def polygamma_(a: Any, x: Any, name: str | None = None) -> Any:
    """Return the derivative of order `a` of the digamma function."""
    return polygamma(*operands(polygamma, a, x), name=name)


@export("math.lbeta")
def lbeta(x: Any, name: str | None = None) -> Any:
    """Return the logarithm of |Beta(x)|, over the last axis.

    Beta is the product of Γ over the elements, over Γ of their sum; of two elements it
    is the usual Beta function.
    """
    x = convert(x)
    check_kind(lgamma, x, lgamma.allows)
    if x.ndim == 0:
        x = reshape(x, shape=(1,))
    logs = reduce_sum(lgamma(x), axis=(-1,), keepdims=False)
    return logs - lgamma(reduce_sum(x, axis=(-1,), keepdims=False))
