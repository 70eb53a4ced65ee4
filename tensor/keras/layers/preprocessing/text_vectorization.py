"""TextVectorization: texts as the indices of their words."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras.layers.preprocessing.adaptation import PreprocessingLayer
from tensor.keras.layers.preprocessing.lookups import StringLookup

_STANDARDIZE = ("lower_and_strip_punctuation", "lower", "strip_punctuation")
_SPLIT = ("whitespace", "character")
_MODES = ("int", "multi_hot", "count", "tf_idf")
_PUNCTUATION = r'[!"#$%&()\*\+,-\./:;<=>?@\[\\\]^_`{|}~\']'


class TextVectorization(PreprocessingLayer):
    """Texts standardized, split into tokens, and looked up in a vocabulary."""

    def __init__(
        self,
        max_tokens: int | None = None,
        standardize: Any = "lower_and_strip_punctuation",
        split: Any = "whitespace",
        ngrams: Any = None,
        output_mode: str | None = "int",
        output_sequence_length: int | None = None,
        pad_to_max_tokens: bool = False,
        vocabulary: Any = None,
        idf_weights: Any = None,
        sparse: bool = False,
        ragged: bool = False,
        encoding: str = "utf-8",
        **kwargs: Any,
    ) -> None:
        """Take how texts become tokens, and tokens numbers.

        Args:
            max_tokens: The largest size of the vocabulary.
            standardize: "lower_and_strip_punctuation", "lower", "strip_punctuation", a
                function of a tensor of texts, or None.
            split: "whitespace", "character", a function, or None for texts that are
                tokens.
            ngrams: The longest sequences of tokens that count as tokens too, or a tuple
                of lengths.
            output_mode: "int" for indices; "multi_hot", "count", "tf_idf" for vectors;
                None for the tokens themselves.
            output_sequence_length: How many indices each text gets, in mode "int".
            pad_to_max_tokens: Whether vectors have `max_tokens` entries.
            vocabulary: The tokens, or a file with one a line.
            idf_weights: Their weights, in mode "tf_idf".
            sparse: Not supported: vectors are dense.
            ragged: Whether indices come as a ragged tensor.
            encoding: UTF-8.
            **kwargs: What every layer takes.

        Raises:
            ValueError: Arguments are unknown or contradict each other.
        """
        kwargs.pop("vocabulary_size", None)  # part of Keras's configurations
        kwargs.pop("has_input_vocabulary", None)
        if tf.as_dtype(kwargs.setdefault("dtype", "string")) != tf.string:
            raise ValueError(
                "`TextVectorization` may only have a dtype of string. Received dtype: "
                f"{kwargs['dtype']}."
            )
        mode = {"binary": "multi_hot", "tf-idf": "tf_idf"}.get(
            output_mode or "", output_mode
        )
        _check_word("standardize", standardize, _STANDARDIZE)
        _check_word("split", split, _SPLIT)
        _check_word("output_mode", mode, _MODES)
        _check_lengths(ngrams, mode, output_sequence_length, ragged)
        super().__init__(**kwargs)
        self._autocast = False
        self._standardize = standardize
        self._split = split
        self._ngrams = ngrams
        self._output_mode = mode
        self._output_sequence_length = output_sequence_length
        self._ragged = ragged
        self._encoding = encoding
        self._lookup_layer = StringLookup(
            max_tokens=max_tokens,
            vocabulary=vocabulary,
            idf_weights=idf_weights,
            pad_to_max_tokens=pad_to_max_tokens,
            mask_token="",
            output_mode=mode or "int",
            sparse=sparse,
            encoding=encoding,
        )

    # ---- the vocabulary

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[str]:
        """Return the tokens in the order of their indices."""
        return self._lookup_layer.get_vocabulary(include_special_tokens)

    def vocabulary_size(self) -> int:
        """Return how many indices there are, those of special tokens included."""
        return self._lookup_layer.vocabulary_size()

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Replace the vocabulary, as `StringLookup.set_vocabulary` does."""
        self._lookup_layer.set_vocabulary(vocabulary, idf_weights=idf_weights)

    def update_state(self, data: Any) -> None:
        self._lookup_layer.update_state(self._tokens(data))

    def finalize_state(self) -> None:
        self._lookup_layer.finalize_state()

    def reset_state(self) -> None:
        self._lookup_layer.reset_state()

    # ---- texts to numbers

    def call(self, inputs: Any) -> Any:
        tokens = self._tokens(inputs)
        if self._output_mode is None:
            return tokens
        numbers = self._lookup_layer(tokens)
        if self._output_mode != "int" or self._ragged:
            return numbers
        length = self._output_sequence_length
        if isinstance(numbers, tf.RaggedTensor):
            shape = [*numbers.shape.as_list()[:-1], length]
            return numbers.to_tensor(default_value=0, shape=shape)
        return numbers if length is None else _of_length(numbers, length)

    def _tokens(self, texts: Any) -> Any:
        """Return the tokens of texts: their own axis, ragged, where they are split."""
        texts = self._standardized(tf.convert_to_tensor(texts))
        if self._split is not None:
            texts = self._pieces(texts)
        if self._ngrams is None:
            return texts
        widths = self._ngrams
        if isinstance(widths, int):
            widths = tuple(range(1, widths + 1))
        return tf.strings.ngrams(texts, ngram_width=widths, separator=" ")

    def _standardized(self, texts: Any) -> Any:
        how = self._standardize
        if callable(how):
            return how(texts)
        if how in ("lower", "lower_and_strip_punctuation"):
            texts = tf.strings.lower(texts)
        if how in ("strip_punctuation", "lower_and_strip_punctuation"):
            texts = tf.strings.regex_replace(texts, _PUNCTUATION, "")
        return texts

    def _pieces(self, texts: Any) -> Any:
        if texts.shape.rank is not None and texts.shape.rank > 1:
            if texts.shape[-1] != 1:
                raise ValueError(
                    "When using `TextVectorization` to tokenize strings, the input rank"
                    " must be 1 or the last shape dimension must be 1. Received: "
                    f"inputs.shape={texts.shape} with rank={texts.shape.rank}"
                )
            texts = tf.squeeze(texts, axis=-1)
        if callable(self._split):
            return self._split(texts)
        if self._split == "whitespace":
            return tf.strings.split(texts)
        return tf.strings.unicode_split(texts, "UTF-8")

    def compute_output_shape(self, input_shape: Any) -> Any:
        if self._output_mode == "int":
            return tf.TensorShape([input_shape[0], self._output_sequence_length])
        if self._output_mode is None:
            return tf.TensorShape([input_shape[0], None])
        return self._lookup_layer.compute_output_shape([input_shape[0], None])

    # ---- saving

    def get_config(self) -> dict[str, Any]:
        own = self._lookup_layer.get_config()
        return {
            **super().get_config(),
            "max_tokens": own["max_tokens"],
            "standardize": self._standardize,
            "split": self._split,
            "ngrams": self._ngrams,
            "output_mode": self._output_mode,
            "output_sequence_length": self._output_sequence_length,
            "pad_to_max_tokens": own["pad_to_max_tokens"],
            "vocabulary": own["vocabulary"],
            "idf_weights": own["idf_weights"],
            "sparse": own["sparse"],
            "ragged": self._ragged,
            "encoding": self._encoding,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make the layer; functions are looked up by their registered names."""
        from tensor.keras.serialization import deserialize_keras_object

        known = {"standardize": _STANDARDIZE, "split": _SPLIT}
        for name, words in known.items():
            value = config[name]
            if value is not None and value not in words and not callable(value):
                config = {**config, name: deserialize_keras_object(value)}
        return cls(**config)


def _of_length(numbers: Any, length: int) -> Any:
    """Return indices cut or padded with zeros to a length."""
    numbers = numbers[..., :length]
    missing = length - tf.shape(numbers)[-1]
    rank = numbers.shape.rank
    return tf.pad(numbers, [*[[0, 0]] * (rank - 1), [0, missing]])


def _check_word(name: str, value: Any, words: tuple[str, ...]) -> None:
    """Check an argument that is a word, a function or None.

    Raises:
        ValueError: It is an unknown word.
    """
    if isinstance(value, str) and value not in words:
        raise ValueError(
            f"Unknown argument for `{name}` of TextVectorization: {value!r}. Expected "
            f"one of {words}."
        )


def _check_lengths(ngrams: Any, mode: Any, length: Any, ragged: bool) -> None:
    """Check the arguments that say how many tokens and indices there are.

    Raises:
        ValueError: They are of the wrong type, or not for this mode.
    """
    tuple_of_widths = isinstance(ngrams, tuple) and all(
        isinstance(n, int) for n in ngrams
    )
    if not (ngrams is None or isinstance(ngrams, int) or tuple_of_widths):
        raise ValueError(
            "`ngrams` must be None, an integer, or a tuple of integers. Received: "
            f"ngrams={ngrams}"
        )
    if not (length is None or (mode == "int" and isinstance(length, int))):
        raise ValueError(
            "`output_sequence_length` must be None or an integer, and not be set if "
            f"`output_mode` is not 'int'. Received: output_sequence_length={length} "
            f"with output_mode={mode}"
        )
    if ragged and (mode != "int" or length is not None):
        raise ValueError(
            "`ragged` must not be true if `output_mode` is not `'int'`, or together "
            f"with `output_sequence_length`. Received: output_mode={mode} and "
            f"output_sequence_length={length}"
        )
