"""Batches as tuples: their parts, class weights, and a share for validation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import tensor as tf
from tensor.core import nest
from tensor.keras import settings
from tensor.keras.training.arrays import is_array_like

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


def with_class_weights(batch: Batch, class_weight: dict[int, float]) -> Batch:
    """Return a batch whose examples weigh what their classes do.

    Raises:
        ValueError: Classes are not 0, 1, 2 …, or there are several outputs.
    """
    classes = sorted(class_weight)
    if classes != list(range(len(classes))):
        raise ValueError(
            "Expected `class_weight` to be a dict with keys from 0 to one less than "
            f"the number of classes, found {class_weight}"
        )
    x, y, weight = unpack(batch)
    if len(nest.flatten(y)) > 1:
        raise ValueError(
            "`class_weight` is only supported for Models with a single output."
        )
    table = tf.constant([class_weight[c] for c in classes], dtype=settings.floatx())
    labels = y
    if labels.shape.rank > 1:
        one_hot = labels.shape[-1] > 1
        labels = tf.argmax(labels, axis=-1) if one_hot else tf.squeeze(labels, [-1])
    own = tf.gather(table, tf.cast(labels, "int32"))
    if weight is None:
        return x, y, own
    weight = tf.cast(weight, own.dtype)
    missing = own.shape.rank - weight.shape.rank
    if missing > 0:  # one weight an example, several classes
        weight = tf.reshape(weight, [*weight.shape.as_list(), *[1] * missing])
    return x, y, own * weight


def train_validation_split(arrays: Any, validation_split: float) -> tuple[Any, Any]:
    """Return arrays split in two: all but the last part, and that part.

    Raises:
        ValueError: Something is no array, or a part would be empty.
    """
    flat = [a for a in nest.flatten(arrays) if a is not None]
    if not all(is_array_like(a) for a in flat):
        raise ValueError(
            "`validation_split` is only supported for Tensors or NumPy arrays, found "
            f"following types in the input: {[type(a) for a in flat]}"
        )
    rows = int(np.shape(flat[0])[0])
    at = math.floor(rows * (1.0 - validation_split))
    if at in (0, rows):
        raise ValueError(
            f"Training data contains {rows} samples, which is not sufficient to split "
            "it into a validation and training set as specified by "
            f"`validation_split={validation_split}`. Either provide more data, or a "
            "different value for the `validation_split` argument."
        )

    def part(a: Any, chosen: slice) -> Any:
        if a is None:
            return None
        return a[chosen] if hasattr(a, "shape") else np.asarray(a)[chosen]

    first = nest.map_structure(lambda a: part(a, slice(0, at)), arrays)
    second = nest.map_structure(lambda a: part(a, slice(at, rows)), arrays)
    return first, second
