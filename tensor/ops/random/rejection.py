"""Distributions drawn by trial: gamma, Poisson, binomial.

Each element has blocks of its own and draws from them until it is accepted; all
elements are tried side by side, those that are done drop out. Methods and the order in
which the numbers are used are TensorFlow's, so the results are too.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core.registry import get_op
from tensor.ops.random import distributions
from tensor.ops.random.distributions import RESERVED_BLOCKS
from tensor.ops.random.philox import blocks_at

_DOUBLE = np.dtype(np.float64)


class Draws:
    """Streams of double precision numbers, one for each of n elements.

    A block gives two numbers, of which the second is used first. Uniform and normal
    numbers are kept apart, as each is drawn when it is needed.
    """

    def __init__(self, key: int, counter: int, starts: np.ndarray) -> None:
        self._key, self._counter = key, counter
        self._next = starts.astype(np.uint64)
        count = len(starts)
        self._left = {kind: np.zeros(count, np.int64) for kind in ("uniform", "normal")}
        self._kept = {kind: np.zeros(count) for kind in ("uniform", "normal")}

    def uniform(self, which: np.ndarray) -> np.ndarray:
        """Return a number in [0, 1) for each of the elements numbered `which`."""
        return self._draw("uniform", which)

    def normal(self, which: np.ndarray) -> np.ndarray:
        """Return a standard normal number for each of the elements numbered `which`."""
        return self._draw("normal", which)

    def _draw(self, kind: str, which: np.ndarray) -> np.ndarray:
        left, kept = self._left[kind], self._kept[kind]
        result = kept[which]
        empty = left[which] == 0
        fresh = which[empty]
        if fresh.size:
            bits = blocks_at(self._key, self._counter, self._next[fresh])
            self._next[fresh] += np.uint64(1)
            if kind == "uniform":
                pair = distributions.fractions(bits, _DOUBLE)
            else:
                pair = distributions.wide_pairs(bits)
            result[empty] = pair[:, 1]
            kept[fresh] = pair[:, 0]
        left[which] = np.where(empty, 1, 0)
        return result


def streams(key: int, counter: int, count: int) -> Draws:
    """Return the streams of elements that have as many blocks as ops reserve."""
    return Draws(key, counter, np.arange(count) * RESERVED_BLOCKS)


def gamma(key: int, counter: int, count: int, alphas: np.ndarray) -> np.ndarray:
    """Return `count` numbers for each shape parameter: [len(alphas), count].

    Marsaglia and Tsang, "A simple method for generating gamma variables"; an alpha of 1
    is the exponential distribution.
    """
    alpha = np.repeat(alphas.astype(np.float64), count)
    draws = streams(key, counter, alpha.size)
    result = np.empty(alpha.size)
    everyone = np.arange(alpha.size)
    is_exponential = alpha == 1
    ones = everyone[is_exponential]
    result[ones] = -np.log1p(-draws.uniform(ones))
    is_small = alpha < 1
    d = alpha + np.where(is_small, 2 / 3, -1 / 3)
    c = 1 / 3 / np.sqrt(d)
    todo = everyone[~is_exponential]
    while todo.size:
        x = draws.normal(todo)
        v = 1 + c[todo] * x
        valid = v > 0
        at, x, v = todo[valid], x[valid], v[valid] ** 3
        u = draws.uniform(at)
        x2 = x * x
        accepted = (u < 1 - 0.0331 * x2 * x2) | (
            np.log(u) < 0.5 * x2 + d[at] * (1 - v + np.log(v))
        )
        done = at[accepted]
        result[done] = d[done] * v[accepted]
        todo = np.setdiff1d(todo, done, assume_unique=True)
    small = everyone[is_small]
    result[small] *= draws.uniform(small) ** (1 / alpha[small])
    return result.reshape(len(alphas), count)


def poisson(key: int, counter: int, count: int, rates: np.ndarray) -> np.ndarray:
    """Return `count` numbers for each rate: [len(rates), count], as float64."""
    rate = np.repeat(rates.astype(np.float64), count)
    draws = streams(key, counter, rate.size)
    result = np.full(rate.size, np.nan)
    everyone = np.arange(rate.size)
    _poisson_by_product(draws, everyone[(rate < 10) & (rate >= 0)], rate, result)
    _poisson_by_rejection(
        draws, everyone[(rate >= 10) & np.isfinite(rate)], rate, result
    )
    return result.reshape(len(rates), count)


def _poisson_by_product(
    draws: Draws, todo: np.ndarray, rate: np.ndarray, result: np.ndarray
) -> None:
    """Count uniform numbers until their product falls to exp(-rate) (Knuth)."""
    product = np.ones(rate.size)
    events = np.zeros(rate.size)
    while todo.size:
        product[todo] *= draws.uniform(todo)
        done = product[todo] <= np.exp(-rate[todo])
        result[todo[done]] = events[todo[done]]
        todo = todo[~done]
        events[todo] += 1


def _poisson_by_rejection(
    draws: Draws, todo: np.ndarray, rate: np.ndarray, result: np.ndarray
) -> None:
    """Hörmann, "The transformed rejection method for generating Poisson variables"."""
    log_gamma = get_op("Lgamma").kernel
    while todo.size:
        mean = rate[todo]
        b = 0.931 + 2.53 * np.sqrt(mean)
        a = -0.059 + 0.02483 * b
        inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
        u = draws.uniform(todo) - 0.5
        v = draws.uniform(todo)
        shifted = 0.5 - np.abs(u)
        k = np.floor((2 * a / shifted + b) * u + mean + 0.43)
        quick = (shifted >= 0.07) & (v <= 0.9277 - 3.6224 / (b - 2))
        rejected = (k < 0) | ((shifted < 0.013) & (v > shifted))
        s = np.log(v * inverse_alpha / (a / (shifted * shifted) + b))
        t = -mean + k * np.log(mean) - log_gamma(np.maximum(k, 0) + 1)
        accepted = quick | (~rejected & (s <= t))
        result[todo[accepted]] = k[accepted]
        todo = todo[~accepted]


# Blocks that an element has to itself where its successes, or failures, are few.
_BLOCKS_OF_FEW = 42


def binomial(
    key: int, counter: int, count: int, trials: np.ndarray, probabilities: np.ndarray
) -> np.ndarray:
    """Return `count` numbers of successes for each pair: [pairs, count], as float64."""
    # The rarer outcome is counted; which one it is shows in the parameters' precision.
    is_reversed = probabilities > 0.5
    rarer = np.where(is_reversed, 1 - probabilities, probabilities)
    are_few = np.repeat(trials * rarer < 10, count)
    n = np.repeat(trials.astype(np.float64), count)
    q = np.repeat(rarer.astype(np.float64), count)
    everyone = np.arange(n.size)
    stride = np.where(are_few, _BLOCKS_OF_FEW, RESERVED_BLOCKS)
    draws = Draws(key, counter, everyone * stride)
    result = np.where(np.isnan(n + q), np.nan, 0.0)
    is_random = (n > 0) & (q > 0)
    _binomial_by_gaps(draws, everyone[is_random & are_few], n, q, result)
    _binomial_by_rejection(draws, everyone[is_random & ~are_few], n, q, result)
    result = np.where(np.repeat(is_reversed, count), n - result, result)
    return np.where(n <= 0, 0.0, result).reshape(len(trials), count)


def _binomial_by_gaps(
    draws: Draws, todo: np.ndarray, n: np.ndarray, q: np.ndarray, result: np.ndarray
) -> None:
    """Add up the gaps between successes, which are geometric, until they exceed n."""
    passed = np.zeros(n.size)
    while todo.size:
        gap = np.ceil(np.log(draws.uniform(todo)) / np.log1p(-q[todo]))
        passed[todo] += gap
        todo = todo[passed[todo] <= n[todo]]
        result[todo] += 1


def _binomial_by_rejection(
    draws: Draws, todo: np.ndarray, n: np.ndarray, q: np.ndarray, result: np.ndarray
) -> None:
    """Hörmann, "The generation of binomial random variates" (BTRS)."""
    log_gamma = get_op("Lgamma").kernel
    while todo.size:
        trials, share = n[todo], q[todo]
        deviation = np.sqrt(trials * share * (1 - share))
        b = 1.15 + 2.53 * deviation
        a = -0.0873 + 0.0248 * b + 0.01 * share
        center = trials * share + 0.5
        odds = share / (1 - share)
        alpha = (2.83 + 5.1 / b) * deviation
        mode = np.floor((trials + 1) * share)
        u = draws.uniform(todo) - 0.5
        v = draws.uniform(todo)
        shifted = 0.5 - np.abs(u)
        k = np.floor((2 * a / shifted + b) * u + center)
        quick = (shifted >= 0.07) & (v <= 0.92 - 4.2 / b)
        inside = (k >= 0) & (k <= trials)
        safe = np.where(inside, k, mode)
        bound = (
            log_gamma(mode + 1)
            + log_gamma(trials - mode + 1)
            - log_gamma(safe + 1)
            - log_gamma(trials - safe + 1)
            + (safe - mode) * np.log(odds)
        )
        level = np.log(v * alpha / (a / (shifted * shifted) + b))
        accepted = quick | (inside & (level <= bound))
        result[todo[accepted]] = k[accepted]
        todo = todo[~accepted]


def categorical(key: int, counter: int, logits: np.ndarray, count: int) -> np.ndarray:
    """Return `count` classes for each row of logits: [rows, count], as int64."""
    rows = len(logits)
    wide = logits.astype(np.float64)
    finite = np.isfinite(wide)
    top = np.max(
        np.where(finite, wide, -np.inf), axis=1, keepdims=True, initial=-np.inf
    )
    weights = np.where(finite, np.exp(wide - top), 0.0)
    totals = np.cumsum(weights, axis=1)
    bits = distributions.words(key, counter, 2 * rows * count).reshape(-1, 2)
    drawn = distributions.fractions(bits, _DOUBLE).reshape(rows, count)
    result = np.empty((rows, count), np.int64)
    for row in range(rows):
        targets = drawn[row] * totals[row, -1]
        places = np.searchsorted(totals[row], targets, side="right")
        result[row] = np.minimum(places, logits.shape[1] - 1)
    return result


def arrange(values: np.ndarray, shape: tuple[int, ...], rest: tuple[int, ...]) -> Any:
    """Return [parameters, samples] as an array of shape [*shape, *rest]."""
    return values.T.reshape((*shape, *rest))[()]
