"""IMDB: 50 000 film reviews, good or bad, as lists of word numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.keras.datasets import word_numbers
from tensor.keras.datasets.origin import cached

_CHECKSUM = "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"


def load_data(
    path: Any = "imdb.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
    cache_dir: Any = None,
    **kwargs: Any,
) -> Any:
    """Return (reviews, labels) to train on, and (reviews, labels) to test on.

    Args:
        path: The file's name in the cache, or an absolute path.
        num_words: Only words among so many most frequent are kept.
        skip_top: The most frequent words, so many, are taken out.
        maxlen: Longer reviews are left out.
        seed: Says in which order the reviews come.
        start_char: The number that begins each review.
        oov_char: What stands for a word that was taken out.
        index_from: By how much word numbers grow.
        cache_dir: The cache.
        **kwargs: `nb_words`, the old name of `num_words`.

    Raises:
        TypeError: A keyword is unknown.
        ValueError: No review is short enough.
    """
    num_words = kwargs.pop("nb_words", num_words)
    if kwargs:
        raise TypeError(f"Unrecognized keyword arguments: {kwargs}.")
    file = cached(path, "imdb.npz", _CHECKSUM, cache_dir)
    x_train, y_train, x_test, y_test = word_numbers.load(
        file, "x_train", "y_train", "x_test", "y_test"
    )
    generator = np.random.RandomState(seed)  # Keras's order
    x_train, y_train = word_numbers.shuffled(x_train, y_train, generator)
    x_test, y_test = word_numbers.shuffled(x_test, y_test, generator)
    x_train = word_numbers.renumbered(x_train, start_char, index_from)
    x_test = word_numbers.renumbered(x_test, start_char, index_from)
    if maxlen:
        x_train, y_train = word_numbers.without_long(x_train, y_train, maxlen)
        x_test, y_test = word_numbers.without_long(x_test, y_test, maxlen)
        if not x_train or not x_test:
            raise ValueError(
                "After filtering for sequences shorter than maxlen="
                f"{maxlen}, no sequence was kept. Increase maxlen."
            )
    texts = word_numbers.as_objects(
        word_numbers.restricted([*x_train, *x_test], num_words, skip_top, oov_char)
    )
    labels = np.concatenate([y_train, y_test])
    count = len(x_train)
    return (texts[:count], labels[:count]), (texts[count:], labels[count:])


def get_word_index(path: Any = "imdb_word_index.json") -> dict[str, int]:
    """Return the number of each word, before `index_from` is added."""
    return word_numbers.word_index(cached(path, "imdb_word_index.json"))
