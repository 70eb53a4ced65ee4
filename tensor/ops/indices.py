"""What ops that look up by index share: checks, grids, and sparse gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import dtypes
from tensor.core.convert import constant_tensor
from tensor.core.indexed_slices import IndexedSlices
from tensor.core.tensor import Tensor
from tensor.ops.array import shape_for
from tensor.ops.dtype_kinds import check_attribute


def check_index_dtype(
    op_type: str,
    indices: Any,
    attr: str = "Tindices",
    allowed: tuple[str, ...] = ("int16", "int32", "int64"),
    parameter: str = "indices",
) -> None:
    """Check that indices have one of the `allowed` dtypes.

    Raises:
        InvalidArgumentError: They have not.
        TypeError: They have not, and a graph is being traced.
    """
    kinds = map(dtypes.as_dtype, allowed)
    check_attribute(op_type, attr, indices.dtype, kinds, parameter)


def batch_grids(shape: tuple[int, ...], rank: int) -> tuple[np.ndarray, ...]:
    """Return one index array per batch dimension, to broadcast over `rank` axes."""
    return tuple(
        np.arange(size).reshape([-1 if i == axis else 1 for i in range(rank)])
        for axis, size in enumerate(shape)
    )


def slices(values: Any, indices: Any, like: Any) -> IndexedSlices:
    """Return the gradient of a lookup in `like`, with its shape as array or tensor."""
    shape = shape_for(like)
    if type(shape) is tuple:
        array = np.array(shape, np.int32)
        shape = constant_tensor(array) if isinstance(values, Tensor) else array
    return IndexedSlices(values, indices, shape)
