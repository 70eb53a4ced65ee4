"""Losses between distributions: crossentropies, divergence, Poisson."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras import settings
from tensor.keras.logits import logits_of
from tensor.keras.losses.loss import LossFunctionWrapper, Reduction
from tensor.keras.losses.ragged import takes_ragged


def _clipped(p: Any) -> Any:
    low = settings.epsilon()
    return tf.clip_by_value(p, low, 1.0 - low)


def _smoothed_binary(y_true: Any, amount: Any) -> Any:
    return y_true * (1.0 - amount) + 0.5 * amount if amount else y_true


@takes_ragged
def binary_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """The mean along `axis` of the crossentropies of yes-or-no decisions."""
    y_pred = tf.convert_to_tensor(y_pred)
    y_true = _smoothed_binary(tf.cast(y_true, y_pred.dtype), label_smoothing)
    losses = elementwise_binary_crossentropy(y_true, y_pred, from_logits)
    return tf.reduce_mean(losses, axis=axis)


def elementwise_binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False
) -> Any:
    """Return the crossentropy of each yes-or-no decision."""
    y_pred, from_logits = logits_of(
        y_pred, from_logits, "Sigmoid", "binary_crossentropy"
    )
    if from_logits:
        return tf.nn.sigmoid_cross_entropy_with_logits(labels=y_true, logits=y_pred)
    p = _clipped(y_pred)
    low = settings.epsilon()
    value = y_true * tf.math.log(p + low)
    return -(value + (1 - y_true) * tf.math.log(1 - p + low))


def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """Binary crossentropy in which easy examples weigh less."""
    y_pred = tf.convert_to_tensor(y_pred)
    y_true = _smoothed_binary(tf.cast(y_true, y_pred.dtype), label_smoothing)
    losses = elementwise_binary_focal_crossentropy(
        y_true, y_pred, apply_class_balancing, alpha, gamma, from_logits
    )
    return tf.reduce_mean(losses, axis=axis)


def elementwise_binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool,
    alpha: float,
    gamma: float,
    from_logits: bool,
) -> Any:
    """Return the crossentropy of each yes-or-no decision; easy ones weigh less."""
    p = tf.nn.sigmoid(y_pred) if from_logits else y_pred
    right = y_true * p + (1 - y_true) * (1 - p)
    losses = tf.pow(1.0 - right, gamma) * elementwise_binary_crossentropy(
        y_true, y_pred, from_logits
    )
    if apply_class_balancing:
        losses = losses * (y_true * alpha + (1 - y_true) * (1 - alpha))
    return losses


@takes_ragged
def categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """-sum(true * log(predicted)) along `axis`, the targets one-hot."""
    y_pred = tf.convert_to_tensor(y_pred)
    y_true = _smoothed_categorical(
        tf.cast(y_true, y_pred.dtype), y_pred, label_smoothing
    )
    y_true.shape.assert_is_compatible_with(y_pred.shape)
    y_pred, from_logits = logits_of(
        y_pred, from_logits, "Softmax", "categorical_crossentropy"
    )
    if from_logits:
        return tf.nn.softmax_cross_entropy_with_logits(
            labels=y_true, logits=y_pred, axis=axis
        )
    p = _clipped(y_pred / tf.reduce_sum(y_pred, axis, True))
    return -tf.reduce_sum(y_true * tf.math.log(p), axis)


def _smoothed_categorical(y_true: Any, y_pred: Any, amount: float) -> Any:
    if not amount:
        return y_true
    classes = tf.cast(tf.shape(y_true)[-1], y_pred.dtype)
    return y_true * (1.0 - amount) + amount / classes


def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """Categorical crossentropy in which easy examples weigh less."""
    y_pred = tf.convert_to_tensor(y_pred)
    y_true = _smoothed_categorical(
        tf.cast(y_true, y_pred.dtype), y_pred, label_smoothing
    )
    y_true.shape.assert_is_compatible_with(y_pred.shape)
    y_pred, from_logits = logits_of(
        y_pred, from_logits, "Softmax", "categorical_focal_crossentropy"
    )
    if from_logits:
        y_pred = tf.nn.softmax(y_pred, axis=axis)
    p = _clipped(y_pred / tf.reduce_sum(y_pred, axis=axis, keepdims=True))
    losses = -y_true * tf.math.log(p) * tf.pow(1.0 - p, gamma) * alpha
    return tf.reduce_sum(losses, axis=axis)


@takes_ragged
def sparse_categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    axis: int = -1,
    ignore_class: int | None = None,
) -> Any:
    """-log(predicted[true]) along `axis`, the targets class numbers.

    Raises:
        ValueError: The rank of `y_pred` is not known, and `axis` not the last.
    """
    y_pred = tf.convert_to_tensor(y_pred)
    y_pred, from_logits = logits_of(
        y_pred, from_logits, "Softmax", "sparse_categorical_crossentropy"
    )
    if not from_logits:
        y_pred = tf.math.log(_clipped(y_pred))
    rank = y_pred.shape.rank
    if rank is not None and axis % rank != rank - 1:
        order = [i for i in range(rank) if i != axis % rank] + [axis % rank]
        y_pred = tf.transpose(y_pred, order)
    elif rank is None and axis != -1:
        raise ValueError(
            f"Cannot compute sparse categorical crossentropy with `axis={axis}` on an "
            "output tensor with unknown rank"
        )
    y_true = tf.convert_to_tensor(y_true)
    if y_true.dtype is not tf.int64:
        y_true = tf.cast(y_true, "int64")
    shape = None
    if None not in (rank, y_true.shape.rank) and y_true.shape.rank != rank - 1:
        # Such as targets of shape [batch, 1]: they count in any order of dimensions.
        shape = tf.shape(y_pred)
        y_true = tf.reshape(y_true, [-1])
        y_pred = tf.reshape(y_pred, [-1, shape[-1]])
    losses, counts = _of_classes(y_true, y_pred, ignore_class)
    if shape is not None and rank >= 3:
        losses = tf.reshape(losses, shape[:-1])
        counts = None if counts is None else tf.reshape(counts, shape[:-1])
    if counts is not None:
        losses._keras_mask = counts
    return losses


def _of_classes(y_true: Any, logits: Any, ignore_class: int | None) -> tuple[Any, Any]:
    """Return the crossentropy of each class number, and which of them count."""
    crossentropy = tf.nn.sparse_softmax_cross_entropy_with_logits
    if ignore_class is None:
        return crossentropy(labels=y_true, logits=logits), None
    counts = tf.not_equal(y_true, tf.cast(ignore_class, y_true.dtype))
    labels = tf.where(counts, y_true, tf.zeros_like(y_true))
    losses = crossentropy(labels=labels, logits=logits)
    return tf.where(counts, losses, tf.zeros_like(losses)), counts


def kl_divergence(y_true: Any, y_pred: Any) -> Any:
    """sum(true * log(true / predicted)) along the last axis."""
    y_pred = tf.convert_to_tensor(y_pred)
    low = settings.epsilon()
    y_true = tf.clip_by_value(tf.cast(y_true, y_pred.dtype), low, 1.0)
    y_pred = tf.clip_by_value(y_pred, low, 1.0)
    return tf.reduce_sum(y_true * tf.math.log(y_true / y_pred), axis=-1)


def poisson(y_true: Any, y_pred: Any) -> Any:
    """The mean of predicted - true * log(predicted) along the last axis."""
    y_pred = tf.convert_to_tensor(y_pred)
    y_true = tf.cast(y_true, y_pred.dtype)
    return tf.reduce_mean(
        y_pred - y_true * tf.math.log(y_pred + settings.epsilon()), axis=-1
    )


class BinaryCrossentropy(LossFunctionWrapper):
    """The crossentropy of yes-or-no decisions."""

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str = Reduction.AUTO,
        name: str = "binary_crossentropy",
    ) -> None:
        """Take whether predictions are logits, and how far targets move towards 1/2."""
        super().__init__(
            binary_crossentropy,
            name=name,
            reduction=reduction,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )
        self.from_logits = from_logits


class BinaryFocalCrossentropy(LossFunctionWrapper):
    """Binary crossentropy in which easy examples weigh less."""

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str = Reduction.AUTO,
        name: str = "binary_focal_crossentropy",
    ) -> None:
        """Take the weight of class 1, and how fast easy examples lose weight."""
        super().__init__(
            binary_focal_crossentropy,
            name=name,
            reduction=reduction,
            apply_class_balancing=apply_class_balancing,
            alpha=alpha,
            gamma=gamma,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )
        self.from_logits = from_logits
        self.apply_class_balancing = apply_class_balancing
        self.alpha = alpha
        self.gamma = gamma


class CategoricalCrossentropy(LossFunctionWrapper):
    """The crossentropy of classes given one-hot."""

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str = Reduction.AUTO,
        name: str = "categorical_crossentropy",
    ) -> None:
        """Take whether predictions are logits, and how much targets are smoothed."""
        super().__init__(
            categorical_crossentropy,
            name=name,
            reduction=reduction,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class CategoricalFocalCrossentropy(LossFunctionWrapper):
    """Categorical crossentropy in which easy examples weigh less."""

    def __init__(
        self,
        alpha: Any = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str = Reduction.AUTO,
        name: str = "categorical_focal_crossentropy",
    ) -> None:
        """Take the classes' weight, and how fast easy examples lose weight."""
        super().__init__(
            categorical_focal_crossentropy,
            alpha=alpha,
            gamma=gamma,
            name=name,
            reduction=reduction,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )
        self.from_logits = from_logits
        self.alpha = alpha
        self.gamma = gamma


class SparseCategoricalCrossentropy(LossFunctionWrapper):
    """The crossentropy of classes given by number."""

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str = Reduction.AUTO,
        name: str = "sparse_categorical_crossentropy",
    ) -> None:
        """Take whether predictions are logits, and a class that does not count."""
        super().__init__(
            sparse_categorical_crossentropy,
            name=name,
            reduction=reduction,
            from_logits=from_logits,
            ignore_class=ignore_class,
        )


class KLDivergence(LossFunctionWrapper):
    """The Kullback-Leibler divergence of predictions from targets."""

    def __init__(
        self, reduction: str = Reduction.AUTO, name: str = "kl_divergence"
    ) -> None:
        """Take the reduction and a name."""
        super().__init__(kl_divergence, name=name, reduction=reduction)


class Poisson(LossFunctionWrapper):
    """The negative log likelihood of counts, up to a constant."""

    def __init__(self, reduction: str = Reduction.AUTO, name: str = "poisson") -> None:
        """Take the reduction and a name."""
        super().__init__(poisson, name=name, reduction=reduction)
