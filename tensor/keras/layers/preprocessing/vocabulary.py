"""Vocabularies: tokens in the order of their indices, and how they are learned."""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING, Any

import numpy as np

import tensor as tf

if TYPE_CHECKING:
    from collections.abc import Iterable

Token = Any  # a str or an int


class TokenCounts:
    """How often each token was seen, and in how many documents."""

    def __init__(self) -> None:
        self.tokens: collections.Counter[Token] = collections.Counter()
        self.documents: collections.Counter[Token] = collections.Counter()
        self.number_of_documents = 0

    def add(self, documents: Iterable[list[Token]]) -> None:
        """Count the tokens of some documents."""
        for document in documents:
            self.tokens.update(document)
            self.documents.update(set(document))
            self.number_of_documents += 1

    def most_common(self, limit: int | None, excluded: set[Token]) -> list[Token]:
        """Return tokens, frequent ones first; of equals, the greater one first."""
        ordered = sorted(
            (token for token in self.tokens if token not in excluded),
            key=lambda token: (self.tokens[token], token),
            reverse=True,
        )
        return ordered[:limit]

    def inverse_document_frequencies(self, tokens: list[Token]) -> np.ndarray:
        """Return log(1 + documents / (1 + documents with the token)) for each."""
        having = np.array([self.documents[token] for token in tokens], np.float64)
        return np.log1p(self.number_of_documents / (1 + having))


def as_tokens(values: Any, is_text: bool) -> list[Token]:
    """Return an array, a tensor or a list of tokens as Python values."""
    if isinstance(values, tf.Tensor | tf.Variable):
        values = values.numpy()
    flat = np.asarray(values).reshape(-1).tolist()
    if not is_text:
        return [int(value) for value in flat]
    return [v.decode("utf-8") if isinstance(v, bytes) else str(v) for v in flat]


def documents_of(batch: Any, is_text: bool) -> list[list[Token]]:
    """Return the tokens of each document of a batch; a vector is one document."""
    if isinstance(batch, tf.RaggedTensor):
        return [as_tokens(row, is_text) for row in batch]
    array = np.asarray(batch.numpy() if hasattr(batch, "numpy") else batch)
    rows = array.reshape(1, -1) if array.ndim < 2 else array
    return [as_tokens(row, is_text) for row in rows]


def read_vocabulary(path: str, is_text: bool) -> list[Token]:
    """Return the tokens in a file, one a line.

    Raises:
        ValueError: There is no such file.
    """
    if not tf.io.gfile.exists(path):
        raise ValueError(f"Vocabulary file {path} does not exist.")
    with open(path, encoding="utf-8") as file:
        return as_tokens(file.read().splitlines(), is_text)


def check_unique(tokens: list[Token]) -> None:
    """Check that no token occurs twice.

    Raises:
        ValueError: One does.
    """
    repeated = [t for t, count in collections.Counter(tokens).items() if count > 1]
    if repeated:
        raise ValueError(
            "The passed vocabulary has at least one repeated term. Please uniquify "
            f"your dataset. The repeated terms are {repeated}"
        )
