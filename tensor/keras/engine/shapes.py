"""Shapes as users write them, and as TensorShapes."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensor as tf


def as_tensor_shapes(shapes: Any) -> Any:
    """Return a shape, or shapes in lists and dictionaries, as TensorShapes."""
    if shapes is None or isinstance(shapes, tf.TensorShape):
        return shapes
    if isinstance(shapes, dict):
        return {k: as_tensor_shapes(v) for k, v in shapes.items()}
    if all(d is None or isinstance(d, int | np.integer) for d in shapes):
        return tf.TensorShape(shapes)
    return type(shapes)(as_tensor_shapes(s) for s in shapes)


def shapes_as_tuples(shapes: Any) -> Any:
    """Return TensorShapes, in lists and dictionaries too, as tuples."""
    if isinstance(shapes, tf.TensorShape):
        return None if shapes.rank is None else tuple(shapes.as_list())
    if isinstance(shapes, dict):
        return {k: shapes_as_tuples(v) for k, v in shapes.items()}
    if isinstance(shapes, list | tuple):
        return type(shapes)(shapes_as_tuples(s) for s in shapes)
    return shapes
