"""Losses of ragged targets and predictions: row by row."""

from __future__ import annotations

import functools
from typing import Any

import tensor as tf


def takes_ragged(function: Any) -> Any:
    """Let a loss of tensors take ragged ones, row by row."""

    @functools.wraps(function)
    def loss(y_true: Any, y_pred: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(y_pred, tf.RaggedTensor):
            with_arguments = functools.partial(_called, function, args, kwargs)
            return over_rows(with_arguments, y_true, y_pred)
        return function(y_true, y_pred, *args, **kwargs)

    return loss


def _called(function: Any, args: Any, kwargs: Any, y_true: Any, y_pred: Any) -> Any:
    return function(y_true, y_pred, *args, **kwargs)


def over_rows(function: Any, y_true: Any, y_pred: Any, **kwargs: Any) -> Any:
    """Return the losses that `function` gives for the rows of ragged predictions.

    Rows of vectors have a loss for each vector, and the result is as ragged as they
    are. Rows of numbers have one loss each, and the result is a tensor.

    Raises:
        ValueError: The targets are not ragged, or their rows are of other lengths.
    """
    if not isinstance(y_true, tf.RaggedTensor):
        raise ValueError(
            "The predictions are a RaggedTensor, the targets are not. Give both as "
            "RaggedTensors with rows of the same lengths."
        )
    true, predicted = y_true.flat_values, y_pred.flat_values
    _require_equal_rows(y_true, y_pred)
    if predicted.shape.rank > 1:
        return y_pred.with_flat_values(function(true, predicted, **kwargs))
    splits = y_pred.nested_row_splits[-1]

    def loss_of_row(i: Any) -> Any:
        row = slice(splits[i], splits[i + 1])
        return function(true[row], predicted[row], **kwargs)

    rows = tf.range(tf.shape(splits)[0] - 1)
    losses = tf.map_fn(loss_of_row, rows, fn_output_signature=predicted.dtype)
    if y_pred.ragged_rank == 1:
        return losses
    return y_pred.values.with_values(losses) if y_pred.ragged_rank == 2 else losses


def _require_equal_rows(y_true: Any, y_pred: Any) -> None:
    """Refuse rows of different lengths, where they are known.

    Raises:
        ValueError: Some differ.
    """
    if not tf.executing_eagerly():
        return
    for true, predicted in zip(
        y_true.nested_row_splits, y_pred.nested_row_splits, strict=False
    ):
        if not bool(tf.reduce_all(tf.equal(true, predicted))):
            raise ValueError(
                "Targets and predictions are ragged in different ways: row splits "
                f"{true.numpy().tolist()} and {predicted.numpy().tolist()}."
            )
