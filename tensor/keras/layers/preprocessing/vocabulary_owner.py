"""VocabularyOwner: a layer's vocabulary, given or learned, and how it is saved."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensor as tf
from tensor.keras.layers.preprocessing.adaptation import PreprocessingLayer
from tensor.keras.layers.preprocessing.vocabulary import (
    Token,
    TokenCounts,
    as_tokens,
    check_unique,
    documents_of,
    read_vocabulary,
)


class VocabularyOwner(PreprocessingLayer):
    """A layer with a vocabulary.

    Subclasses set the attributes below, and define `_make_table`.

    Attributes:
        is_text: Whether tokens are text; else they are integers.
    """

    is_text: bool
    max_tokens: int | None
    num_oov_indices: int
    mask_token: Token | None
    oov_token: Token | None
    invert: bool
    output_mode: str
    pad_to_max_tokens: bool
    input_vocabulary: Any

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._counts = TokenCounts()
        self._tokens: tuple[Token, ...] = ()
        self._idf_weights: np.ndarray | None = None

    def _make_table(self, tokens: list[Token]) -> Any:
        """Return the table to look tokens up in."""
        raise NotImplementedError(f"{type(self).__name__} must define `_make_table`.")

    # ---- the vocabulary

    @property
    def _oov_start(self) -> int:
        return int(self.mask_token is not None and self.output_mode == "int")

    @property
    def _special_tokens(self) -> list[Token]:
        masks = [self.mask_token] * self._oov_start
        return masks + [self.oov_token] * self.num_oov_indices

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Token]:
        """Return the tokens in the order of their indices."""
        special = self._special_tokens if include_special_tokens else []
        return [*special, *self._tokens]

    def vocabulary_size(self) -> int:
        """Return how many indices there are, those of special tokens included."""
        return len(self._special_tokens) + len(self._tokens)

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Replace the vocabulary.

        Args:
            vocabulary: A list, array or tensor of tokens, or the path of a file with
                one a line; special tokens may lead it.
            idf_weights: A weight for each, in mode "tf_idf".

        Raises:
            ValueError: Tokens are missing, repeated or too many, special ones are in
                the middle, or weights are missing or too many.
            RuntimeError: Vectors would change their length.
        """
        if (idf_weights is not None) != (self.output_mode == "tf_idf"):
            raise ValueError(
                "`idf_weights` must be set if, and only if, output_mode is 'tf_idf'. "
                f"Received: output_mode={self.output_mode} and "
                f"idf_weights={idf_weights}"
            )
        if isinstance(vocabulary, str):
            given = read_vocabulary(vocabulary, self.is_text)
        else:
            given = as_tokens(vocabulary, self.is_text)
        if not given:
            raise ValueError(f"Cannot set an empty vocabulary, you passed {given}.")
        special = self._special_tokens
        has_special = bool(special) and given[: len(special)] == special
        tokens = given[len(special) :] if has_special else given
        self._check_tokens(tokens)
        if idf_weights is not None:
            weights = np.asarray(idf_weights, np.float64)
            if weights.shape != (len(given),):
                raise ValueError(
                    "`idf_weights` must be the same length as vocabulary. "
                    f"len(idf_weights) is {len(weights)}, len(vocabulary) is "
                    f"{len(given)}"
                )
            self._set_idf_weights(weights, whole=has_special)
        self._set_tokens(tokens)

    def _check_tokens(self, tokens: list[Token]) -> None:
        check_unique(tokens)
        reserved = [self.mask_token, self.oov_token if self.invert else None]
        for token in reserved:
            if token is not None and token in tokens:
                raise ValueError(
                    "Found reserved token at unexpected location in `vocabulary`. The "
                    "vocabulary does not need to include the OOV and mask tokens. "
                    "Either remove them all, or include them only at the start in "
                    f"precisely this order: {self._special_tokens}. Received: {token!r}"
                    f" at vocabulary index {tokens.index(token)}"
                )
        size = len(self._special_tokens) + len(tokens)
        if self.max_tokens is not None and size > self.max_tokens:
            raise ValueError(
                "Attempted to set a vocabulary larger than the maximum vocab size. "
                f"Passed vocab size is {size}, max vocab size is {self.max_tokens}."
            )

    def _set_tokens(self, tokens: list[Token]) -> None:
        changes = len(tokens) != len(self._tokens)
        vectors = self.output_mode != "int" and not self.pad_to_max_tokens
        if self.built and self._tokens and changes and vectors:
            raise RuntimeError(
                f"When using `output_mode={self.output_mode}` and "
                "`pad_to_max_tokens=False`, the vocabulary size cannot be changed "
                f"after the layer is called. Old vocab size is "
                f"{self.vocabulary_size()}, new vocab size is "
                f"{len(self._special_tokens) + len(tokens)}"
            )
        self._tokens = tuple(tokens)
        self._table = self._make_table(tokens)

    def _set_idf_weights(self, weights: np.ndarray, whole: bool) -> None:
        """Keep weights for all indices; special tokens get the average."""
        if not whole:
            average = weights.mean() if weights.size else 0.0
            weights = np.pad(
                weights, (len(self._special_tokens), 0), constant_values=average
            )
        if self.pad_to_max_tokens and self.max_tokens is not None:
            weights = np.pad(weights, (0, self.max_tokens - len(weights)))
        self._idf_weights = weights.astype(tf.as_dtype(self._compute_dtype).name)

    # ---- learning

    def update_state(self, data: Any) -> None:
        """Count the tokens of a batch.

        Raises:
            ValueError: The vocabulary was given.
        """
        if self.input_vocabulary is not None:
            raise ValueError(
                f"Cannot adapt {type(self).__name__} layer after setting a static "
                "vocabulary via init argument or `set_vocabulary`."
            )
        self._counts.add(documents_of(data, self.is_text))

    def finalize_state(self) -> None:
        if not self._counts.tokens:
            return
        special = self._special_tokens
        limit = None if self.max_tokens is None else self.max_tokens - len(special)
        excluded = {t for t in (self.mask_token, self.oov_token) if t is not None}
        tokens = self._counts.most_common(limit, excluded)
        if self.output_mode == "tf_idf":
            weights = self._counts.inverse_document_frequencies(tokens)
            self._set_idf_weights(weights, whole=False)
        self._set_tokens(tokens)
        self.reset_state()

    def reset_state(self) -> None:
        self._counts = TokenCounts()

    # ---- saving

    @property
    def _has_learned_vocabulary(self) -> bool:
        return self.input_vocabulary is None and bool(self._tokens)

    def save_own_variables(self, store: dict[str, Any]) -> None:
        """Put the vocabulary, and weights of tokens, where weights go."""
        if self._has_learned_vocabulary:
            tokens = self._tokens
            store["vocabulary"] = (
                np.array([t.encode("utf-8") for t in tokens])
                if self.is_text
                else np.array(tokens, np.int64)
            )
        if self._idf_weights is not None:
            store["idf_weights"] = self._idf_weights

    def load_own_variables(self, store: dict[str, Any]) -> None:
        """Take them from there."""
        if "idf_weights" in store:
            self._idf_weights = np.asarray(store["idf_weights"])
        if "vocabulary" in store:
            self._set_tokens(as_tokens(store["vocabulary"], self.is_text))

    def _checkpoint_values(self) -> dict[str, Any]:
        store: dict[str, Any] = {}
        self.save_own_variables(store)
        if self.is_text and "vocabulary" in store:
            store["vocabulary"] = store["vocabulary"].astype(object)
        return store

    def _restore_checkpoint_value(self, name: str, array: Any) -> None:
        self.load_own_variables({name: array})
