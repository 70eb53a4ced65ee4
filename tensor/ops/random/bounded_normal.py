"""Normal numbers between any bounds: three ways to propose them, and when to use which.

Robert, "Simulation of truncated normal variables". The elements of one batch are drawn
one after the other, the next batch goes on with a fresh block: numbers and order are
TensorFlow's, on one thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tensor.core import errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import static_value
from tensor.ops.dtype_kinds import check_attribute
from tensor.ops.operands import operands
from tensor.ops.random import distributions
from tensor.ops.random.distributions import count_of
from tensor.ops.random.philox import blocks
from tensor.ops.random.rejection import arrange
from tensor.ops.random.shapes import as_shape_vector
from tensor.ops.random.stateful import COMMON_FLOATS
from tensor.ops.random.stateless import from_seed, joined
from tensor.ops.random.trials import check_ending, flat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_OP = "StatelessParameterizedTruncatedNormal"

# Proposals in a row that may be turned down.
_PATIENCE = 1000

# Normal numbers are proposed where one side of the mean reaches so many deviations.
_REACH = 1.3

# How many proposals one draw makes at least.
_FEWEST = 64


class Way(NamedTuple):
    """A way to propose numbers.

    Attributes:
        name: What TensorFlow calls it.
        blocks: How many blocks of random words are used at a time.
        propose: `propose(words)`, of shape [n, 4 * blocks], returns n rows of
            proposals, and whether they are accepted.
    """

    name: str
    blocks: int
    propose: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


class StatelessParameterizedTruncatedNormal(Op):
    """Normal numbers between two bounds, for parameters of one shape."""

    kind = "random"
    gradient = NON_DIFFERENTIABLE

    def kernel(
        self,
        key: Any,
        counter: Any,
        mean: Any,
        deviation: Any,
        low: Any,
        high: Any,
        shape: Any,
    ) -> Any:
        shape = flat(shape)
        parameters = np.broadcast_arrays(mean, deviation, low, high)
        dims = parameters[0].shape
        check_ending(shape, dims, _OP)
        count = count_of(shape) // max(count_of(dims), 1)
        result = np.empty((count_of(dims), count), parameters[0].dtype)
        source = _Source(int(key[0]), joined(counter))
        if count:
            batches = zip(*(p.reshape(-1) for p in parameters), strict=True)
            for row, batch in zip(result, batches, strict=True):
                _fill(row, source, *batch)
        return arrange(result, shape[: len(shape) - len(dims)], dims)

    def infer(self, *inputs: TensorSpec, shape: Any) -> TensorSpec:
        return TensorSpec.of(static_value(shape), inputs[2].dtype)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        source = np.array([1], np.uint64), np.array([1, 2], np.uint64)
        for kind in (np.float16, np.float32, np.float64):
            low = np.array([-2, 0.2, 3], kind)
            high = np.array([2, 0.5, np.inf], kind)
            yield Sample(*source, kind(0), kind(1), low, high, shape=(5, 3))


class _Source:
    """The blocks of words after a counter, one after the other."""

    def __init__(self, key: int, counter: int) -> None:
        self._key, self._counter = key, counter

    def peek(self, count: int) -> np.ndarray:
        """Return the next blocks, which may be asked for again."""
        return blocks(self._key, self._counter, count)

    def skip(self, count: int) -> None:
        """Leave blocks behind."""
        self._counter += count


def _fill(
    row: np.ndarray, source: _Source, mean: Any, deviation: Any, low: Any, high: Any
) -> None:
    """Fill a row with numbers of one set of parameters.

    Raises:
        InvalidArgumentError: The bounds are in the wrong order or both infinite, or the
            deviation is not positive.
        InternalError: Too many proposals in a row were turned down.
    """
    is_bounded = np.isfinite(low) or np.isfinite(high)
    if not (deviation > 0 and low < high and is_bounded):
        raise errors.because(
            errors.InvalidArgumentError,
            "Invalid parameters: minvals must be below maxvals, one of them finite, "
            f"and stddevs positive; got {low}, {high} and {deviation} [Op:{_OP}]",
        )
    # With the mirror image, a single bound is the lower one and two are positive.
    if np.isneginf(low) or high < mean:
        low, high, deviation = high, low, -deviation
    way = _way((low - mean) / deviation, (high - mean) / deviation)
    filled = turned_down = 0
    while filled < row.size:
        tries = max(row.size - filled, _FEWEST)
        words = source.peek(tries * way.blocks).reshape(tries, -1)
        proposals, accepted = way.propose(words)
        places = np.flatnonzero(accepted)[: row.size - filled]
        row[filled : filled + places.size] = (
            proposals.reshape(-1)[places] * deviation + mean
        )
        filled += places.size
        end = places[-1] if filled == row.size else accepted.size
        runs = np.diff(np.append(places, end), prepend=-1 - turned_down) - 1
        turned_down = runs[-1]
        if runs.max() >= _PATIENCE:
            raise errors.because(
                errors.InternalError,
                f"TruncatedNormal {way.name} rejection sampler failed to accept a "
                f"sample: {_PATIENCE} proposals in a row were outside the bounds. "
                f"Choose bounds nearer to the mean. [Op:{_OP}]",
            )
        used = end // proposals.shape[1] + 1 if filled == row.size else tries
        source.skip(int(used) * way.blocks)


def _way(low: Any, high: Any) -> Way:
    """Return how to propose standard normal numbers between two bounds."""
    kind = type(low)
    if (low < -kind(_REACH) and high >= 0) or (high > kind(_REACH) and low <= 0):
        return _normal(low, high)
    root = np.sqrt(low * low + kind(4))
    exponent = kind(0.5) + (low * (low - root)) / kind(4)
    cutoff = kind(2) * np.exp(exponent) / (low + root)
    return _uniform(low, high) if high - low < cutoff else _exponential(low, high)


def _normal(low: Any, high: Any) -> Way:
    def propose(words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        z = distributions.normals(words, low.dtype)
        return z, (z >= low) & (z <= high)

    return Way("randn", 1, propose)


def _uniform(low: Any, high: Any) -> Way:
    kind = type(low)
    top = kind(0) if low < 0 else low * low

    def propose(words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        u = distributions.fractions(words, low.dtype)
        u, v = np.split(u, 2, axis=1)
        z = u * (high - low) + low
        return z, v <= np.exp((top - z * z) / kind(2))

    return Way("uniform", 2, propose)


def _exponential(low: Any, high: Any) -> Way:
    kind = type(low)
    rate = (low + np.sqrt(low * low + kind(4))) / kind(2)

    def propose(words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        u = distributions.fractions(words, low.dtype)
        z = -np.log(u[:, 0::2]) / rate + low
        x = rate - z if low < rate else low - rate
        return z, (u[:, 1::2] <= np.exp(-x * x / kind(2))) & (z < high)

    return Way("exponential distribution", 1, propose)


bounded_normal = register(StatelessParameterizedTruncatedNormal)


@export("random.stateless_parameterized_truncated_normal")
def stateless_parameterized_truncated_normal(
    shape: Any,
    seed: Any,
    means: Any = 0.0,
    stddevs: Any = 1.0,
    minvals: Any = -2.0,
    maxvals: Any = 2.0,
    name: str | None = None,
) -> Any:
    """Draw normal numbers between bounds, from a seed of two integers.

    Args:
        shape: The shape of the result; it ends with that of the parameters.
        seed: Two integers.
        means: The means of the numbers before they are bounded.
        stddevs: Their standard deviations. All parameters broadcast.
        minvals: The lower bounds.
        maxvals: The upper bounds.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: A bound is not below the other, a deviation not positive,
            or `shape` does not end with that of the parameters.
    """
    mean = convert(means)
    check_attribute(_OP, "dtype", mean.dtype, COMMON_FLOATS)
    others = [convert(p) for p in (stddevs, minvals, maxvals)]
    deviation, low, high = (operands(bounded_normal, mean, p)[1] for p in others)
    return bounded_normal.produce(
        *from_seed(seed, "auto_select"),
        mean,
        deviation,
        low,
        high,
        shape=as_shape_vector(shape),
        name=name,
    )
