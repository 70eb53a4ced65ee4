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
from tensor.ops.nn import range_samplers
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
        weights: Any,
        way: str,
        size: int,
        count: int,
        unique: bool,
        stream: Stream,
    ) -> Any:
        return range_samplers.sample(
            way, weights, size, np.asarray(true_classes), count, unique, stream
        )

    def infer(
        self,
        true_classes: TensorSpec,
        weights: TensorSpec,
        way: str,
        size: int,
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
        for i, way in enumerate(range_samplers.WAYS):
            yield Sample(
                np.array([[1], [0]]),
                np.arange(1, 6, dtype=np.float32),
                way=way,
                size=5,
                count=4,
                unique=i % 2 == 1,
                stream=Stream(1, 2),
            )


candidate_sampler = register(CandidateSampler)


def _sample(
    way: str,
    true_classes: Any,
    count: int,
    unique: bool,
    size: int,
    seed: Any,
    weights: Any = (),
) -> Candidates:
    possible = np.count_nonzero(weights) if way == "FixedUnigram" else size
    if unique and count > possible:
        raise errors.because(
            errors.InvalidArgumentError,
            f"Sampler's range is too small: {count} different classes of "
            f"{possible} cannot be drawn.",
        )
    return Candidates(
        *candidate_sampler(
            convert(true_classes, dtypes.int64),
            np.asarray(weights, np.float32),
            way=way,
            size=int(size),
            count=int(count),
            unique=bool(unique),
            stream=stream_for(("CandidateSampler", way, unique, count, size), seed),
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
    return _sample("Uniform", true_classes, num_sampled, unique, range_max, seed)


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
    return _sample("LogUniform", true_classes, num_sampled, unique, range_max, seed)


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
    known = np.asarray(frequencies, np.float32) ** np.float32(distortion)
    weights = np.concatenate([np.zeros(num_reserved_ids, np.float32), known])
    weights = weights[shard::num_shards]
    if len(weights) != range_max:
        raise errors.invalid(
            "FixedUnigramCandidateSampler",
            f"range is {range_max} must be equal to weights size  {len(weights)}",
        )
    return _sample(
        "FixedUnigram", true_classes, num_sampled, unique, range_max, seed, weights
    )


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
    """Draw classes by how often they were true in batches before, plus 1."""
    return _sample("LearnedUnigram", true_classes, num_sampled, unique, range_max, seed)


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
