"""Arrays of examples: what counts as one, and how its rows are computed with."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import tensor as tf
from tensor.core import nest
from tensor.core.tensor import EagerTensor
from tensor.keras import settings
from tensor.keras.training.batches import pack, unpack


def is_array_like(x: Any) -> bool:
    """Return whether `x` holds examples as rows: arrays, or structures of them."""
    if isinstance(x, np.ndarray | tf.Tensor | tf.Variable):
        return True
    if isinstance(x, dict):
        return all(is_array_like(v) for v in x.values())
    if isinstance(x, list | tuple):
        return not x or is_array_like(x[0]) or isinstance(x[0], int | float | str)
    # Data frames, sparse and ragged tensors, and the like.
    return _is_composite(x) or (hasattr(x, "__array__") and hasattr(x, "shape"))


def has_composites(data: Any) -> bool:
    """Return whether sparse or ragged tensors are among the parts of a structure."""
    return any(_is_composite(part) for part in nest.flatten(data))


def _is_composite(value: Any) -> bool:
    return isinstance(value, tf.SparseTensor | tf.RaggedTensor) or _is_scipy(value)


def _is_scipy(value: Any) -> bool:
    return hasattr(value, "tocoo") and hasattr(value, "getnnz")


def as_rows(value: Any) -> Any:
    """Return an array, tensor or list as an array of a dtype to compute with.

    Raises:
        ValueError: It has no rows.
    """
    if value is None:
        return None
    if isinstance(value, EagerTensor):
        return value._array
    array = _as_array(value)
    if array.dtype.kind == "f" and array.dtype != np.dtype(settings.floatx()):
        array = array.astype(settings.floatx())
    elif array.dtype.kind in "SUO":
        array = np.asarray(tf.constant(array))
    if array.ndim == 0:
        raise ValueError(f"Expected arrays with one row an example, got {value!r}.")
    return array


def _as_array(value: Any) -> Any:
    array = np.asarray(value)
    is_series = hasattr(value, "to_frame")  # a column of a data frame
    return array[:, np.newaxis] if is_series else array


def as_tensor(value: Any) -> Any:
    """Return one part of a batch as a tensor; floating arrays become floatx."""
    if value is None or isinstance(value, tf.Tensor):
        return value
    if hasattr(value, "to_frame"):
        value = _as_array(value)
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        value = value.astype(settings.floatx(), copy=False)
    if _is_scipy(value):
        coo = value.tocoo()
        at = np.stack([coo.row, coo.col], axis=1)
        values = coo.data.astype(settings.floatx(), copy=False)
        return tf.sparse.reorder(tf.SparseTensor(at, values, coo.shape))
    return value if _is_composite(value) else tf.convert_to_tensor(value)


def batch_of_tensors(batch: Any) -> Any:
    """Return what a generator or `Sequence` brought as a batch of tensors."""
    parts = (with_tuples(part) for part in unpack(batch))
    return nest.map_structure(as_tensor, pack(*parts))


def with_tuples(value: Any) -> Any:
    """Return a list of arrays as a tuple, and a list of numbers as an array."""
    if not isinstance(value, list | tuple):
        return value
    if _is_list_of_scalars(value):
        return np.asarray(value)
    return tuple(value) if type(value) is list else value


def _is_list_of_scalars(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return bool(value) and _is_list_of_scalars(value[0])
    return isinstance(value, int | float | str | bytes | np.generic)


def train_validation_split(arrays: Any, validation_split: float) -> tuple[Any, Any]:
    """Return arrays split in two: all but the last part, and that part.

    Raises:
        ValueError: Something is no array, or a part would be empty.
    """
    flat = [a for a in nest.flatten(arrays) if a is not None]
    if any(_is_composite(a) or not is_array_like(a) for a in flat):
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
