"""MeanMetricWrapper: the mean of a function of targets and predictions."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras import serialization
from tensor.keras.losses.loss import squeezed
from tensor.keras.metrics.reduction import Mean, weights_for


class MeanMetricWrapper(Mean):
    """Averages what a function gives for each example."""

    def __init__(
        self, fn: Any, name: str | None = None, dtype: Any = None, **kwargs: Any
    ) -> None:
        """Take the function, and further arguments for it."""
        super().__init__(name=name, dtype=dtype)
        self._fn = fn
        self._fn_kwargs = kwargs

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Let a batch of targets and predictions count; ragged ones by their values."""
        y_true, y_pred, sample_weight = (
            v.flat_values if isinstance(v, tf.RaggedTensor) else v
            for v in (y_true, y_pred, sample_weight)
        )
        y_true = tf.cast(y_true, self._dtype)
        y_pred = tf.cast(y_pred, self._dtype)
        y_pred, y_true = squeezed_pair(y_pred, y_true)
        values = self._fn(y_true, y_pred, **self._fn_kwargs)
        mask = getattr(values, "_keras_mask", None)
        if mask is not None:
            mask = tf.cast(mask, self._dtype)
            if sample_weight is None:
                sample_weight = mask
            else:
                weight = tf.cast(sample_weight, self._dtype)
                sample_weight = weights_for(mask, weight) * mask
        return super().update_state(values, sample_weight=sample_weight)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.update(self._fn_kwargs)
        if type(self) is MeanMetricWrapper:
            config["fn"] = serialization.function_name(self._fn)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        config = dict(config)
        fn = config.pop("fn", None)
        if cls is MeanMetricWrapper:
            from tensor.keras import metrics

            return cls(metrics.get(fn), **config)
        return cls(**config)


def require_matrices(name: str, y_pred: Any, y_true: Any) -> None:
    """Check that predictions and targets are [batch, outputs].

    Raises:
        ValueError: They are not.
    """
    if y_pred.shape.rank != 2 or y_true.shape.rank != 2:
        raise ValueError(
            f"{name} expects 2D inputs with shape (batch_size, output_dim). Received "
            f"input shapes: y_pred.shape={y_pred.shape} and y_true.shape="
            f"{y_true.shape}."
        )


def squeezed_pair(y_pred: Any, y_true: Any) -> tuple[Any, Any]:
    """Drop a last axis of size 1 where only it makes the ranks differ."""
    pred, true = y_pred.shape, y_true.shape
    if pred.rank is None or true.rank is None:
        return y_pred, y_true
    if pred.rank - true.rank == 1 and pred[-1] != 1:
        return y_pred, y_true  # class numbers against scores
    return squeezed(y_pred, y_true)
