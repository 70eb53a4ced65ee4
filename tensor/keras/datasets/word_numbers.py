"""Texts as lists of word numbers, the most frequent word first: imdb, reuters."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import numpy as np

from tensor.keras.datasets.arrays_only import load_arrays


def load(path: str, *names: str) -> tuple[Any, ...]:
    """Return arrays of a file by their names: lists of numbers, or labels."""
    with zipfile.ZipFile(path) as archive:
        return tuple(_array(archive.read(f"{name}.npy")) for name in names)


def _array(content: bytes) -> Any:
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    is_first = version == (1, 0)
    read_header = (
        np.lib.format.read_array_header_1_0
        if is_first
        else np.lib.format.read_array_header_2_0
    )
    shape, _, dtype = read_header(stream)
    if dtype.hasobject:  # texts differ in length: an array of lists
        return load_arrays(stream).reshape(shape)
    return np.load(io.BytesIO(content), allow_pickle=False)


def shuffled(texts: Any, labels: Any, generator: Any) -> tuple[Any, Any]:
    """Return texts and labels in a random order."""
    order = np.arange(len(texts))
    generator.shuffle(order)
    return texts[order], labels[order]


def renumbered(texts: Any, start_char: int | None, index_from: int) -> Any:
    """Return texts with room for special numbers, the one for a beginning put in."""
    begin = [] if start_char is None else [start_char]
    if start_char is None and not index_from:
        return list(texts)
    return [[*begin, *(w + index_from for w in text)] for text in texts]


def restricted(
    texts: Any, num_words: int | None, skip_top: int, oov_char: int | None
) -> list[list[int]]:
    """Return texts with words that are too rare or too frequent taken out.

    Args:
        texts: Lists of word numbers.
        num_words: Words are kept up to this number; None keeps all.
        skip_top: The most frequent words, so many, are taken out.
        oov_char: What stands for a word that was taken out; None leaves no trace.
    """
    limit = num_words or max(max(text) for text in texts)
    if oov_char is None:
        return [[w for w in text if skip_top <= w < limit] for text in texts]
    return [[w if skip_top <= w < limit else oov_char for w in text] for text in texts]


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
