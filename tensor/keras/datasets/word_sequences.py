"""Texts as word numbers: what IMDB and Reuters have in common."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from tensor.keras.utils.files import get_file

_BASE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


def word_index(name: str, file_hash: str) -> dict[str, int]:
    """Return the words' numbers, by frequency."""
    path = get_file(name, origin=_BASE + name, file_hash=file_hash)
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def prepared(
    sequences: Any,
    num_words: int | None,
    skip_top: int,
    start_char: int | None,
    oov_char: int | None,
    index_from: int,
) -> list[list[int]]:
    """Return texts with a start mark, shifted numbers, and rare words replaced."""
    shift = index_from or 0
    if start_char is not None:
        texts = [[start_char, *[w + shift for w in s]] for s in sequences]
    else:
        texts = [[w + shift for w in s] for s in sequences]
    limit = num_words or max(max(s) for s in texts) + 1
    if oov_char is not None:
        return [[w if skip_top <= w < limit else oov_char for w in s] for s in texts]
    return [[w for w in s if skip_top <= w < limit] for s in texts]


def objects(rows: list[list[int]]) -> Any:
    """Return lists of different lengths as an array of lists."""
    result = np.empty(len(rows), dtype=object)
    result[:] = rows
    return result


def fetched(path: str, origin_name: str, file_hash: str) -> str:
    """Return the path of one of the data files."""
    return get_file(path, origin=_BASE + origin_name, file_hash=file_hash)


def read_lists(path: str, names: tuple[str, ...]) -> list[Any]:
    """Return arrays of lists from a file; they are pickled inside it."""
    with np.load(path, allow_pickle=True) as data:
        return [data[name] for name in names]
