"""Metrics from counts of true and false positives and negatives at thresholds."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensor as tf
from tensor.keras.metrics.metric import Metric
from tensor.keras.metrics.reduction import require_broadcast, weights_for
from tensor.keras.metrics.thresholds import as_thresholds as as_thresholds
from tensor.keras.metrics.wrapper import squeezed_pair

_TP, _FP = "true_positives", "false_positives"
_TN, _FN = "true_negatives", "false_negatives"


def counts_at(
    y_true: Any,
    y_pred: Any,
    thresholds: Any,
    sample_weight: Any = None,
    class_id: int | None = None,
    top_k: int | None = None,
    multi_label: bool = False,
    label_weights: Any = None,
    dtype: Any = "float32",
) -> dict[str, Any]:
    """Return the four counts of a batch, for each threshold (and label).

    Where thresholds divide [0, 1] evenly, what lies outside counts as the next end.
    """
    y_true, y_pred = tf.cast(y_true, dtype), tf.cast(y_pred, dtype)
    if _are_even(thresholds):
        y_pred = tf.clip_by_value(y_pred, 0.0, 1.0)
    y_pred, y_true = squeezed_pair(y_pred, y_true)
    y_pred.shape.assert_is_compatible_with(y_true.shape)
    if top_k is not None:
        y_pred = _only_top_k(y_pred, top_k)
    weight = None
    if sample_weight is not None:
        weight = weights_for(y_pred, tf.cast(sample_weight, dtype))
        require_broadcast(weight, y_pred)
        weight = weight * tf.ones_like(y_pred)
    if class_id is not None:
        y_true, y_pred = y_true[..., class_id], y_pred[..., class_id]
        weight = None if weight is None else weight[..., class_id]
    if label_weights is not None and not multi_label:
        own = tf.cast(label_weights, dtype) * tf.ones_like(y_pred)
        weight = own if weight is None else weight * own
    if not multi_label:
        y_true, y_pred = tf.reshape(y_true, [-1]), tf.reshape(y_pred, [-1])
        weight = None if weight is None else tf.reshape(weight, [-1])
    return _counts(y_true, y_pred, weight, tf.cast(thresholds, dtype))


def _are_even(thresholds: Any) -> bool:
    """Return whether thresholds divide [0, 1] evenly, but for a hair at the ends."""
    count = len(thresholds)
    even = np.arange(count) / max(count - 1, 1)
    return count > 2 and np.allclose(thresholds, even, atol=tf.keras.backend.epsilon())


def _counts(y_true: Any, y_pred: Any, weight: Any, thresholds: Any) -> dict[str, Any]:
    """Return the counts: thresholds along a new first axis, examples summed."""
    rank = y_pred.shape.rank
    limits = tf.reshape(thresholds, [-1] + [1] * rank)
    positive = tf.cast(tf.expand_dims(y_pred, 0) > limits, y_pred.dtype)
    truth = tf.cast(tf.cast(tf.expand_dims(y_true, 0), "bool"), y_pred.dtype)
    w = 1.0 if weight is None else tf.expand_dims(weight, 0)

    def total(right: Any) -> Any:
        return tf.reduce_sum(right * w, axis=1)

    return {
        _TP: total(positive * truth),
        _FP: total(positive * (1 - truth)),
        _TN: total((1 - positive) * (1 - truth)),
        _FN: total((1 - positive) * truth),
    }


def _only_top_k(y_pred: Any, k: int) -> Any:
    """Return predictions with all but the k highest of each row made impossible."""
    _, best = tf.math.top_k(y_pred, k, sorted=False)
    chosen = tf.reduce_sum(tf.one_hot(best, tf.shape(y_pred)[-1], axis=-1), axis=-2)
    return y_pred * chosen + -1e10 * (1 - chosen)


class _OneCount(Metric):
    """How often one of the four cases occurs."""

    which: str

    def __init__(
        self, thresholds: Any = None, name: str | None = None, dtype: Any = None
    ) -> None:
        """Take the thresholds above which a prediction is positive."""
        super().__init__(name=name, dtype=dtype)
        self.init_thresholds = thresholds
        self.thresholds = as_thresholds(thresholds)
        self.accumulator = self.add_weight(
            "accumulator", shape=(len(self.thresholds),), initializer="zeros"
        )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Count a batch."""
        counts = counts_at(
            y_true, y_pred, self.thresholds, sample_weight, dtype=self._dtype
        )
        return self.accumulator.assign_add(counts[self.which])

    def result(self) -> Any:
        if len(self.thresholds) == 1:
            return tf.identity(self.accumulator[0])
        return tf.identity(self.accumulator)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "thresholds": self.init_thresholds}


class TruePositives(_OneCount):
    """How many positives are found."""

    which = _TP


class FalsePositives(_OneCount):
    """How many negatives are taken for positives."""

    which = _FP


class TrueNegatives(_OneCount):
    """How many negatives are found."""

    which = _TN


class FalseNegatives(_OneCount):
    """How many positives are missed."""

    which = _FN


class _Ratio(Metric):
    """One count over the sum of two."""

    _name_of_other: str

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        """Take thresholds or how many predictions count, and the class to look at."""
        super().__init__(name=name, dtype=dtype)
        self.init_thresholds = thresholds
        self.top_k = top_k
        self.class_id = class_id
        if thresholds is None and top_k is not None:
            # Every chosen prediction counts, however low; the others are at -1e10.
            self.thresholds = [-1e9]
        else:
            self.thresholds = as_thresholds(thresholds)
        shape = (len(self.thresholds),)
        self.true_positives = self.add_weight(_TP, shape=shape)
        self._other = self.add_weight(self._name_of_other, shape=shape)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Count a batch."""
        counts = counts_at(
            y_true,
            y_pred,
            self.thresholds,
            sample_weight,
            class_id=self.class_id,
            top_k=self.top_k,
            dtype=self._dtype,
        )
        self.true_positives.assign_add(counts[_TP])
        return self._other.assign_add(counts[self._name_of_other])

    def result(self) -> Any:
        ratio = tf.math.divide_no_nan(
            self.true_positives, self.true_positives + self._other
        )
        return ratio[0] if len(self.thresholds) == 1 else ratio

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "thresholds": self.init_thresholds,
            "top_k": self.top_k,
            "class_id": self.class_id,
        }


class Precision(_Ratio):
    """Which share of what is taken for positive is."""

    _name_of_other = _FP

    @property
    def false_positives(self) -> Any:
        """How many negatives were taken for positives."""
        return self._other


class Recall(_Ratio):
    """Which share of the positives is found."""

    _name_of_other = _FN

    @property
    def false_negatives(self) -> Any:
        """How many positives were missed."""
        return self._other


class _AtConstraint(Metric):
    """The best of one rate among the thresholds at which another is high enough."""

    def __init__(
        self,
        value: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        if num_thresholds <= 0:
            raise ValueError(
                "Argument `num_thresholds` must be an integer > 0. Received: "
                f"num_thresholds={num_thresholds}"
            )
        self.value = value
        self.class_id = class_id
        self.num_thresholds = num_thresholds
        if num_thresholds == 1:
            self.thresholds = [0.5]
        else:
            inner = [(i + 1) / (num_thresholds - 1) for i in range(num_thresholds - 2)]
            self.thresholds = [0.0, *inner, 1.0]
        shape = (len(self.thresholds),)
        for count in (_TP, _TN, _FP, _FN):
            setattr(self, count, self.add_weight(count, shape=shape))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Count a batch."""
        counts = counts_at(
            y_true,
            y_pred,
            self.thresholds,
            sample_weight,
            class_id=self.class_id,
            dtype=self._dtype,
        )
        for name, count in counts.items():
            getattr(self, name).assign_add(count)

    def result(self) -> Any:
        constrained, wanted = self._rates()
        allowed = constrained >= tf.cast(self.value, constrained.dtype)
        best = tf.reduce_max(tf.where(allowed, wanted, tf.fill(wanted.shape, -1.0)))
        return tf.maximum(best, 0.0)

    def _rates(self) -> tuple[Any, Any]:
        """Return the rate that is constrained, and the one that is asked for."""
        raise NotImplementedError(f"{type(self).__name__} must define `_rates`.")

    def _recall(self) -> Any:
        return tf.math.divide_no_nan(
            self.true_positives, self.true_positives + self.false_negatives
        )

    def _specificity(self) -> Any:
        return tf.math.divide_no_nan(
            self.true_negatives, self.true_negatives + self.false_positives
        )

    def _precision(self) -> Any:
        return tf.math.divide_no_nan(
            self.true_positives, self.true_positives + self.false_positives
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_thresholds": self.num_thresholds,
            self._argument: self.value,
            "class_id": self.class_id,
        }

    _argument: str


def _checked_share(value: float, name: str) -> float:
    if value < 0 or value > 1:
        raise ValueError(
            f"Argument `{name}` must be in the range [0, 1]. Received: {name}={value}"
        )
    return value


class SensitivityAtSpecificity(_AtConstraint):
    """The best sensitivity at a given specificity."""

    _argument = "specificity"

    def __init__(self, specificity: float, *args: Any, **kwargs: Any) -> None:
        """Take the specificity.

        Raises:
            ValueError: It is not between 0 and 1.
        """
        super().__init__(_checked_share(specificity, self._argument), *args, **kwargs)

    def _rates(self) -> tuple[Any, Any]:
        return self._specificity(), self._recall()


class SpecificityAtSensitivity(_AtConstraint):
    """The best specificity at a given sensitivity."""

    _argument = "sensitivity"

    def __init__(self, sensitivity: float, *args: Any, **kwargs: Any) -> None:
        """Take the sensitivity.

        Raises:
            ValueError: It is not between 0 and 1.
        """
        super().__init__(_checked_share(sensitivity, self._argument), *args, **kwargs)

    def _rates(self) -> tuple[Any, Any]:
        return self._recall(), self._specificity()


class PrecisionAtRecall(_AtConstraint):
    """The best precision at a given recall."""

    _argument = "recall"

    def __init__(self, recall: float, *args: Any, **kwargs: Any) -> None:
        """Take the recall.

        Raises:
            ValueError: It is not between 0 and 1.
        """
        super().__init__(_checked_share(recall, self._argument), *args, **kwargs)

    def _rates(self) -> tuple[Any, Any]:
        return self._recall(), self._precision()


class RecallAtPrecision(_AtConstraint):
    """The best recall at a given precision."""

    _argument = "precision"

    def __init__(self, precision: float, *args: Any, **kwargs: Any) -> None:
        """Take the precision.

        Raises:
            ValueError: It is not between 0 and 1.
        """
        super().__init__(_checked_share(precision, self._argument), *args, **kwargs)

    def _rates(self) -> tuple[Any, Any]:
        return self._precision(), self._recall()
