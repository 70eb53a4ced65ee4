"""Sampling classes, for losses that look at a sample instead of all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import constant_tensor, convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import (
    cast,
    ones_like,
)
from tensor.ops.random import distributions
from tensor.ops.random.seeds import Stream, stream_for

if TYPE_CHECKING:
    from collections.abc import Iterator


class Candidates(NamedTuple):
    """What a candidate sampler returns.

    Attributes:
        sampled_candidates: The classes drawn.
        true_expected_count: How often each true class is expected in such a sample.
        sampled_expected_count: How often each drawn class is.
    """

    sampled_candidates: Any
    true_expected_count: Any
    sampled_expected_count: Any


class CandidateSampler(Op):
    """Classes drawn by given probabilities, and how often each is expected."""

    kind = "random"
    gradient = NON_DIFFERENTIABLE

    def kernel(
        self,
        true_classes: Any,
        probabilities: Any,
        count: int,
        unique: bool,
        stream: Stream,
    ) -> Any:
        weights = np.asarray(probabilities, np.float64)
        totals = np.cumsum(weights / weights.sum())
        drawn: list[int] = []
        seen: set[int] = set()
        tries = 0
        while len(drawn) < count:
            numbers = distributions.uniform(
                stream.key, stream.reserve(count), (count,), np.dtype(np.float64)
            )
            for place in np.searchsorted(totals, numbers, side="right"):
                if len(drawn) == count:
                    break
                tries += 1
                number = min(int(place), len(weights) - 1)
                if not unique or number not in seen:
                    drawn.append(number)
                    seen.add(number)
        share = weights / weights.sum()
        # Without repetition a class is in the sample unless all tries miss it.
        expected = -np.expm1(tries * np.log1p(-share)) if unique else share * count
        expected = expected.astype(np.float32)
        sampled = np.array(drawn, np.int64)
        return sampled, expected[np.asarray(true_classes)], expected[sampled]

    def infer(
        self,
        true_classes: TensorSpec,
        probabilities: TensorSpec,
        count: int,
        unique: bool,
        stream: Stream,
    ) -> Any:
        return (
            TensorSpec.of((count,), dtypes.int64),
            TensorSpec.of(true_classes.dims, dtypes.float32),
            TensorSpec.of((count,), dtypes.float32),
        )

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for unique in (False, True):
            yield Sample(
                np.array([[1], [0]]),
                np.arange(1.0, 6.0),
                count=4,
                unique=unique,
                stream=Stream(1, 2),
            )


candidate_sampler = register(CandidateSampler)


def _sample(
    true_classes: Any, weights: np.ndarray, count: int, unique: bool, seed: Any
) -> Candidates:
    if unique and count > np.count_nonzero(weights):
        raise errors.because(
            errors.InvalidArgumentError,
            f"Sampler's range is too small: {count} different classes of "
            f"{np.count_nonzero(weights)} cannot be drawn.",
        )
    return Candidates(
        *candidate_sampler(
            convert(true_classes, dtypes.int64),
            weights,
            count=int(count),
            unique=bool(unique),
            stream=stream_for("CandidateSampler", seed),
        )
    )


@export("random.uniform_candidate_sampler")
def uniform_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: int | None = None,
    name: str | None = None,
) -> Candidates:
    """Draw classes that are all equally likely.

    Args:
        true_classes: [batch, num_true] of int64.
        num_true: How many true classes each example has.
        num_sampled: How many classes to draw.
        unique: Whether to draw each class once at most.
        range_max: The number of classes.
        seed: See tf.random.set_seed.
        name: A name for the node, in a graph.
    """
    return _sample(true_classes, np.ones(range_max), num_sampled, unique, seed)


@export("random.log_uniform_candidate_sampler")
def log_uniform_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: int | None = None,
    name: str | None = None,
) -> Candidates:
    """Draw classes whose frequency falls with their number, as words in a lexicon."""
    places = np.arange(range_max)
    weights = np.log((places + 2) / (places + 1)) / np.log(range_max + 1)
    return _sample(true_classes, weights, num_sampled, unique, seed)


@export("random.fixed_unigram_candidate_sampler", "nn.fixed_unigram_candidate_sampler")
def fixed_unigram_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    vocab_file: str = "",
    distortion: float = 1.0,
    num_reserved_ids: int = 0,
    num_shards: int = 1,
    shard: int = 0,
    unigrams: Any = (),
    seed: int | None = None,
    name: str | None = None,
) -> Candidates:
    """Draw classes by given frequencies, each raised to the power `distortion`.

    Args:
        true_classes: [batch, num_true] of int64.
        num_true: How many true classes each example has.
        num_sampled: How many classes to draw.
        unique: Whether to draw each class once at most.
        range_max: The number of classes.
        vocab_file: A file whose lines end in a comma and a frequency.
        distortion: The exponent of the frequencies.
        num_reserved_ids: How many classes at the start are never drawn.
        num_shards: Into how many parts the classes are divided.
        shard: Which part to draw from.
        unigrams: The frequencies, instead of a file.
        seed: See tf.random.set_seed.
        name: A name for the node, in a graph.
    """
    frequencies = list(unigrams)
    if vocab_file:
        with open(vocab_file, encoding="utf-8") as lines:
            frequencies = [float(line.rsplit(",", 1)[1]) for line in lines]
    weights = np.zeros(range_max)
    known = np.asarray(frequencies, np.float64) ** distortion
    weights[num_reserved_ids : num_reserved_ids + len(known)] = known
    weights[np.arange(range_max) % num_shards != shard] = 0
    return _sample(true_classes, weights, num_sampled, unique, seed)


@export(
    "random.learned_unigram_candidate_sampler", "nn.learned_unigram_candidate_sampler"
)
def learned_unigram_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: int | None = None,
    name: str | None = None,
) -> Candidates:
    """Draw classes by how often they are true in this batch, plus 1."""
    seen = np.asarray(true_classes).reshape(-1)
    weights = 1.0 + np.bincount(seen, minlength=range_max)
    return _sample(true_classes, weights, num_sampled, unique, seed)


@export("random.all_candidate_sampler", "nn.all_candidate_sampler")
def all_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    seed: int | None = None,
    name: str | None = None,
) -> Candidates:
    """Return all classes, for testing: the first `num_sampled`, each expected once."""
    true_ones = cast(
        ones_like(convert(true_classes, dtypes.int64)), dtype=dtypes.float32
    )
    return Candidates(
        constant_tensor(np.arange(num_sampled, dtype=np.int64)),
        true_ones,
        constant_tensor(np.ones(num_sampled, np.float32)),
    )
