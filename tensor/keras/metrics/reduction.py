"""Sums and means of values over many batches."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras.metrics.metric import Metric


def weights_for(values: Any, weight: Any) -> Any:
    """Return a weight with a rank that fits the values."""
    rank, weight_rank = values.shape.rank, weight.shape.rank
    if weight_rank and rank is not None:
        if weight_rank - rank == 1:
            return tf.squeeze(weight, [-1])
        if rank - weight_rank == 1:
            return tf.expand_dims(weight, -1)
    return weight


def broadcasts(weight: Any, values: Any) -> bool:
    """Return whether a weight has the values' rank, each size equal or 1; or rank 0."""
    weight_dims, dims = weight.static_shape, values.static_shape
    if weight_dims == () or weight_dims is None or dims is None:
        return True
    if len(weight_dims) != len(dims):
        return False
    return all(
        w is None or d is None or w in (1, d)
        for w, d in zip(weight_dims, dims, strict=True)
    )


def require_broadcast(weight: Any, values: Any) -> None:
    """Check that each size of a weight is 1 or that of the values.

    Raises:
        ValueError: One is not.
    """
    if broadcasts(weight, values):
        return
    dims, weight_dims = values.static_shape, weight.static_shape
    if len(dims) != len(weight_dims):
        problem = f"values.rank={len(dims)}. weights.rank={len(weight_dims)}."
    else:
        pairs = zip(dims, weight_dims, strict=True)
        axis = next(i for i, (d, w) in enumerate(pairs) if w not in (1, None, d))
        problem = f"Mismatch at dim {axis}."
    raise ValueError(
        f"weights can not be broadcast to values. {problem} values.shape={dims}. "
        f"weights.shape={weight_dims}. Give one weight for each example."
    )


class Sum(Metric):
    """The sum of all values, times their weights."""

    def __init__(self, name: str = "sum", dtype: Any = None) -> None:
        """Take a name and the dtype of the sum."""
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_weight(name="total", initializer="zeros")

    def update_state(self, values: Any, sample_weight: Any = None) -> Any:
        """Add values, times their weights."""
        values, _ = _weighted(values, sample_weight, self._dtype, tf.reduce_sum)
        return self.total.assign_add(tf.reduce_sum(values))

    def result(self) -> Any:
        return tf.identity(self.total)


class Mean(Metric):
    """The mean of all values, by their weights."""

    def __init__(self, name: str | None = "mean", dtype: Any = None) -> None:
        """Take a name and the dtype of sum and count."""
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_weight(name="total", initializer="zeros")
        self.count = self.add_weight(name="count", initializer="zeros")

    def update_state(self, values: Any, sample_weight: Any = None) -> Any:
        """Let values count, by their weights."""
        values, weight = _weighted(values, sample_weight, self._dtype, tf.reduce_mean)
        self.total.assign_add(tf.reduce_sum(values))
        if weight is None:
            count = tf.cast(tf.size(values), self._dtype)
        else:
            count = tf.reduce_sum(weight)
        return self.count.assign_add(count)

    def result(self) -> Any:
        return tf.math.divide_no_nan(self.total, self.count)


def _weighted(values: Any, weight: Any, dtype: str, reduce: Any) -> tuple[Any, Any]:
    """Return values times weights, and the weights in the values' shape."""
    values = tf.cast(values, dtype)
    if weight is None:
        return values, None
    weight = weights_for(values, tf.cast(weight, dtype))
    if broadcasts(weight, values):
        if weight.static_shape != values.static_shape:
            weight = weight * tf.ones_like(values)
    else:
        # One weight for many values: these count together.
        values = reduce(values, axis=list(range(weight.shape.rank, values.shape.rank)))
    return values * weight, weight


class MeanTensor(Metric):
    """The mean of tensors of one shape, element by element."""

    def __init__(
        self, name: str = "mean_tensor", dtype: Any = None, shape: Any = None
    ) -> None:
        """Take the shape; by default that of the first tensor."""
        super().__init__(name=name, dtype=dtype)
        self._shape: Any = None
        if shape is not None:
            self._make(tf.TensorShape(shape))

    def _make(self, shape: Any) -> None:
        self._shape = shape
        self.total = self.add_weight(name="total", shape=shape, initializer="zeros")
        self.count = self.add_weight(name="count", shape=shape, initializer="zeros")

    def update_state(self, values: Any, sample_weight: Any = None) -> Any:
        """Let a tensor count, by its weights."""
        values = tf.cast(values, self._dtype)
        if self._shape is None:
            self._make(values.shape)
        elif values.shape != self._shape:
            raise ValueError(
                "MeanTensor input values must always have the same shape. Expected "
                f"shape (set during the first call): {self._shape}. Got: "
                f"{values.shape}."
            )
        counts = tf.ones_like(values)
        if sample_weight is not None:
            weight = weights_for(values, tf.cast(sample_weight, self._dtype))
            counts = counts * weight
            values = values * weight
        self.total.assign_add(values)
        return self.count.assign_add(counts)

    def result(self) -> Any:
        if self._shape is None:
            raise ValueError(
                "MeanTensor does not have any value yet. Please call the MeanTensor "
                "instance or use `.update_state(value)` before retrieving the result."
            )
        return tf.math.divide_no_nan(self.total, self.count)
