"""CompiledLoss: the losses that `compile` was given, per output, and their total."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensor as tf
from tensor.core import nest, replica
from tensor.keras import losses as losses_module
from tensor.keras.engine.layer_graph import unique_names
from tensor.keras.losses.loss import Loss, LossFunctionWrapper, Reduction
from tensor.keras.metrics.reduction import Mean


class CompiledLoss:
    """Computes the total loss, and keeps the means that are reported.

    With several replicas each contributes its share: a mean over its own examples
    counts as much as it has examples.
    """

    def __init__(
        self, losses: Any, loss_weights: Any = None, output_names: Any = None
    ) -> None:
        """Take what `compile` was given; more is known at the first call.

        Raises:
            ValueError: Weights or losses are given for outputs that are not there.
        """
        self._given = losses
        self._given_weights = loss_weights
        self._known_names = output_names
        self._output_names: Any = None
        self._losses: list[Any] = []
        self._weights: list[Any] = []
        self._output_means: list[Any] = []
        self._total_mean = Mean(name="loss")
        self.is_built = False

    @property
    def metrics(self) -> list[Any]:
        """The means of the total and, with several outputs, of each output's loss."""
        if not self.is_built:
            return []
        return [self._total_mean, *(m for m in self._output_means if m is not None)]

    def build(self, y_pred: Any) -> None:
        """Match the losses to a model's outputs."""
        flat = nest.flatten(y_pred)
        names = self._known_names or names_of(y_pred)
        self._output_names = names
        keys = keys_of(y_pred, names)
        given = per_output(self._given, keys, len(flat), "loss")
        self._losses = [_as_loss(x) for x in given]
        self._weights = per_output(self._given_weights, keys, len(flat), "loss_weights")
        self._output_means = [
            None if len(flat) == 1 or loss is None else Mean(name=f"{name}_loss")
            for name, loss in zip(names, self._losses, strict=True)
        ]
        self.is_built = True

    def __call__(
        self,
        y_true: Any,
        y_pred: Any,
        sample_weight: Any = None,
        regularization_losses: Any = None,
    ) -> Any:
        """Return the total loss to be minimised, None without any, and update means."""
        predictions = nest.flatten(y_pred)
        if len(self._losses) != len(predictions):
            self.build(y_pred)
        truths = conformed(y_true, y_pred, self._output_names)
        weights = conformed(sample_weight, y_pred, self._output_names, is_weight=True)
        shares, reported, count = [], [], None
        for i, loss in enumerate(self._losses):
            if loss is None or truths[i] is None:
                continue
            value, count = _loss_of(loss, truths[i], predictions[i], weights[i])
            if self._output_means[i] is not None:
                self._output_means[i].update_state(value, sample_weight=count)
            if self._weights[i] is not None:
                value = value * self._weights[i]
            reported.append(value)
            is_mean = loss.reduction not in (Reduction.SUM, Reduction.NONE)
            shares.append(value * _share(count) if is_mean else value)
        if regularization_losses:
            penalty = tf.add_n([tf.cast(x, "float32") for x in regularization_losses])
            reported.append(penalty)
            shares.append(penalty / replica.current().num_replicas_in_sync)
        if not shares:
            return None
        if count is None:  # regularization only
            count = batch_size_of(predictions[0])
        self._total_mean.update_state(_sum(reported), sample_weight=count)
        return _sum(shares)

    def reset_state(self) -> None:
        """Start the means anew."""
        for metric in self.metrics:
            metric.reset_state()


def _loss_of(loss: Any, y_true: Any, y_pred: Any, weight: Any) -> tuple[Any, Any]:
    """Return one output's loss, and how many examples it is over."""
    count = batch_size_of(y_true)
    y_true, y_pred, weight = matched(y_true, y_pred, weight)
    weight = with_mask(y_pred, weight)
    return loss(y_true, y_pred, sample_weight=weight), count


def _share(count: Any) -> Any:
    """Return this replica's part of the global batch."""
    replication = replica.current()
    if replication.num_replicas_in_sync == 1:
        return 1.0
    (total,) = replication.reduce_sum([tf.cast(count, "float32")])
    return tf.cast(count, "float32") / total


def _sum(values: list[Any]) -> Any:
    if len(values) == 1:
        return values[0]
    dtype = max((v.dtype for v in values), key=lambda d: d.size)
    return tf.add_n([tf.cast(v, dtype) for v in values])


def _as_loss(given: Any) -> Any:
    """Return a loss by name, function or object as a `Loss`."""
    if given is None:
        return None
    loss = losses_module.get(given)
    if not isinstance(loss, Loss):
        name = getattr(loss, "__name__", None) or type(loss).__name__
        loss = LossFunctionWrapper(loss, name=name)
    loss.averages_over_replicas = True
    return loss


# ---- matching structures; metrics need the same


def names_of(y_pred: Any) -> list[str]:
    """Return names for a subclassed model's outputs: keys, or output_1, output_2."""
    if isinstance(y_pred, Mapping):
        return sorted(y_pred)
    count = len(nest.flatten(y_pred))
    return [f"output_{i + 1}" for i in range(count)]


def keys_of(y_pred: Any, names: list[str]) -> list[str]:
    """Return what targets go by: the keys of a dictionary of outputs, or the names."""
    return sorted(y_pred) if isinstance(y_pred, Mapping) else names


def per_output(given: Any, names: list[str], count: int, what: str) -> list[Any]:
    """Return what was given per output as a list in the outputs' order.

    Raises:
        ValueError: There are names of no output, or too few entries.
    """
    if isinstance(given, Mapping):
        return by_name(given, names)
    if isinstance(given, list | tuple):
        if len(given) < count:
            raise ValueError(
                f"`{what}` has {len(given)} entries, but the model has {count} "
                f"outputs, named {names}. Give one for each."
            )
        return list(given[:count])
    return [given] * count


def by_name(given: Mapping[str, Any], names: list[str]) -> list[Any]:
    """Return what was given by name in the order of the names, None if missing.

    Raises:
        ValueError: There are other names.
    """
    unknown = {key: given[key] for key in given if key not in names}
    if unknown:
        raise ValueError(
            "Found unexpected losses or metrics that do not correspond to any Model "
            f"output: {unknown.keys()}. Valid mode output names: {names}. Received "
            f"struct is: {given}."
        )
    return [given.get(name) for name in names]


def conformed(
    values: Any, y_pred: Any, names: Any, is_weight: bool = False
) -> list[Any]:
    """Return targets or weights as a list in the order of the flattened outputs.

    Raises:
        ValueError: Their number does not fit, or a name is of no output.
    """
    flat = nest.flatten(y_pred)
    if values is None:
        return [None] * len(flat)
    if isinstance(values, Mapping):
        return by_name(values, keys_of(y_pred, names))
    flat_values = nest.flatten(values)
    if len(flat_values) == len(flat):
        return flat_values
    if len(flat_values) == 1:
        return flat_values * len(flat)
    what = "sample weights" if is_weight else "targets"
    raise ValueError(
        f"The model has {len(flat)} outputs, named {unique_names(names)}, but "
        f"{len(flat_values)} {what} were given."
    )


def matched(y_true: Any, y_pred: Any, weight: Any) -> tuple[Any, Any, Any]:
    """Return targets, outputs and weights with fitting ranks and dtypes."""
    y_pred = tf.convert_to_tensor(y_pred)
    y_true = tf.convert_to_tensor(y_true)
    rank_true, rank_pred = y_true.shape.rank, y_pred.shape.rank
    if rank_true == 1 and rank_pred == 2:
        y_true = tf.expand_dims(y_true, axis=-1)
    if weight is not None:
        weight = tf.convert_to_tensor(weight)
        if weight.shape.rank == 1 and rank_pred == 2:
            weight = tf.expand_dims(weight, axis=-1)
        weight = tf.cast(weight, y_pred.dtype)
    # Integers stay integers: they may be classes.
    both_floating = y_true.dtype.is_floating and y_pred.dtype.is_floating
    both_integers = y_true.dtype.is_integer and y_pred.dtype.is_integer
    if both_floating or both_integers:
        y_true = tf.cast(y_true, y_pred.dtype)
    return y_true, y_pred, weight


def with_mask(y_pred: Any, weight: Any) -> Any:
    """Return the sample weight with masked steps weighing nothing."""
    mask = getattr(y_pred, "_keras_mask", None)
    if mask is None:
        return weight
    mask = tf.cast(mask, y_pred.dtype)
    if weight is None:
        return mask
    if mask.shape.rank == weight.shape.rank + 1:
        weight = tf.expand_dims(weight, -1)
    return weight * mask


def batch_size_of(x: Any) -> Any:
    """Return the size of the first axis."""
    x = tf.convert_to_tensor(x)
    if x.shape.rank == 0:
        return tf.constant(1)
    size = x.static_shape[0]
    return tf.constant(size) if size is not None else tf.shape(x)[0]
