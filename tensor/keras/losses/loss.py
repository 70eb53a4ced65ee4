"""Loss: how far predictions are from targets, as one number per batch."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.core import replica
from tensor.keras import serialization
from tensor.keras.losses.ragged import over_rows


class Reduction:
    """How the losses of the examples become one.

    Attributes:
        AUTO: The mean; what `fit` expects.
        NONE: They stay as they are.
        SUM: Their sum.
        SUM_OVER_BATCH_SIZE: Their mean.
    """

    AUTO = "auto"
    NONE = "none"
    SUM = "sum"
    SUM_OVER_BATCH_SIZE = "sum_over_batch_size"

    @classmethod
    def all(cls) -> tuple[str, ...]:
        """Return all of them."""
        return (cls.AUTO, cls.NONE, cls.SUM, cls.SUM_OVER_BATCH_SIZE)

    @classmethod
    def validate(cls, key: Any) -> None:
        """Check that `key` is one of them.

        Raises:
            ValueError: It is not.
        """
        if key not in cls.all():
            raise ValueError(
                f'Invalid Reduction Key: {key}. Expected keys are "{cls.all()}"'
            )


class Loss:
    """Base of all losses. Subclasses define `call(y_true, y_pred)`."""

    # `compile` sets it: `fit` knows how many examples all replicas have together.
    averages_over_replicas = False

    def __init__(
        self, reduction: str = Reduction.AUTO, name: str | None = None
    ) -> None:
        """Take the reduction and a name.

        Raises:
            ValueError: There is no such reduction.
        """
        Reduction.validate(reduction)
        self.reduction = reduction
        self.name = name

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Return the loss of a batch.

        Args:
            y_true: Targets.
            y_pred: Predictions; a mask on them leaves examples out.
            sample_weight: What each example counts, or a number for all.
        """
        self._require_sums()
        with tf.name_scope(self._scope_name()):
            losses = self.call(y_true, y_pred)
            mask = getattr(losses, "_keras_mask", None)
            if mask is None:
                mask = getattr(y_pred, "_keras_mask", None)
            if not isinstance(losses, tf.RaggedTensor):
                losses = tf.convert_to_tensor(losses)
            if mask is not None:
                sample_weight = self._weight_with_mask(losses, sample_weight, mask)
            return weighted(losses, sample_weight, self.reduction)

    def _require_sums(self) -> None:
        """Refuse a mean over one replica's examples: gradients are summed.

        Raises:
            ValueError: The loss averages, under a strategy, outside of `fit`.
        """
        if (
            self.reduction in (Reduction.AUTO, Reduction.SUM_OVER_BATCH_SIZE)
            and not self.averages_over_replicas
            and replica.current() is not replica.DEFAULT
        ):
            raise ValueError(
                "Please use `tf.keras.losses.Reduction.SUM` or "
                "`tf.keras.losses.Reduction.NONE` for loss reduction when losses are "
                "used with `tf.distribute.Strategy`, except for specifying losses in "
                "`Model.compile()` for use by the built-in training loop `Model.fit()`."
                " Average them over the global batch by "
                "`tf.nn.compute_average_loss(losses, global_batch_size=…)`."
            )

    def _scope_name(self) -> str:
        return (
            (self.name or type(self).__name__)
            .strip("_<>")
            .replace("<lambda>", "lambda")
        )

    def _weight_with_mask(self, losses: Any, weight: Any, mask: Any) -> Any:
        mask = tf.cast(mask, losses.dtype)
        if self.reduction in (Reduction.AUTO, Reduction.SUM_OVER_BATCH_SIZE):
            # The mean is over what counts, not over the batch.
            mask = mask * (tf.cast(tf.size(mask), losses.dtype) / tf.reduce_sum(mask))
        if weight is None:
            return mask
        weight = tf.cast(weight, losses.dtype)
        rank, mask_rank = weight.shape.rank, mask.shape.rank
        if mask_rank - rank == 1 and rank:
            weight = tf.expand_dims(weight, -1)
        elif rank - mask_rank == 1:
            mask = tf.expand_dims(mask, -1)
        return weight * mask

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each example.

        Raises:
            NotImplementedError: The subclass does not say.
        """
        raise NotImplementedError(
            f"Must be implemented in subclasses: {type(self).__name__} must define "
            "`call`."
        )

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal loss."""
        return {"reduction": self.reduction, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make a loss from what `get_config` returned."""
        return cls(**config)


class LossFunctionWrapper(Loss):
    """A function of targets and predictions, as a `Loss`."""

    def __init__(
        self,
        fn: Any,
        reduction: str = Reduction.AUTO,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Take the function and further arguments for it."""
        super().__init__(reduction=reduction, name=name)
        self.fn = fn
        self._fn_kwargs = kwargs

    def call(self, y_true: Any, y_pred: Any) -> Any:
        if tf.is_tensor(y_pred) and tf.is_tensor(y_true):
            y_pred, y_true = squeezed(y_pred, y_true)
        if isinstance(y_pred, tf.RaggedTensor):
            return over_rows(self.fn, y_true, y_pred, **self._fn_kwargs)
        return self.fn(y_true, y_pred, **self._fn_kwargs)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        for name, value in self._fn_kwargs.items():
            is_tensor = isinstance(value, tf.Tensor | tf.Variable)
            config[name] = value.numpy() if is_tensor else value
        config["fn"] = serialization.function_name(self.fn)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        config = dict(config)
        name = config.pop("fn", None)
        if cls is LossFunctionWrapper:
            from tensor.keras import losses

            config["fn"] = losses.get(name)
        return cls(**config)


def weighted(losses: Any, sample_weight: Any, reduction: str) -> Any:
    """Return losses times weights, reduced; in the losses' dtype."""
    given = losses.dtype
    if not losses.dtype.is_floating and not losses.dtype.is_complex:
        losses = tf.cast(losses, "float32")
    if sample_weight is not None:
        sample_weight = tf.cast(sample_weight, losses.dtype)
        rank, weight_rank = losses.shape.rank, sample_weight.shape.rank
        if weight_rank:
            if weight_rank - rank == 1:
                sample_weight = tf.squeeze(sample_weight, [-1])
            elif rank - weight_rank == 1:
                sample_weight = tf.expand_dims(sample_weight, -1)
        losses = losses * sample_weight
    if reduction != Reduction.NONE:
        values = losses.flat_values if isinstance(losses, tf.RaggedTensor) else losses
        losses = tf.reduce_sum(values)
        if reduction != Reduction.SUM:
            count = tf.cast(tf.size(values), losses.dtype)
            losses = tf.math.divide_no_nan(losses, count)
    return losses if losses.dtype is given else tf.cast(losses, given)


def squeezed(y_pred: Any, y_true: Any) -> tuple[Any, Any]:
    """Drop the last axis of one of two tensors if only that makes ranks equal."""
    pred_rank, true_rank = y_pred.shape.rank, y_true.shape.rank
    if pred_rank is None or true_rank is None:
        return y_pred, y_true
    if pred_rank - true_rank == 1 and y_pred.shape[-1] == 1:
        return tf.squeeze(y_pred, [-1]), y_true
    if true_rank - pred_rank == 1 and y_true.shape[-1] == 1:
        return y_pred, tf.squeeze(y_true, [-1])
    return y_pred, y_true
