"""Reuters: 11 228 newswires on 46 topics, as lists of word numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.keras.datasets import word_numbers
from tensor.keras.datasets.origin import cached

_TOPICS = (
    "cocoa",
    "grain",
    "veg-oil",
    "earn",
    "acq",
    "wheat",
    "copper",
    "housing",
    "money-supply",
    "coffee",
    "sugar",
    "trade",
    "reserves",
    "ship",
    "cotton",
    "carcass",
    "crude",
    "nat-gas",
    "cpi",
    "money-fx",
    "interest",
    "gnp",
    "meal-feed",
    "alum",
    "oilseed",
    "gold",
    "tin",
    "strategic-metal",
    "livestock",
    "retail",
    "ipi",
    "iron-steel",
    "rubber",
    "heat",
    "jobs",
    "lei",
    "bop",
    "zinc",
    "orange",
    "pet-chem",
    "dlr",
    "gas",
    "silver",
    "wpi",
    "hog",
    "lead",
)
_CHECKSUM = "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"


def load_data(
    path: Any = "reuters.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
    cache_dir: Any = None,
    **kwargs: Any,
) -> Any:
    """Return (wires, topics) to train on, and (wires, topics) to test on.

    Args:
        path: The file's name in the cache, or an absolute path.
        num_words: Only words among so many most frequent are kept.
        skip_top: The most frequent words, so many, are taken out.
        maxlen: Longer wires are left out.
        test_split: The share to test on.
        seed: Says in which order the wires come.
        start_char: The number that begins each wire.
        oov_char: What stands for a word that was taken out.
        index_from: By how much word numbers grow.
        cache_dir: The cache.
        **kwargs: `nb_words`, the old name of `num_words`.

    Raises:
        TypeError: A keyword is unknown.
    """
    num_words = kwargs.pop("nb_words", num_words)
    if kwargs:
        raise TypeError(f"Unrecognized keyword arguments: {kwargs}.")
    file = cached(path, "reuters.npz", _CHECKSUM, cache_dir)
    texts, labels = word_numbers.load(file, "x", "y")
    generator = np.random.RandomState(seed)  # Keras's order
    texts, labels = word_numbers.shuffled(texts, labels, generator)
    texts = word_numbers.renumbered(texts, start_char, index_from)
    if maxlen:
        texts, labels = word_numbers.without_long(texts, labels, maxlen)
    texts = word_numbers.as_objects(
        word_numbers.restricted(texts, num_words, skip_top, oov_char)
    )
    count, labels = int(len(texts) * (1 - test_split)), np.array(labels)
    return (texts[:count], labels[:count]), (texts[count:], labels[count:])


def get_label_names() -> tuple[str, ...]:
    """Return the topics, in the order of the labels."""
    return _TOPICS


def get_word_index(path: Any = "reuters_word_index.json") -> dict[str, int]:
    """Return the number of each word, before `index_from` is added."""
    return word_numbers.word_index(cached(path, "reuters_word_index.json"))
