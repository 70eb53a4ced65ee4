"""Metrics that count right predictions."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras import settings
from tensor.keras.metrics.wrapper import MeanMetricWrapper


def accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where predictions equal targets, else 0.

    Raises:
        ValueError: The shapes do not broadcast.
    """
    y_true, y_pred = tf.convert_to_tensor(y_true), tf.convert_to_tensor(y_pred)
    y_pred.shape.assert_is_compatible_with(y_true.shape)
    if y_true.dtype is not y_pred.dtype:
        y_pred = tf.cast(y_pred, y_true.dtype)
    return tf.cast(tf.equal(y_true, y_pred), settings.floatx())


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Any:
    """The share of predictions on the targets' side of a threshold."""
    return tf.reduce_mean(binary_matches(y_true, y_pred, threshold), axis=-1)


def binary_matches(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Any:
    """1 where a prediction is on its target's side of a threshold, else 0."""
    y_pred = tf.convert_to_tensor(y_pred)
    above = tf.cast(y_pred > tf.cast(threshold, y_pred.dtype), y_pred.dtype)
    y_true = tf.cast(y_true, y_pred.dtype)
    return tf.cast(tf.equal(y_true, above), settings.floatx())


def categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where the highest score is the target's, the targets one-hot."""
    y_true = tf.argmax(y_true, axis=-1)
    return _hits(y_true, y_pred)


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where the highest score is the target's, the targets class numbers."""
    y_pred = tf.convert_to_tensor(y_pred)
    y_true = tf.convert_to_tensor(y_true)
    rank_true, rank_pred = y_true.shape.rank, y_pred.shape.rank
    if rank_true == rank_pred and rank_true and y_true.shape[-1] == 1:
        y_true = tf.squeeze(y_true, [-1])
    return _hits(y_true, y_pred)


def _hits(y_true: Any, y_pred: Any) -> Any:
    chosen = tf.argmax(y_pred, axis=-1)
    y_true = tf.convert_to_tensor(y_true)
    if chosen.dtype is not y_true.dtype:
        chosen = tf.cast(chosen, y_true.dtype)
    return tf.cast(tf.equal(y_true, chosen), settings.floatx())


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Any:
    """1 where the target's score is among the k highest, the targets one-hot."""
    return sparse_top_k_categorical_accuracy(tf.argmax(y_true, axis=-1), y_pred, k)


def sparse_top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Any:
    """1 where the target's score is among the k highest, the targets class numbers."""
    y_pred = tf.convert_to_tensor(y_pred)
    y_true = tf.convert_to_tensor(y_true)
    shape = None
    if y_pred.shape.rank != 2 or y_true.shape.rank != 1:
        shape = tf.shape(y_true)
        y_pred = tf.reshape(y_pred, [-1, y_pred.shape[-1]])
        y_true = tf.reshape(y_true, [-1])
    hits = tf.math.in_top_k(tf.cast(y_true, "int32"), y_pred, k)
    hits = tf.cast(hits, settings.floatx())
    return hits if shape is None else tf.reshape(hits, shape)


class Accuracy(MeanMetricWrapper):
    """How often predictions equal targets."""

    def __init__(self, name: str = "accuracy", dtype: Any = None) -> None:
        """Take a name and a dtype."""
        super().__init__(accuracy, name, dtype=dtype)


class BinaryAccuracy(MeanMetricWrapper):
    """How often predictions are on the targets' side of a threshold."""

    def __init__(
        self,
        name: str = "binary_accuracy",
        dtype: Any = None,
        threshold: float = 0.5,
    ) -> None:
        """Take the threshold."""
        super().__init__(binary_matches, name, dtype=dtype, threshold=threshold)


class CategoricalAccuracy(MeanMetricWrapper):
    """How often the highest score is the target's, the targets one-hot."""

    def __init__(self, name: str = "categorical_accuracy", dtype: Any = None) -> None:
        """Take a name and a dtype."""
        super().__init__(categorical_accuracy, name, dtype=dtype)


class SparseCategoricalAccuracy(MeanMetricWrapper):
    """How often the highest score is the target's, the targets class numbers."""

    def __init__(
        self, name: str = "sparse_categorical_accuracy", dtype: Any = None
    ) -> None:
        """Take a name and a dtype."""
        super().__init__(sparse_categorical_accuracy, name, dtype=dtype)


class TopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the target's score is among the k highest, the targets one-hot."""

    def __init__(
        self, k: int = 5, name: str = "top_k_categorical_accuracy", dtype: Any = None
    ) -> None:
        """Take how many scores count as hits."""
        super().__init__(top_k_categorical_accuracy, name, dtype=dtype, k=k)


class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the target's score is among the k highest, targets class numbers."""

    def __init__(
        self,
        k: int = 5,
        name: str = "sparse_top_k_categorical_accuracy",
        dtype: Any = None,
    ) -> None:
        """Take how many scores count as hits."""
        super().__init__(sparse_top_k_categorical_accuracy, name, dtype=dtype, k=k)
