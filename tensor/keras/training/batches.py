"""Batches as tuples: their parts, and what their classes weigh."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensor as tf
from tensor.core import nest
from tensor.keras import settings

Batch = Any


def unpack(data: Any) -> tuple[Any, Any, Any]:
    """Return a batch as (x, y, sample_weight), None where there is none.

    Raises:
        ValueError: It has more parts.
    """
    if isinstance(data, list):
        data = tuple(data)
    if not isinstance(data, tuple):
        return data, None, None
    if 1 <= len(data) <= 3:
        return (*data, None, None)[:3]
    raise ValueError(
        "Data is expected to be in format `x`, `(x,)`, `(x, y)`, or `(x, y, "
        f"sample_weight)`, found: {data}"
    )


def pack(x: Any, y: Any = None, sample_weight: Any = None) -> Batch:
    """Return a batch in the form that Keras hands to `train_step`.

    Inputs alone stay as they are, unless they are a tuple or list, which would be taken
    for (x, y); weights without targets are dropped.
    """
    if y is None:
        return (tuple(x),) if isinstance(x, tuple | list) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)


def class_weighting(class_weight: dict[int, float], spec: Any) -> Any:
    """Return what makes the examples of a batch weigh what their classes do.

    Args:
        class_weight: What each class weighs.
        spec: The specs of a batch, None where they are not known.

    Returns:
        A function from batches to batches, and the specs of what it gives.

    Raises:
        ValueError: Classes are not 0, 1, 2 …, or there are several outputs.
    """
    classes = sorted(class_weight)
    if classes != list(range(len(classes))):
        raise ValueError(
            "Expected `class_weight` to be a dict with keys from 0 to one less than "
            f"the number of classes, found {class_weight}"
        )
    weights = np.asarray([class_weight[c] for c in classes], settings.floatx())

    def weigh(batch: Batch) -> Batch:
        x, y, weight = unpack(batch)
        if nest.is_nested(y):
            raise ValueError(
                "`class_weight` is only supported for Models with a single output."
            )
        return x, y, _of_examples(tf.constant(weights), y, weight)

    if spec is None:
        return weigh, None
    traced = tf.function(weigh, autograph=False)
    outputs = traced.get_concrete_function(spec).structured_outputs
    return traced, nest.map_structure(_spec_of, outputs)


def _spec_of(output: Any) -> Any:
    return (
        output if isinstance(output, tf.TypeSpec) else tf.type_spec_from_value(output)
    )


def _of_examples(class_weights: Any, y: Any, own: Any) -> Any:
    """Return the weights of examples, which multiply those that they have."""
    classes = y
    if y.shape.rank > 1:
        classes = tf.cond(
            tf.shape(y)[-1] > 1,
            lambda: tf.argmax(y, axis=-1),
            lambda: tf.cast(tf.round(y[..., 0]), "int64"),
        )
    weights = tf.gather(class_weights, tf.cast(tf.round(classes), "int64"))
    if own is None:
        return weights
    weights = tf.cast(weights, own.dtype)
    for _ in range(weights.shape.rank - own.shape.rank):
        own = own[..., tf.newaxis]  # one weight an example, several classes
    return own * weights
