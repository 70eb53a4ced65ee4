"""Embeddings that go on where those of another vocabulary ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import tensor as tf
from tensor.keras import initializers


def warmstart_embedding_matrix(
    base_vocabulary: Any,
    new_vocabulary: Any,
    base_embeddings: Any,
    new_embeddings_initializer: Any = "uniform",
) -> Any:
    """Return embeddings of a new vocabulary; words of the old one keep theirs.

    Args:
        base_vocabulary: The old words in order: a list, an array, or the path of a
            file with one on each line.
        new_vocabulary: Likewise the new words.
        base_embeddings: The embeddings of the old words, one a row.
        new_embeddings_initializer: Makes those of words that are new.
    """
    old, new = _words(base_vocabulary), _words(new_vocabulary)
    make = initializers.get(new_embeddings_initializer)
    shape = (len(new), base_embeddings.shape[1])
    embeddings = make(shape=shape, dtype=base_embeddings.dtype)
    places = {word: i for i, word in enumerate(old)}
    known = [(i, places[word]) for i, word in enumerate(new) if word in places]
    if not known:
        return embeddings
    rows, olds = np.asarray(known).T
    kept = tf.gather(base_embeddings, olds)
    return tf.tensor_scatter_nd_update(embeddings, rows[:, np.newaxis], kept)


def _words(vocabulary: Any) -> list[str]:
    if isinstance(vocabulary, str | Path):
        return Path(vocabulary).read_text(encoding="utf-8").splitlines()
    words = np.asarray(vocabulary).tolist()
    return [w.decode() if isinstance(w, bytes) else w for w in words]
