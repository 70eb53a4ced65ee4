"""Reuters: 11,228 news items as word numbers, by 46 topics."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.keras.datasets import word_sequences

_SHA256 = "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"


def load_data(
    path: str = "reuters.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int = 113,
    start_char: int = 1,
    oov_char: int = 2,
    index_from: int = 3,
    **kwargs: Any,
) -> Any:
    """Return ((x_train, y_train), (x_test, y_test)); texts are lists of numbers."""
    file = word_sequences.fetched(path, "reuters.npz", _SHA256)
    x, y = word_sequences.read_lists(file, ("x", "y"))
    order = np.arange(len(x))
    np.random.RandomState(seed).shuffle(order)  # Keras's order
    texts = word_sequences.prepared(
        x[order], num_words, skip_top, start_char, oov_char, index_from
    )
    kept = [i for i, s in enumerate(texts) if maxlen is None or len(s) < maxlen]
    labels = y[order][kept]
    texts = [texts[i] for i in kept]
    at = int(len(texts) * (1 - test_split))
    train = word_sequences.objects(texts[:at]), labels[:at]
    return train, (word_sequences.objects(texts[at:]), labels[at:])


def get_word_index(path: str = "reuters_word_index.json") -> dict[str, int]:
    """Return the words' numbers, by frequency."""
    return word_sequences.word_index(path, "4d44cc38712099c9e383dc6e5f11a921")
