"""What happens to gradients before they change variables."""

from __future__ import annotations

import warnings
from typing import Any

import tensor as tf
from tensor.core.indexed_slices import IndexedSlices


def filter_empty_gradients(pairs: list[Any]) -> list[Any]:
    """Return the pairs that have a gradient.

    Raises:
        ValueError: None has.
    """
    kept = [(g, v) for g, v in pairs if g is not None]
    if not kept:
        names = [v.name for _, v in pairs]
        raise ValueError(
            f"No gradients provided for any variable: {names}. Provided "
            f"`grads_and_vars` is {pairs}."
        )
    if len(kept) < len(pairs):
        missing = [v.name for g, v in pairs if g is None]
        warnings.warn(
            f"Gradients do not exist for variables {missing} when minimizing the loss. "
            "If you're using `model.compile()`, did you forget to provide a `loss` "
            "argument?",
            stacklevel=3,
        )
    return kept


def summed_up(gradient: Any) -> Any:
    """Return IndexedSlices in which each index stands once."""
    if not isinstance(gradient, IndexedSlices):
        return gradient
    indices, places = tf.unique(gradient.indices)
    values = tf.math.unsorted_segment_sum(gradient.values, places, tf.shape(indices)[0])
    return IndexedSlices(values, indices, gradient.dense_shape)


def on_values(gradient: Any, function: Any) -> Any:
    """Return a gradient with a function applied to its values."""
    if isinstance(gradient, IndexedSlices):
        values = function(gradient.values)
        return IndexedSlices(values, gradient.indices, gradient.dense_shape)
    return function(gradient)


def clipped(grads: list[Any], norm: Any, global_norm: Any, value: Any) -> list[Any]:
    """Return gradients cut to a norm each, one norm together, or a size of elements."""
    if norm is not None and norm > 0:
        return [on_values(g, lambda v: tf.clip_by_norm(v, norm)) for g in grads]
    if global_norm is not None and global_norm > 0:
        return tf.clip_by_global_norm(grads, global_norm)[0]
    if value is not None and value > 0:
        return [
            on_values(g, lambda v: tf.clip_by_value(v, -value, value)) for g in grads
        ]
    return grads
