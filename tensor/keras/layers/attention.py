"""Attention: values averaged by how well their keys fit a query."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras.engine.layer import Layer
from tensor.keras.random_generator import RandomGenerator


class _Attention(Layer):
    """What dot-product and additive attention have in common.

    Called on [query, value] or [query, value, key], with masks in the same order.
    """

    supports_masking = True

    def __init__(self, dropout: float = 0.0, seed: int | None = None, **kwargs: Any):
        """Take the share of scores to drop while training."""
        kwargs.pop("causal", None)
        super().__init__(**kwargs)
        self.dropout = dropout
        self._random_generator = RandomGenerator(seed)

    def call(
        self,
        inputs: Any,
        mask: Any = None,
        training: Any = None,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        self._check(inputs, mask)
        query, value = inputs[:2]
        key = inputs[2] if len(inputs) > 2 else value
        query_mask, value_mask = (mask[0], mask[1]) if mask else (None, None)
        scores = self._calculate_scores(query, key)
        allowed = None
        if value_mask is not None:
            allowed = tf.expand_dims(value_mask, axis=-2)
        if use_causal_mask:
            causal = causal_mask(scores)
            allowed = causal if allowed is None else tf.logical_and(allowed, causal)
        if allowed is not None:
            # Large enough to vanish in the softmax, small enough to stay finite.
            low = 65504.0 if scores.dtype is tf.float16 else 1e9
            scores = scores - low * tf.cast(tf.logical_not(allowed), scores.dtype)
        weights = tf.nn.softmax(scores)
        if training and self.dropout:
            weights = self._random_generator.dropout(weights, self.dropout)
        result = tf.matmul(weights, value)
        if query_mask is not None:
            result = result * tf.cast(tf.expand_dims(query_mask, -1), result.dtype)
        return (result, weights) if return_attention_scores else result

    def _check(self, inputs: Any, mask: Any) -> None:
        name = type(self).__name__
        if not isinstance(inputs, list | tuple):
            raise ValueError(
                f"{name} layer must be called on a list of inputs, namely "
                f"[query, value] or [query, value, key]. Received: {inputs}."
            )
        if len(inputs) not in (2, 3):
            raise ValueError(
                f"{name} layer accepts inputs list of length 2 or 3, namely "
                "[query, value] or [query, value, key]. Received length: "
                f"{len(inputs)}."
            )
        if mask is None:
            return
        if not isinstance(mask, list | tuple):
            raise ValueError(
                f"{name} layer mask must be a list, namely [query_mask, value_mask]. "
                f"Received: {mask}."
            )
        if not 2 <= len(mask) <= len(inputs):
            raise ValueError(
                f"{name} layer mask must be a list of length 2, namely [query_mask, "
                f"value_mask]. Received length: {len(mask)}."
            )

    def _calculate_scores(self, query: Any, key: Any) -> Any:
        raise NotImplementedError(
            f"{type(self).__name__} must define `_calculate_scores`."
        )

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return None if mask is None else mask[0]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "dropout": self.dropout}


def causal_mask(scores: Any) -> Any:
    """Return which keys come no later than each query: [1, queries, keys]."""
    sizes = tf.shape(scores)
    rows = tf.expand_dims(tf.range(sizes[-2]), -1)
    columns = tf.expand_dims(tf.range(sizes[-1]), 0)
    return tf.expand_dims(rows >= columns, 0)


class Attention(_Attention):
    """Attention by dot products of queries and keys (Luong)."""

    def __init__(
        self, use_scale: bool = False, score_mode: str = "dot", **kwargs: Any
    ) -> None:
        """Take whether scores are scaled, and "dot" or "concat".

        Raises:
            ValueError: The mode is neither.
        """
        super().__init__(**kwargs)
        if score_mode not in ("dot", "concat"):
            raise ValueError(
                f"Received: score_mode={score_mode}. Acceptable values are: "
                '["dot", "concat"]'
            )
        self.use_scale = use_scale
        self.score_mode = score_mode

    def build(self, input_shape: Any) -> None:
        self.scale = self.concat_score_weight = None
        if self.use_scale:
            self.scale = self.add_weight(name="scale", shape=(), initializer="ones")
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight(
                name="concat_score_weight", shape=(), initializer="ones"
            )
        super().build(input_shape)

    def _calculate_scores(self, query: Any, key: Any) -> Any:
        if self.score_mode == "dot":
            scores = tf.matmul(query, key, transpose_b=True)
            return scores if self.scale is None else scores * self.scale
        together = tf.expand_dims(query, axis=-2) + tf.expand_dims(key, axis=-3)
        if self.scale is not None:
            together = self.scale * together
        return self.concat_score_weight * tf.reduce_sum(tf.tanh(together), axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "use_scale": self.use_scale,
            "score_mode": self.score_mode,
        }


class AdditiveAttention(_Attention):
    """Attention by tanh of the sum of query and key (Bahdanau)."""

    def __init__(self, use_scale: bool = True, **kwargs: Any) -> None:
        """Take whether features are weighted."""
        super().__init__(**kwargs)
        self.use_scale = use_scale

    def build(self, input_shape: Any) -> None:
        self.scale = None
        if self.use_scale:
            features = tf.TensorShape(input_shape[1])[-1]
            self.scale = self.add_weight(
                name="scale", shape=[features], initializer="glorot_uniform"
            )
        super().build(input_shape)

    def _calculate_scores(self, query: Any, key: Any) -> Any:
        together = tf.tanh(
            tf.expand_dims(query, axis=-2) + tf.expand_dims(key, axis=-3)
        )
        scale = 1.0 if self.scale is None else self.scale
        return tf.reduce_sum(scale * together, axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "use_scale": self.use_scale}
