"""Shapes: what they are, and tensors rearranged."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensor as tf
from tensor.keras import settings


def shape(x: Any) -> Any:
    """Return the shape as a tensor."""
    return tf.shape(x)


def int_shape(x: Any) -> Any:
    """Return the shape as a tuple of integers and Nones; None if nothing is known."""
    try:
        found = x.shape
    except AttributeError:
        return None
    if isinstance(found, tuple):
        return found
    return None if found.rank is None else tuple(found.as_list())


def ndim(x: Any) -> Any:
    """Return the number of axes."""
    return x.shape.rank


def dtype(x: Any) -> str:
    """Return the name of the dtype."""
    return x.dtype.name


def cast(x: Any, dtype: Any) -> Any:
    """Return `x` converted to a dtype."""
    return tf.cast(x, dtype)


def cast_to_floatx(x: Any) -> Any:
    """Return `x` converted to the default float type."""
    if isinstance(x, tf.Tensor | tf.Variable):
        return tf.cast(x, settings.floatx())
    return np.asarray(x, dtype=tf.as_dtype(settings.floatx()).as_numpy_dtype)


def transpose(x: Any) -> Any:
    """Return `x` with its axes in reverse order."""
    return tf.transpose(x)


def permute_dimensions(x: Any, pattern: Any) -> Any:
    """Return `x` with its axes in the order of `pattern`."""
    return tf.transpose(x, perm=pattern)


def gather(reference: Any, indices: Any) -> Any:
    """Return rows by their numbers."""
    return tf.gather(reference, indices)


def concatenate(tensors: Any, axis: int = -1) -> Any:
    """Return tensors joined along an axis; sparse if all of them are."""
    sparse = [isinstance(x, tf.SparseTensor) for x in tensors]
    if all(sparse):
        return tf.sparse.concat(axis, list(tensors))
    parts = zip(tensors, sparse, strict=True)
    return tf.concat([tf.sparse.to_dense(x) if s else x for x, s in parts], axis)


def stack(x: Any, axis: int = 0) -> Any:
    """Return tensors joined along a new axis."""
    return tf.stack(x, axis=axis)


def reshape(x: Any, shape: Any) -> Any:
    """Return `x` in another shape."""
    return tf.reshape(x, shape)


def flatten(x: Any) -> Any:
    """Return `x` as a vector."""
    return tf.reshape(x, [-1])


def batch_flatten(x: Any) -> Any:
    """Return `x` as a matrix: all axes but the first become one."""
    columns = np.prod([-1 if n is None else n for n in x.shape.as_list()[1:]])
    count = int(columns) if columns >= 0 else tf.reduce_prod(tf.shape(x)[1:])
    return tf.reshape(x, tf.stack([-1, count]))


def expand_dims(x: Any, axis: int = -1) -> Any:
    """Return `x` with a new axis of length one."""
    return tf.expand_dims(x, axis)


def squeeze(x: Any, axis: Any) -> Any:
    """Return `x` without an axis of length one."""
    return tf.squeeze(x, [axis])


def repeat_elements(x: Any, rep: int, axis: int) -> Any:
    """Return `x` with each slice along `axis` repeated."""
    return tf.repeat(x, rep, axis=axis)


def repeat(x: Any, n: int) -> Any:
    """Return a matrix's rows as `n` equal time steps."""
    return tf.repeat(tf.expand_dims(x, 1), n, axis=1)


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = "int32") -> Any:
    """Return evenly spaced numbers."""
    if stop is None and start < 0:
        start = 0
    spaced = (
        tf.range(start, delta=step) if stop is None else tf.range(start, stop, step)
    )
    return spaced if dtype == "int32" else tf.cast(spaced, dtype)


def tile(x: Any, n: Any) -> Any:
    """Return `x` repeated `n` times along each axis."""
    return tf.tile(x, [n] if isinstance(n, int) else n)


def one_hot(indices: Any, num_classes: int) -> Any:
    """Return class numbers as one-hot rows."""
    return tf.one_hot(indices, depth=num_classes, axis=-1)


def reverse(x: Any, axes: Any) -> Any:
    """Return `x` reversed along axes."""
    return tf.reverse(x, [axes] if isinstance(axes, int) else axes)


def temporal_padding(x: Any, padding: Any = (1, 1)) -> Any:
    """Return sequences with zeros before and after."""
    return tf.pad(x, [[0, 0], list(padding), [0, 0]])


def spatial_2d_padding(
    x: Any, padding: Any = ((1, 1), (1, 1)), data_format: str | None = None
) -> Any:
    """Return images with a border of zeros."""
    return _padded(x, padding, data_format)


def spatial_3d_padding(
    x: Any, padding: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None
) -> Any:
    """Return volumes with a border of zeros."""
    return _padded(x, padding, data_format)


def _padded(x: Any, padding: Any, data_format: str | None) -> Any:
    sides = [list(pair) for pair in padding]
    if settings.checked_data_format(data_format) == "channels_last":
        return tf.pad(x, [[0, 0], *sides, [0, 0]])
    return tf.pad(x, [[0, 0], [0, 0], *sides])


def resize_images(
    x: Any,
    height_factor: int,
    width_factor: int,
    data_format: str | None,
    interpolation: str = "nearest",
) -> Any:
    """Return images enlarged by whole factors."""
    from tensor.keras.layers import UpSampling2D

    enlarge = UpSampling2D((height_factor, width_factor), data_format, interpolation)
    return enlarge(x)


def resize_volumes(
    x: Any,
    depth_factor: int,
    height_factor: int,
    width_factor: int,
    data_format: str | None,
) -> Any:
    """Return volumes enlarged by whole factors."""
    from tensor.keras.layers import UpSampling3D

    return UpSampling3D((depth_factor, height_factor, width_factor), data_format)(x)
