"""IndexLookup: tokens as indices of a vocabulary, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensor as tf
from tensor.graph.modes import init_scope
from tensor.keras import settings
from tensor.keras.layers.preprocessing.adaptation import PreprocessingLayer
from tensor.keras.layers.preprocessing.categories import encoded
from tensor.keras.layers.preprocessing.vocabulary import (
    Token,
    TokenCounts,
    as_tokens,
    check_unique,
    documents_of,
    read_vocabulary,
)

_MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")
_ALIASES = {"binary": "multi_hot", "tf-idf": "tf_idf"}
_DROPPED = -2  # an index that no vector has a place for


class IndexLookup(PreprocessingLayer):
    """The index of each token in a vocabulary that is given or learned.

    Indices begin with the mask token's (in mode "int", if there is one), then those of
    tokens outside of the vocabulary, then the vocabulary.

    Attributes:
        is_text: Whether tokens are text; else they are integers.
    """

    is_text: bool

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: Token | None = None,
        oov_token: Token | None = None,
        vocabulary: Any = None,
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        sparse: bool = False,
        pad_to_max_tokens: bool = False,
        **kwargs: Any,
    ) -> None:
        """Take the special tokens, the vocabulary if it is known, and what to return.

        Args:
            max_tokens: The largest size of the vocabulary, special tokens included.
            num_oov_indices: How many indices unknown tokens are spread over by a hash;
                with 0 they are an error.
            mask_token: The token of masked inputs.
            oov_token: What unknown indices become when inverted.
            vocabulary: A list or array of tokens, or a file with one a line.
            idf_weights: Weights of tokens, in mode "tf_idf".
            invert: Whether indices become tokens.
            output_mode: "int" for indices, or vectors as "one_hot", "multi_hot",
                "count", "tf_idf".
            sparse: Not supported: vectors are dense.
            pad_to_max_tokens: Whether vectors have `max_tokens` entries.
            **kwargs: What every layer takes.

        Raises:
            ValueError: Arguments contradict each other.
        """
        mode = _ALIASES.get(output_mode, output_mode)
        _check(max_tokens, num_oov_indices, pad_to_max_tokens, mode, invert, sparse)
        if idf_weights is not None and mode != "tf_idf":
            raise ValueError(
                "`idf_weights` should only be set if `output_mode` is `'tf_idf'`. "
                f"Received: idf_weights={idf_weights} and output_mode={output_mode}"
            )
        kwargs.pop("vocabulary_size", None)  # part of Keras's configurations
        kwargs.pop("has_input_vocabulary", None)
        kwargs.setdefault("dtype", "int64" if mode == "int" else settings.floatx())
        super().__init__(**kwargs)
        if mode == "int" and not tf.as_dtype(self._compute_dtype).is_integer:
            raise ValueError(
                "When `output_mode='int'`, `dtype` should be an integer type. Received:"
                f" dtype={kwargs['dtype']}"
            )
        self._autocast = False
        self.max_tokens = max_tokens
        self.num_oov_indices = num_oov_indices
        self.mask_token = mask_token
        self.oov_token = oov_token
        self.invert = invert
        self.output_mode = mode
        self.sparse = sparse
        self.pad_to_max_tokens = pad_to_max_tokens
        self.input_vocabulary = vocabulary
        self.input_idf_weights = idf_weights
        self._counts = TokenCounts()
        self._tokens: tuple[Token, ...] = ()
        self._idf_weights: np.ndarray | None = None
        self._table = self._make_table([])
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)

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

    def _make_table(self, tokens: list[Token]) -> Any:
        """Return the table from tokens to indices, or from indices to tokens."""
        kind = "string" if self.is_text else "int64"
        first = len(self._special_tokens)
        with init_scope():
            keys = tf.constant(tokens, kind, shape=[len(tokens)])
            values = tf.range(first, first + len(tokens), dtype="int64")
            missing: Any = -1
            if self.invert:
                keys, values, missing = values, keys, self.oov_token
            return tf.lookup.StaticHashTable(
                tf.lookup.KeyValueTensorInitializer(keys, values), missing
            )

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

    # ---- looking up

    def call(self, inputs: Any) -> Any:
        """Return the indices or vectors of tokens, or the tokens of indices.

        Raises:
            RuntimeError: Vectors have no length yet: there is no vocabulary.
            FailedPreconditionError: There is none to find indices in.
        """
        vectors = self.output_mode != "int"
        if vectors and not self.pad_to_max_tokens and not self._tokens:
            raise RuntimeError(
                f"When using `output_mode={self.output_mode}` and "
                "`pad_to_max_tokens=False`, you must set the layer's vocabulary before "
                "calling it. Either pass a `vocabulary` argument to the layer, or call "
                "`adapt` with some sample data."
            )
        if not self._tokens and tf.executing_eagerly():
            raise tf.errors.FailedPreconditionError(
                None,
                None,
                f"The vocabulary of {self.name} is not known yet: pass `vocabulary`, or"
                " call `adapt` with some sample data.",
            )
        inputs = self._as_keys(inputs)
        if isinstance(inputs, tf.RaggedTensor):
            found = tf.ragged.map_flat_values(self._look_up, inputs)
        else:
            found = self._look_up(inputs)
        if self.invert:
            return found
        if not vectors:
            return tf.cast(found, self._compute_dtype)
        if isinstance(found, tf.RaggedTensor):
            found = found.to_tensor(default_value=_DROPPED)
        depth = self.max_tokens if self.pad_to_max_tokens else self.vocabulary_size()
        mode = "count" if self.output_mode == "tf_idf" else self.output_mode
        rows = encoded(found, mode, int(depth or 0), self._compute_dtype)
        return rows if self._idf_weights is None else rows * self._idf_weights

    def _as_keys(self, inputs: Any) -> Any:
        """Return what is looked up, as a tensor of the vocabulary's dtype."""
        if self.invert or not self.is_text:
            return tf.cast(inputs, "int64")
        if isinstance(inputs, tf.RaggedTensor):
            return inputs
        return tf.convert_to_tensor(inputs, "string")

    def _look_up(self, keys: Any) -> Any:
        found = self._table.lookup(keys)
        if self.invert:
            if self.mask_token is not None:
                mask = tf.constant(self.mask_token, found.dtype)
                found = tf.where(keys == 0, mask, found)
            return found
        if self.num_oov_indices == 0:
            with tf.control_dependencies([self._all_known(keys, found)]):
                found = tf.identity(found)
        else:
            buckets = self._oov_start + self._buckets(keys)
            found = tf.where(found == -1, buckets, found)
        if self.mask_token is not None:
            own = 0 if self.output_mode == "int" else _DROPPED
            found = tf.where(keys == self.mask_token, tf.constant(own, "int64"), found)
        return found

    def _buckets(self, keys: Any) -> Any:
        """Return which of the indices of unknown tokens each key would get."""
        if self.num_oov_indices == 1:
            return tf.constant(0, "int64")
        if self.is_text:
            return tf.strings.to_hash_bucket_fast(keys, self.num_oov_indices)
        return tf.math.floormod(keys, tf.constant(self.num_oov_indices, "int64"))

    def _all_known(self, keys: Any, found: Any) -> Any:
        known = found != -1
        if self.mask_token is not None:
            known = known | (keys == self.mask_token)
        flat = tf.reshape(keys, [-1])
        unknown = tf.boolean_mask(flat, tf.reshape(~known, [-1]))
        message = (
            "When `num_oov_indices=0` all inputs should be in vocabulary, consider "
            "setting `num_oov_indices=1`. Found OOV values:"
        )
        return tf.debugging.Assert(tf.reduce_all(known), [message, unknown])

    def compute_output_shape(self, input_shape: Any) -> Any:
        if self.output_mode == "int":
            return tf.TensorShape(input_shape)
        depth = self.max_tokens if self.pad_to_max_tokens else self.vocabulary_size()
        return tf.TensorShape([input_shape[0], depth])

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

    def get_config(self) -> dict[str, Any]:
        given = self.input_vocabulary
        if given is not None and not isinstance(given, str):
            given = as_tokens(given, self.is_text)
        weights = self.input_idf_weights
        return {
            **super().get_config(),
            "invert": self.invert,
            "max_tokens": self.max_tokens,
            "num_oov_indices": self.num_oov_indices,
            "oov_token": self.oov_token,
            "mask_token": self.mask_token,
            "output_mode": self.output_mode,
            "sparse": self.sparse,
            "pad_to_max_tokens": self.pad_to_max_tokens,
            "idf_weights": None if weights is None else np.asarray(weights).tolist(),
            "vocabulary": given,
        }


def _check(
    max_tokens: int | None,
    num_oov_indices: int,
    pad_to_max_tokens: bool,
    mode: str,
    invert: bool,
    sparse: bool,
) -> None:
    """Check arguments that depend on each other.

    Raises:
        ValueError: They do not go together.
    """
    if max_tokens is not None and max_tokens <= 1:
        raise ValueError(
            "If set, `max_tokens` must be greater than 1. Received: "
            f"max_tokens={max_tokens}"
        )
    if pad_to_max_tokens and max_tokens is None:
        raise ValueError(
            "If pad_to_max_tokens is True, must set `max_tokens`. Received: "
            f"max_tokens={max_tokens}"
        )
    if num_oov_indices < 0:
        raise ValueError(
            "`num_oov_indices` must be greater than or equal to 0. Received: "
            f"num_oov_indices={num_oov_indices}"
        )
    if mode not in _MODES:
        raise ValueError(
            f"Unknown argument for `output_mode`: {mode}. Expected one of {_MODES}."
        )
    if invert and mode != "int":
        raise ValueError(
            "`output_mode` must be `'int'` when `invert` is true. Received: "
            f"output_mode={mode}"
        )
    if sparse:
        raise ValueError(
            f"Received sparse=True with output_mode={mode}. Vectors come as dense "
            "tensors: leave `sparse` out."
        )
