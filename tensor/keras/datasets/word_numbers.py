"""Texts as lists of word numbers, the most frequent word first: imdb, reuters."""

from __future__ import annotations

import json
from typing import Any

import numpy as np


def load(path: str) -> tuple[Any, ...]:
    """Return the arrays of a file: lists of numbers and labels."""
    # These files hold arrays of lists; their checksum is known before they are opened.
    with np.load(path, allow_pickle=True) as arrays:
        return tuple(
            arrays[name]
            for name in ("x_train", "y_train", "x_test", "y_test", "x", "y")
            if name in arrays.files
        )


def shuffled(texts: Any, labels: Any, generator: Any) -> tuple[Any, Any]:
    """Return texts and labels in a random order."""
    order = np.arange(len(texts))
    generator.shuffle(order)
    return texts[order], labels[order]


def renumbered(
    texts: Any,
    num_words: int | None,
    skip_top: int,
    start_char: int | None,
    oov_char: int | None,
    index_from: int,
) -> list[list[int]]:
    """Return texts with room for special numbers, and rare words taken out.

    Args:
        texts: Lists of word numbers.
        num_words: Words are kept up to this number; None keeps all.
        skip_top: The most frequent words, so many, are taken out.
        start_char: The number that begins each text, or None.
        oov_char: What stands for a word that was taken out; None leaves no trace.
        index_from: By how much word numbers grow.
    """
    if start_char is not None:
        texts = [[start_char, *(w + index_from for w in text)] for text in texts]
    elif index_from:
        texts = [[w + index_from for w in text] for text in texts]
    if not num_words:
        num_words = max(max(text) for text in texts)
    if oov_char is None:
        return [[w for w in text if skip_top <= w < num_words] for text in texts]
    return [
        [w if skip_top <= w < num_words else oov_char for w in text] for text in texts
    ]


def without_long(texts: Any, labels: Any, maxlen: int) -> tuple[Any, Any]:
    """Return the texts shorter than `maxlen`, and their labels."""
    kept = [i for i, text in enumerate(texts) if len(text) < maxlen]
    return [texts[i] for i in kept], [labels[i] for i in kept]


def as_objects(texts: list[list[int]]) -> Any:
    """Return lists as an array that holds them."""
    array = np.empty(len(texts), dtype=object)
    array[:] = texts
    return array


def word_index(path: str) -> dict[str, int]:
    """Return the number of each word."""
    with open(path, encoding="utf-8") as file:
        return json.load(file)
