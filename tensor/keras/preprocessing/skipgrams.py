"""Pairs of words that stand near one another, and how often to take a word."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

# Euler's constant, as word2vec rounds it.
_GAMMA = 0.577


def make_sampling_table(size: int, sampling_factor: float = 1e-5) -> Any:
    """Return the probability to take the word of each rank, frequent ones less.

    Frequencies are taken to follow Zipf's law.

    Args:
        size: How many words there are.
        sampling_factor: As in word2vec.
    """
    rank = np.arange(size)
    rank[0] = 1
    inverse = rank * (np.log(rank) + _GAMMA) + 0.5 - 1.0 / (12.0 * rank)
    share = sampling_factor * inverse
    return np.minimum(1.0, share / np.sqrt(share))


def skipgrams(
    sequence: Any,
    vocabulary_size: int,
    window_size: int = 4,
    negative_samples: float = 1.0,
    shuffle: bool = True,
    categorical: bool = False,
    sampling_table: Any = None,
    seed: int | None = None,
) -> tuple[list[list[int]], list[Any]]:
    """Return pairs of word numbers, and whether the second stands near the first.

    Args:
        sequence: Word numbers; 0 is no word.
        vocabulary_size: Negative samples are below it.
        window_size: How far apart words of a pair may be.
        negative_samples: How many random pairs there are for each real one.
        shuffle: Whether the pairs are shuffled.
        categorical: Whether labels are [0, 1] and [1, 0] instead of 1 and 0.
        sampling_table: The probability to take each word as the first of a pair.
        seed: Of the shuffling.
    """
    near: Any = [0, 1] if categorical else 1
    far: Any = [1, 0] if categorical else 0
    couples: list[list[int]] = []
    for i, word in enumerate(sequence):
        if not word:
            continue
        if sampling_table is not None and sampling_table[word] < random.random():
            continue
        window = range(max(0, i - window_size), min(len(sequence), i + window_size + 1))
        couples += [[word, sequence[j]] for j in window if j != i and sequence[j]]
    labels = [near] * len(couples)
    if negative_samples > 0:
        count = int(len(labels) * negative_samples)
        words = [couple[0] for couple in couples]
        random.shuffle(words)
        couples += [
            [words[i % len(words)], random.randint(1, int(vocabulary_size - 1))]
            for i in range(count)
        ]
        labels += [far] * count
    if shuffle:
        if seed is None:
            seed = random.randint(0, int(10e6))
        for values in (couples, labels):  # both in the same order
            random.seed(seed)
            random.shuffle(values)
    return couples, labels
