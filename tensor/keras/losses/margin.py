"""Losses that ask for a margin between classes."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras.losses.loss import LossFunctionWrapper, Reduction


def _as_signs(y_true: Any) -> Any:
    """Return targets 0 and 1 as -1 and 1; others stay."""
    is_binary = tf.reduce_all(tf.logical_or(tf.equal(y_true, 0), tf.equal(y_true, 1)))
    return tf.where(is_binary, 2.0 * y_true - 1.0, y_true)


def hinge(y_true: Any, y_pred: Any) -> Any:
    """The mean of max(1 - true * predicted, 0) along the last axis."""
    y_pred = tf.convert_to_tensor(y_pred)
    y_true = _as_signs(tf.cast(y_true, y_pred.dtype))
    return tf.reduce_mean(tf.maximum(1.0 - y_true * y_pred, 0.0), axis=-1)


def squared_hinge(y_true: Any, y_pred: Any) -> Any:
    """The mean of max(1 - true * predicted, 0)² along the last axis."""
    y_pred = tf.convert_to_tensor(y_pred)
    y_true = _as_signs(tf.cast(y_true, y_pred.dtype))
    margins = tf.maximum(1.0 - y_true * y_pred, 0.0)
    return tf.reduce_mean(tf.square(margins), axis=-1)


def categorical_hinge(y_true: Any, y_pred: Any) -> Any:
    """max(best wrong class - right class + 1, 0)."""
    y_pred = tf.convert_to_tensor(y_pred)
    y_true = tf.cast(y_true, y_pred.dtype)
    right = tf.reduce_sum(y_true * y_pred, axis=-1)
    wrong = tf.reduce_max((1.0 - y_true) * y_pred, axis=-1)
    return tf.maximum(wrong - right + 1.0, tf.cast(0.0, y_pred.dtype))


class Hinge(LossFunctionWrapper):
    """The hinge loss of targets -1 and 1."""

    def __init__(self, reduction: str = Reduction.AUTO, name: str = "hinge") -> None:
        """Take the reduction and a name."""
        super().__init__(hinge, name=name, reduction=reduction)


class SquaredHinge(LossFunctionWrapper):
    """The squared hinge loss of targets -1 and 1."""

    def __init__(
        self, reduction: str = Reduction.AUTO, name: str = "squared_hinge"
    ) -> None:
        """Take the reduction and a name."""
        super().__init__(squared_hinge, name=name, reduction=reduction)


class CategoricalHinge(LossFunctionWrapper):
    """The hinge loss of classes given one-hot."""

    def __init__(
        self, reduction: str = Reduction.AUTO, name: str = "categorical_hinge"
    ) -> None:
        """Take the reduction and a name."""
        super().__init__(categorical_hinge, name=name, reduction=reduction)
