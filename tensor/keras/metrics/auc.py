"""AUC: the area under the ROC or precision-recall curve, from counts at thresholds."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras.metrics.confusion import counts_at
from tensor.keras.metrics.metric import Metric

_COUNTS = ("true_positives", "true_negatives", "false_positives", "false_negatives")
# Keras puts the outer thresholds just outside of [0, 1].
_MARGIN = 1e-7


class AUC(Metric):
    """The area under a curve of rates, each point of which is one threshold."""

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: Any = None,
        thresholds: Any = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
    ) -> None:
        """Take the thresholds or how many, the curve, and how the area is summed.

        Args:
            num_thresholds: How many thresholds, evenly spaced.
            curve: "ROC", "PR", or "PR_GAIN" (Flach and Kull, 2015).
            summation_method: "interpolation", "minoring" or "majoring".
            name: A name.
            dtype: The dtype of the counts.
            thresholds: The thresholds, instead of their number.
            multi_label: Whether columns are labels with curves of their own.
            num_labels: How many labels, if the variables are to be made at once.
            label_weights: What each label counts.
            from_logits: Whether predictions are logits.

        Raises:
            ValueError: An argument is none of the allowed values.
        """
        if curve not in ("PR", "ROC", "PR_GAIN"):
            raise ValueError(
                f'Invalid AUC curve value: "{curve}". Expected values are ["PR", '
                '"ROC", "PR_GAIN"]'
            )
        methods = ("interpolation", "minoring", "majoring")
        if summation_method not in methods:
            raise ValueError(
                f'Invalid AUC summation method value: "{summation_method}". '
                f"Expected values are {list(methods)}"
            )
        if num_labels and not multi_label:
            raise ValueError("`num_labels` is needed only when `multi_label` is True.")
        super().__init__(name=name, dtype=dtype)
        self._init_from_thresholds = thresholds is not None
        if thresholds is not None:
            self.num_thresholds = len(thresholds) + 2
            inner = sorted(thresholds)
        else:
            if num_thresholds <= 1:
                raise ValueError(
                    "Argument `num_thresholds` must be an integer > 1. Received: "
                    f"num_thresholds={num_thresholds}"
                )
            self.num_thresholds = num_thresholds
            inner = [(i + 1) / (num_thresholds - 1) for i in range(num_thresholds - 2)]
        self._thresholds = [0.0 - _MARGIN, *inner, 1.0 + _MARGIN]
        self.curve = curve
        self.summation_method = summation_method
        self.multi_label = multi_label
        self.num_labels = num_labels
        self.label_weights = label_weights
        self._from_logits = from_logits
        self._is_made = False
        if not multi_label:
            self._make(None)
        elif num_labels:
            self._make(num_labels)

    @property
    def thresholds(self) -> list[float]:
        """The thresholds."""
        return list(self._thresholds)

    def _make(self, labels: int | None) -> None:
        shape = (
            [self.num_thresholds] if labels is None else [self.num_thresholds, labels]
        )
        for name in _COUNTS:
            setattr(self, name, self.add_weight(name, shape=shape))
        self._is_made = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Count a batch.

        Raises:
            ValueError: There are several labels, and predictions are no matrix or
                their weights are not as many.
        """
        y_pred = tf.convert_to_tensor(y_pred)
        if self.multi_label and y_pred.shape.rank != 2:
            raise ValueError(
                "`y_pred` must have rank 2 when `multi_label=True`. Found rank "
                f"{y_pred.shape.rank}. Full shape received for `y_pred`: {y_pred.shape}"
            )
        if not self._is_made:
            self._make(y_pred.shape[-1])
        weights = self.label_weights
        if self.multi_label and weights is not None:
            labels = y_pred.shape[-1]
            if labels is not None and len(weights) != labels:
                raise ValueError(
                    "Number of labels is not consistent. Received: label_weights="
                    f"{weights} for {labels} labels."
                )
        if self._from_logits:
            y_pred = tf.sigmoid(y_pred)
        counts = counts_at(
            y_true,
            y_pred,
            self._thresholds,
            sample_weight,
            multi_label=self.multi_label,
            label_weights=self.label_weights,
            dtype=self._dtype,
        )
        for name in _COUNTS:
            getattr(self, name).assign_add(counts[name])

    def result(self) -> Any:
        if self.curve == "PR" and self.summation_method == "interpolation":
            return self._interpolated_pr_area()
        x, y = self._points()
        heights = {
            "interpolation": lambda: (y[:-1] + y[1:]) / 2.0,
            "minoring": lambda: tf.minimum(y[:-1], y[1:]),
            "majoring": lambda: tf.maximum(y[:-1], y[1:]),
        }[self.summation_method]()
        return self._averaged((x[:-1] - x[1:]) * heights)

    def _points(self) -> tuple[Any, Any]:
        """Return the curve: a point for each threshold."""
        tp, fp = self.true_positives.value(), self.false_positives.value()
        tn, fn = self.true_negatives.value(), self.false_negatives.value()
        divide = tf.math.divide_no_nan
        if self.curve == "ROC":
            return divide(fp, fp + tn), divide(tp, tp + fn)
        if self.curve == "PR":
            return divide(tp, tp + fn), divide(tp, tp + fp)
        # Gains over a classifier that always says yes; without a true positive the
        # recall is worth nothing, the precision all.
        odds = divide(tp + fn, fp + tn)
        recall = tf.where(tp == 0, 0.0, 1.0 - odds * divide(fn, tp))
        precision = tf.where(tp == 0, 1.0, 1.0 - odds * divide(fp, tp))
        return tf.maximum(recall, 0.0), precision

    def _averaged(self, areas: Any) -> Any:
        """Return the sum over thresholds, averaged over labels."""
        if not self.multi_label:
            return tf.reduce_sum(areas)
        by_label = tf.reduce_sum(areas, axis=0)
        if self.label_weights is None:
            return tf.reduce_mean(by_label)
        weights = tf.cast(self.label_weights, by_label.dtype)
        return tf.math.divide_no_nan(
            tf.reduce_sum(by_label * weights), tf.reduce_sum(weights)
        )

    def _interpolated_pr_area(self) -> Any:
        """Return the area under the PR curve, true positives interpolated linearly.

        Precision is not linear between thresholds (Davis and Goadrich, 2006).
        """
        tp, fp = self.true_positives.value(), self.false_positives.value()
        fn = self.false_negatives.value()
        dtp = tp[:-1] - tp[1:]
        p = tp + fp
        dp = p[:-1] - p[1:]
        slope = tf.math.divide_no_nan(dtp, tf.maximum(dp, 0))
        intercept = tp[1:] - slope * p[1:]
        both = tf.logical_and(p[:-1] > 0, p[1:] > 0)
        ratio = tf.where(
            both,
            tf.math.divide_no_nan(p[:-1], tf.maximum(p[1:], 0)),
            tf.ones_like(p[1:]),
        )
        positives = tf.maximum(tp[1:] + fn[1:], 0)
        increments = tf.math.divide_no_nan(
            slope * (dtp + intercept * tf.math.log(ratio)), positives
        )
        return self._averaged(increments)

    def get_config(self) -> dict[str, Any]:
        config = {
            **super().get_config(),
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": self.label_weights,
            "from_logits": self._from_logits,
        }
        if self._init_from_thresholds:
            config["thresholds"] = self._thresholds[1:-1]
        return config
