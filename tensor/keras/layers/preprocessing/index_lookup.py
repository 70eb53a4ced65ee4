"""IndexLookup: tokens as indices of a vocabulary, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensor as tf
from tensor.graph.modes import init_scope
from tensor.keras import settings
from tensor.keras.layers.preprocessing.categories import encoded
from tensor.keras.layers.preprocessing.vocabulary import Token, as_tokens
from tensor.keras.layers.preprocessing.vocabulary_owner import VocabularyOwner

_MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")
_ALIASES = {"binary": "multi_hot", "tf-idf": "tf_idf"}
_DROPPED = -2  # an index that no vector has a place for


class IndexLookup(VocabularyOwner):
    """The index of each token in a vocabulary that is given or learned.

    Indices begin with the mask token's (in mode "int", if there is one), then those of
    tokens outside of the vocabulary, then the vocabulary.
    """

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
        self._table = self._make_table([])
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)

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
