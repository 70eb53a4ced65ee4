"""Losses between numbers."""

from __future__ import annotations

import math
from typing import Any

import tensor as tf
from tensor.keras import settings
from tensor.keras.losses.loss import LossFunctionWrapper, Reduction
from tensor.keras.losses.ragged import takes_ragged


def _pair(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    y_pred = tf.convert_to_tensor(y_pred)
    return tf.cast(y_true, y_pred.dtype), y_pred


@takes_ragged
def mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """The mean of (true - predicted)² along the last axis."""
    y_true, y_pred = _pair(y_true, y_pred)
    return tf.reduce_mean(tf.math.squared_difference(y_pred, y_true), axis=-1)


@takes_ragged
def mean_absolute_error(y_true: Any, y_pred: Any) -> Any:
    """The mean of |true - predicted| along the last axis."""
    y_true, y_pred = _pair(y_true, y_pred)
    return tf.reduce_mean(tf.abs(y_pred - y_true), axis=-1)


@takes_ragged
def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Any:
    """The mean of |true - predicted| / |true| along the last axis, in percent."""
    y_true, y_pred = _pair(y_true, y_pred)
    size = tf.maximum(tf.abs(y_true), settings.epsilon())
    return 100.0 * tf.reduce_mean(tf.abs((y_true - y_pred) / size), axis=-1)


@takes_ragged
def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Any:
    """The mean of (log(true + 1) - log(predicted + 1))² along the last axis."""
    y_true, y_pred = _pair(y_true, y_pred)
    low = settings.epsilon()
    predicted = tf.math.log(tf.maximum(y_pred, low) + 1.0)
    true = tf.math.log(tf.maximum(y_true, low) + 1.0)
    return tf.reduce_mean(tf.math.squared_difference(predicted, true), axis=-1)


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Any:
    """Half the squared error up to `delta`, linear beyond; averaged."""
    y_pred = tf.cast(y_pred, settings.floatx())
    y_true = tf.cast(y_true, settings.floatx())
    delta = tf.cast(delta, settings.floatx())
    error = y_pred - y_true
    size = tf.abs(error)
    half = tf.constant(0.5, dtype=size.dtype)
    return tf.reduce_mean(
        tf.where(
            size <= delta,
            half * tf.square(error),
            delta * size - half * tf.square(delta),
        ),
        axis=-1,
    )


def log_cosh(y_true: Any, y_pred: Any) -> Any:
    """The mean of log(cosh(predicted - true)) along the last axis."""
    y_true, y_pred = _pair(y_true, y_pred)
    x = y_pred - y_true
    return tf.reduce_mean(x + tf.nn.softplus(-2.0 * x) - math.log(2.0), axis=-1)


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Minus the cosine of the angle between the vectors along `axis`."""
    y_true, y_pred = _pair(y_true, y_pred)
    y_true = tf.math.l2_normalize(y_true, axis=axis)
    y_pred = tf.math.l2_normalize(y_pred, axis=axis)
    return -tf.reduce_sum(y_true * y_pred, axis=axis)


class MeanSquaredError(LossFunctionWrapper):
    """The mean of squared errors."""

    def __init__(
        self, reduction: str = Reduction.AUTO, name: str = "mean_squared_error"
    ) -> None:
        """Take the reduction and a name."""
        super().__init__(mean_squared_error, name=name, reduction=reduction)


class MeanAbsoluteError(LossFunctionWrapper):
    """The mean of absolute errors."""

    def __init__(
        self, reduction: str = Reduction.AUTO, name: str = "mean_absolute_error"
    ) -> None:
        """Take the reduction and a name."""
        super().__init__(mean_absolute_error, name=name, reduction=reduction)


class MeanAbsolutePercentageError(LossFunctionWrapper):
    """The mean of absolute errors relative to the targets, in percent."""

    def __init__(
        self,
        reduction: str = Reduction.AUTO,
        name: str = "mean_absolute_percentage_error",
    ) -> None:
        """Take the reduction and a name."""
        super().__init__(mean_absolute_percentage_error, name=name, reduction=reduction)


class MeanSquaredLogarithmicError(LossFunctionWrapper):
    """The mean of squared differences of logarithms."""

    def __init__(
        self,
        reduction: str = Reduction.AUTO,
        name: str = "mean_squared_logarithmic_error",
    ) -> None:
        """Take the reduction and a name."""
        super().__init__(mean_squared_logarithmic_error, name=name, reduction=reduction)


class Huber(LossFunctionWrapper):
    """Squared near zero, linear beyond `delta`."""

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str = Reduction.AUTO,
        name: str = "huber_loss",
    ) -> None:
        """Take where the loss becomes linear."""
        super().__init__(huber, name=name, reduction=reduction, delta=delta)


class LogCosh(LossFunctionWrapper):
    """The logarithm of the hyperbolic cosine of the error."""

    def __init__(self, reduction: str = Reduction.AUTO, name: str = "log_cosh") -> None:
        """Take the reduction and a name."""
        super().__init__(log_cosh, name=name, reduction=reduction)


class CosineSimilarity(LossFunctionWrapper):
    """Minus the cosine of the angle: -1 where directions agree."""

    def __init__(
        self,
        axis: int = -1,
        reduction: str = Reduction.AUTO,
        name: str = "cosine_similarity",
    ) -> None:
        """Take the axis of the vectors."""
        super().__init__(cosine_similarity, reduction=reduction, name=name, axis=axis)
