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
        **kwargs: `nb_words`, the old name of `num_words`.

    Raises:
        TypeError: A keyword is unknown.
        ValueError: No review is short enough.
    """
    num_words = kwargs.pop("nb_words", num_words)
    if kwargs:
        raise TypeError(f"Unrecognized keyword arguments: {kwargs}.")
    file = cached(path, "imdb.npz", _CHECKSUM)
    x_train, y_train, x_test, y_test = word_numbers.load(file)
    generator = np.random.RandomState(seed)  # noqa: NPY002  # Keras's order
    train = word_numbers.shuffled(x_train, y_train, generator)
    test = word_numbers.shuffled(x_test, y_test, generator)

    def prepared(texts: Any, labels: Any) -> tuple[Any, Any]:
        numbers = word_numbers.renumbered(texts, None, 0, start_char, None, index_from)
        if maxlen:
            numbers, labels = word_numbers.without_long(numbers, labels, maxlen)
        return numbers, labels

    train, test = prepared(*train), prepared(*test)
    if maxlen and not (train[0] and test[0]):
        raise ValueError(
            "After filtering for sequences shorter than maxlen="
            f"{maxlen}, no sequence was kept. Increase maxlen."
        )
    largest = num_words or max(max(t) for t in (*train[0], *test[0]))
    return tuple(
        (
            word_numbers.as_objects(
                word_numbers.renumbered(x, largest, skip_top, None, oov_char, 0)
            ),
            np.asarray(y),
        )
        for x, y in (train, test)
    )


def get_word_index(path: Any = "imdb_word_index.json") -> dict[str, int]:
    """Return the number of each word, before `index_from` is added."""
    return word_numbers.word_index(cached(path, "imdb_word_index.json"))
