"""Metrics of regression that are no means of a loss."""

from __future__ import annotations

import warnings
from typing import Any

import tensor as tf
from tensor.keras.metrics.metric import Metric
from tensor.keras.metrics.reduction import (
    Mean,
    require_broadcast,
    weights_for,
)
from tensor.keras.metrics.wrapper import require_matrices, squeezed_pair


class RootMeanSquaredError(Mean):
    """The square root of the mean of squared errors."""

    def __init__(
        self, name: str = "root_mean_squared_error", dtype: Any = None
    ) -> None:
        """Take a name and a dtype."""
        super().__init__(name, dtype=dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Let a batch of targets and predictions count."""
        y_true = tf.cast(y_true, self._dtype)
        y_pred = tf.cast(y_pred, self._dtype)
        y_pred, y_true = squeezed_pair(y_pred, y_true)
        errors = tf.math.squared_difference(y_pred, y_true)
        return super().update_state(errors, sample_weight=sample_weight)

    def result(self) -> Any:
        return tf.sqrt(tf.math.divide_no_nan(self.total, self.count))


class MeanRelativeError(Mean):
    """The mean of absolute errors divided by given numbers."""

    def __init__(
        self, normalizer: Any, name: str | None = None, dtype: Any = None
    ) -> None:
        """Take what errors are divided by."""
        super().__init__(name=name, dtype=dtype)
        self.normalizer = tf.cast(normalizer, self._dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Let a batch of targets and predictions count."""
        y_true = tf.cast(y_true, self._dtype)
        y_pred = tf.cast(y_pred, self._dtype)
        y_pred, y_true = squeezed_pair(y_pred, y_true)
        y_pred.shape.assert_is_compatible_with(y_true.shape)
        errors = tf.math.divide_no_nan(tf.abs(y_true - y_pred), self.normalizer)
        return super().update_state(errors, sample_weight=sample_weight)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "normalizer": self.normalizer.numpy().tolist()}


class R2Score(Metric):
    """How much of the targets' variance the predictions explain."""

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str = "r2_score",
        dtype: Any = None,
    ) -> None:
        """Take how outputs are averaged, and the number of regressors to adjust for.

        Raises:
            ValueError: An argument is none of the allowed values.
        """
        super().__init__(name=name, dtype=dtype)
        allowed = (None, "uniform_average", "variance_weighted_average")
        if class_aggregation not in allowed:
            raise ValueError(
                "Invalid value for argument `class_aggregation`. Expected one of "
                f"{allowed}. Received: class_aggregation={class_aggregation}"
            )
        if num_regressors < 0:
            raise ValueError(
                "Invalid value for argument `num_regressors`. Expected a value >= 0. "
                f"Received: num_regressors={num_regressors}"
            )
        self.class_aggregation = class_aggregation
        self.num_regressors = num_regressors
        self.num_samples = self.add_weight(name="num_samples", dtype="int32")
        self._has_state = False

    def _make(self, outputs: int) -> None:
        names = {"total_mse": "residual"}
        for name in ("squared_sum", "sum", "total_mse", "count"):
            variable = self.add_weight(name=names.get(name, name), shape=[outputs])
            setattr(self, name, variable)
        self._has_state = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Let a batch of targets and predictions count."""
        y_true = tf.cast(y_true, self._dtype)
        y_pred = tf.cast(y_pred, self._dtype)
        require_matrices(type(self).__name__, y_pred, y_true)
        if not self._has_state:
            self._make(y_pred.shape[-1])
        weight = 1.0 if sample_weight is None else sample_weight
        weight = weights_for(y_true, tf.cast(weight, self._dtype))
        require_broadcast(weight, y_true)
        weight = weight * tf.ones_like(y_true)
        weighted = y_true * weight
        self.sum.assign_add(tf.reduce_sum(weighted, axis=0))
        self.squared_sum.assign_add(tf.reduce_sum(y_true * weighted, axis=0))
        errors = tf.square(y_true - y_pred) * weight
        self.total_mse.assign_add(tf.reduce_sum(errors, axis=0))
        self.count.assign_add(tf.reduce_sum(weight, axis=0))
        return self.num_samples.assign_add(tf.size(y_true))

    def result(self) -> Any:
        mean = self.sum / self.count
        total = self.squared_sum - self.sum * mean
        raw = 1 - self.total_mse / total
        raw = tf.where(tf.math.is_inf(raw), tf.zeros_like(raw), raw)
        score = raw
        if self.class_aggregation == "uniform_average":
            score = tf.reduce_mean(raw)
        elif self.class_aggregation == "variance_weighted_average":
            score = tf.reduce_sum(total * raw) / tf.reduce_sum(total)
        if self.num_regressors:
            score = self._adjusted(score)
        return score

    def _adjusted(self, score: Any) -> Any:
        """Return the score corrected for the number of predictors."""
        n = tf.cast(self.num_samples, "float32")
        spare = n - self.num_regressors - 1.0
        if tf.executing_eagerly() and spare <= 0:
            reason = (
                "More independent predictors than datapoints in adjusted R2 score."
                if spare < 0
                else "Division by zero in Adjusted R2 score."
            )
            warnings.warn(f"{reason} Falling back to standard R2 score.", stacklevel=3)
        adjusted = 1.0 - (1.0 - score) * (n - 1.0) / spare
        return tf.where(spare > 0, adjusted, score)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "class_aggregation": self.class_aggregation,
            "num_regressors": self.num_regressors,
        }
