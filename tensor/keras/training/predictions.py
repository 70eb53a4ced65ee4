"""Predictions: the outputs of batches, put together."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensor as tf
from tensor.core import nest


def as_arrays(outputs: Any) -> Any:
    """Return outputs with dense tensors as arrays."""
    return nest.map_structure(
        lambda x: x.numpy() if isinstance(x, tf.Tensor) else x, outputs
    )


def joined(parts: list[Any]) -> Any:
    """Return the outputs of several batches as one."""
    return nest.map_structure(lambda *outputs: _joined(outputs), *parts)


def _joined(parts: tuple[Any, ...]) -> Any:
    """Return one output of several batches as one: ragged, if their sizes differ."""
    first = parts[0]
    if len(parts) == 1:
        return first
    if isinstance(first, tf.SparseTensor):
        return tf.sparse.concat(0, parts)
    if isinstance(first, tf.RaggedTensor):
        return tf.concat(parts, axis=0)
    arrays = [np.asarray(part) for part in parts]
    if arrays[0].ndim == 0:
        return np.stack(arrays)
    sizes = np.asarray([array.shape[1:] for array in arrays])
    if (sizes == sizes[0]).all():
        return np.concatenate(arrays, axis=0)
    differs = (sizes != sizes[0]).any(axis=0)
    inner = len(differs) - 1 - int(np.flatnonzero(differs)[-1])
    inner_shape = first.shape[-inner:] if inner else None
    return tf.ragged.constant(arrays, inner_shape=inner_shape).merge_dims(0, 1)
