"""MultiHeadAttention: several attentions side by side, each on a projection."""

from __future__ import annotations

import math
import string
from typing import Any

import tensor as tf
from tensor.keras import constraints, initializers, regularizers
from tensor.keras.engine.layer import Layer
from tensor.keras.layers.activation import Softmax
from tensor.keras.layers.attention import causal_mask
from tensor.keras.layers.dropout import Dropout
from tensor.keras.layers.einsum_dense import EinsumDense

_LETTERS = string.ascii_lowercase


class MultiHeadAttention(Layer):
    """Projects query, key and value for each head, attends, and projects back.

    Attention is over all axes but the batch and the features, or over given axes.
    """

    supports_masking = True

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: Any = None,
        attention_axes: Any = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        """Take the number of heads, and the sizes of their keys and values."""
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self._num_heads = num_heads
        self._key_dim = key_dim
        self._value_dim = value_dim or key_dim
        self._dropout = dropout
        self._use_bias = use_bias
        self._output_shape = output_shape
        axes = attention_axes
        if axes is not None and not isinstance(axes, list | tuple):
            axes = (axes,)
        self._attention_axes = axes
        self._kernel_initializer = initializers.get(kernel_initializer)
        self._bias_initializer = initializers.get(bias_initializer)
        self._kernel_regularizer = regularizers.get(kernel_regularizer)
        self._bias_regularizer = regularizers.get(bias_regularizer)
        self._kernel_constraint = constraints.get(kernel_constraint)
        self._bias_constraint = constraints.get(bias_constraint)
        self._is_split = False

    def _projection(self, rank: int, width: int, name: str) -> Any:
        """Return the layer that projects features to heads: [..., heads, width]."""
        free = _LETTERS[: rank - 1]
        equation = f"{free}x,xhk->{free}hk"
        sizes = [None] * (rank - 2) + [self._num_heads, width]
        return EinsumDense(
            equation,
            sizes,
            bias_axes="hk" if self._use_bias else None,
            name=name,
            **self._options(),
        )

    def _output_projection(self, rank: int, features: int) -> Any:
        shape = self._output_shape
        if shape is None:
            shape = [features]
        elif isinstance(shape, int):
            shape = [shape]
        free = _LETTERS[: rank - 1]
        out = _LETTERS[rank + 1 : rank + 1 + len(shape)].upper()
        return EinsumDense(
            f"{free}hk,hk{out}->{free}{out}",
            [None] * (rank - 2) + list(shape),
            bias_axes=out if self._use_bias else None,
            name="attention_output",
            **self._options(),
        )

    def _options(self) -> dict[str, Any]:
        """Return what all projections have in common; initializers are copied."""

        def fresh(initializer: Any) -> Any:
            if not hasattr(initializer, "get_config"):
                return initializer
            return type(initializer).from_config(initializer.get_config())

        return {
            "kernel_initializer": fresh(self._kernel_initializer),
            "bias_initializer": fresh(self._bias_initializer),
            "kernel_regularizer": self._kernel_regularizer,
            "bias_regularizer": self._bias_regularizer,
            "activity_regularizer": self._activity_regularizer,
            "kernel_constraint": self._kernel_constraint,
            "bias_constraint": self._bias_constraint,
            "dtype": self._dtype_policy,
        }

    def _build_from_signature(self, query: Any, value: Any, key: Any = None) -> None:
        """Make the projections for inputs of these ranks."""
        self._is_split = True
        key = value if key is None else key
        rank = query.shape.rank
        if self._attention_axes is None:
            self._attention_axes = tuple(range(1, rank - 1))
        self._query_dense = self._projection(rank, self._key_dim, "query")
        self._key_dense = self._projection(key.shape.rank, self._key_dim, "key")
        self._value_dense = self._projection(value.shape.rank, self._value_dim, "value")
        self._dot_equation, self._combine_equation, score_rank = _equations(
            rank + 1, self._attention_axes
        )
        axes = range(score_rank - len(self._attention_axes), score_rank)
        self._softmax = Softmax(axis=tuple(axes), dtype=self._dtype_policy)
        self._dropout_layer = Dropout(rate=self._dropout, dtype=self._dtype_policy)
        self._output_dense = self._output_projection(rank, query.shape[-1])

    def call(
        self,
        query: Any,
        value: Any,
        key: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: Any = None,
        use_causal_mask: bool = False,
    ) -> Any:
        if not self._is_split:
            self._build_from_signature(query, value, key)
        key = value if key is None else key
        mask = self._whole_mask(query, value, key, attention_mask, use_causal_mask)
        q = self._query_dense(query)
        k = self._key_dense(key)
        v = self._value_dense(value)
        q = q * (1.0 / math.sqrt(float(self._key_dim)))
        scores = tf.einsum(self._dot_equation, k, q)
        if mask is not None:
            for _ in range(scores.shape.rank - mask.shape.rank):
                mask = tf.expand_dims(mask, axis=-len(self._attention_axes) * 2 - 1)
        weights = self._softmax(scores, mask)
        dropped = self._dropout_layer(weights, training=training)
        result = self._output_dense(tf.einsum(self._combine_equation, dropped, v))
        query_mask = getattr(query, "_keras_mask", None)
        if query_mask is not None:
            result._keras_mask = query_mask
        return (result, weights) if return_attention_scores else result

    def _whole_mask(
        self, query: Any, value: Any, key: Any, given: Any, use_causal_mask: bool
    ) -> Any:
        """Return which keys each query may see: all masks together."""
        masks = []
        if getattr(query, "_keras_mask", None) is not None:
            masks.append(tf.expand_dims(tf.cast(query._keras_mask, "bool"), -1))
        if getattr(value, "_keras_mask", None) is not None:
            masks.append(tf.expand_dims(tf.cast(value._keras_mask, "bool"), -2))
        if key is not value and getattr(key, "_keras_mask", None) is not None:
            masks.append(tf.expand_dims(tf.cast(key._keras_mask, "bool"), -2))
        if use_causal_mask:
            steps = tf.zeros([1, tf.shape(query)[1], tf.shape(value)[1]])
            masks.append(causal_mask(steps))
        if given is not None:
            masks.append(tf.cast(given, "bool"))
        if not masks:
            return None
        result = masks[0]
        for m in masks[1:]:
            result = tf.logical_and(result, m)
        return result

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return None

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_heads": self._num_heads,
            "key_dim": self._key_dim,
            "value_dim": self._value_dim,
            "dropout": self._dropout,
            "use_bias": self._use_bias,
            "output_shape": self._output_shape,
            "attention_axes": self._attention_axes,
            "kernel_initializer": initializers.serialize(self._kernel_initializer),
            "bias_initializer": initializers.serialize(self._bias_initializer),
            "kernel_regularizer": regularizers.serialize(self._kernel_regularizer),
            "bias_regularizer": regularizers.serialize(self._bias_regularizer),
            "activity_regularizer": regularizers.serialize(self._activity_regularizer),
            "kernel_constraint": constraints.serialize(self._kernel_constraint),
            "bias_constraint": constraints.serialize(self._bias_constraint),
        }


def _equations(rank: int, axes: Any) -> tuple[str, str, int]:
    """Return the einsums of scores and of results, and the scores' rank.

    Projected tensors are [batch, ..., heads, width]. Axes that are not attended over
    are a batch, as heads are.
    """
    query = _LETTERS[:rank]
    width = query[rank - 1]
    batch = [query[i] for i in range(rank - 1) if i not in axes]
    attended = {i: _LETTERS[rank + n] for n, i in enumerate(axes)}
    key = "".join(attended.get(i, query[i]) for i in range(rank))
    scores = "".join([*batch, *[query[i] for i in axes], *[attended[i] for i in axes]])
    dot = f"{key},{query}->{scores}"
    value = key[:-1] + width
    return dot, f"{scores},{value}->{query}", len(scores)
