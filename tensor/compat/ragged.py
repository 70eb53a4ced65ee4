"""TensorFlow's `tf.compat.v1.ragged`: values and placeholders, beside TF2's names."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.compat.composite_values import (
    RaggedTensorValue as RaggedTensorValue,
    in_numpy,
)
from tensor.compat.placeholders import ragged_placeholder as placeholder  # noqa: F401


def constant_value(
    pylist: Any,
    dtype: Any = None,
    ragged_rank: int | None = None,
    inner_shape: Any = None,
    row_splits_dtype: str = "int64",
) -> Any:
    """Return nested lists as ragged rows in NumPy.

    Args:
        pylist: The lists.
        dtype: The dtype of the values.
        ragged_rank: How many dimensions are ragged.
        inner_shape: The shape of one of the innermost values.
        row_splits_dtype: The dtype of the row splits.
    """
    import tensor

    rows = tensor.ragged.constant(
        pylist, None, ragged_rank, inner_shape, None, row_splits_dtype
    )
    arrays = [np.asarray(part) for part in rows.composite_components()]
    wanted = arrays[0].dtype if arrays[0].dtype == object else dtype
    flat = np.array(arrays[0].tolist(), wanted or arrays[0].dtype)
    if dtype is None and flat.dtype != object:
        flat = np.array(arrays[0].tolist())
    return in_numpy(rows, [flat, *arrays[1:]])


def __getattr__(name: str) -> Any:
    import tensor

    return getattr(tensor.ragged, name)
