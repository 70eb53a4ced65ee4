"""F-scores: precision and recall in one number."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras.metrics.metric import Metric
from tensor.keras.metrics.wrapper import require_matrices


class FBetaScore(Metric):
    """(1 + beta²) * precision * recall / (beta² * precision + recall)."""

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str = "fbeta_score",
        dtype: Any = None,
    ) -> None:
        """Take how classes are averaged, the weight of recall, and the threshold.

        Raises:
            ValueError: An argument is none of the allowed values.
        """
        super().__init__(name=name, dtype=dtype)
        if average not in (None, "micro", "macro", "weighted"):
            raise ValueError(
                "Invalid `average` argument value. Expected one of: {None, 'micro', "
                f"'macro', 'weighted'}}. Received: average={average}"
            )
        if not isinstance(beta, float) or beta <= 0.0:
            raise ValueError(
                "Invalid `beta` argument value. It should be a Python float > 0. "
                f"Received: beta={beta}"
            )
        if threshold is not None and not isinstance(threshold, float):
            raise ValueError(
                "Invalid `threshold` argument value. It should be a Python float. "
                f"Received: threshold={threshold} of type '{type(threshold)}'"
            )
        if threshold is not None and not 0.0 < threshold <= 1.0:
            raise ValueError(
                "Invalid `threshold` argument value. It should verify 0 < threshold <= "
                f"1. Received: threshold={threshold}"
            )
        self.average = average
        self.beta = beta
        self.threshold = threshold
        self._is_made = False

    def _make(self, classes: int) -> None:
        shape = () if self.average == "micro" else (classes,)
        for name in (
            "true_positives",
            "false_positives",
            "false_negatives",
            "intermediate_weights",
        ):
            setattr(self, name, self.add_weight(name, shape=shape))
        self._is_made = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Count a batch of one-hot targets and scores."""
        y_true = tf.cast(y_true, self._dtype)
        y_pred = tf.cast(y_pred, self._dtype)
        require_matrices("FBetaScore", y_pred, y_true)
        if not self._is_made:
            self._make(y_pred.shape[-1])
        if self.threshold is None:
            highest = tf.reduce_max(y_pred, axis=-1, keepdims=True)
            # Scores of zero are no choice.
            chosen = tf.logical_and(y_pred >= highest, tf.abs(y_pred) > 1e-12)
        else:
            chosen = y_pred > self.threshold
        chosen = tf.cast(chosen, self._dtype)
        axis = None if self.average == "micro" else 0
        weight = None
        if sample_weight is not None:
            weight = tf.expand_dims(tf.cast(sample_weight, self._dtype), -1)

        def total(values: Any) -> Any:
            return tf.reduce_sum(values if weight is None else values * weight, axis)

        self.true_positives.assign_add(total(chosen * y_true))
        self.false_positives.assign_add(total(chosen * (1 - y_true)))
        self.false_negatives.assign_add(total((1 - chosen) * y_true))
        self.intermediate_weights.assign_add(total(y_true))

    def result(self) -> Any:
        tp = self.true_positives.value()
        precision = tf.math.divide_no_nan(tp, tp + self.false_positives)
        recall = tf.math.divide_no_nan(tp, tp + self.false_negatives)
        squared = self.beta**2
        score = tf.math.divide_no_nan(
            precision * recall, squared * precision + recall
        ) * (1 + squared)
        if self.average == "weighted":
            weights = tf.math.divide_no_nan(
                self.intermediate_weights, tf.reduce_sum(self.intermediate_weights)
            )
            return tf.reduce_sum(score * weights)
        return score if self.average is None else tf.reduce_mean(score)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "average": self.average,
            "beta": self.beta,
            "threshold": self.threshold,
        }


class F1Score(FBetaScore):
    """The harmonic mean of precision and recall."""

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str = "f1_score",
        dtype: Any = None,
    ) -> None:
        """Take how classes are averaged, and the threshold."""
        super().__init__(
            average=average, beta=1.0, threshold=threshold, name=name, dtype=dtype
        )

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["beta"]
        return config
