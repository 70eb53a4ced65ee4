"""Specs of elements that are ragged tensors, and examples of such elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import dtypes
from tensor.core.shapes import relax
from tensor.core.tensor import wrap
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.ragged.ragged_spec import RaggedTensorSpec
from tensor.ops.ragged.ragged_tensor import RaggedTensor


def is_ragged(spec: Any) -> bool:
    """Return whether elements of this spec are ragged tensors."""
    return isinstance(spec, RaggedTensorSpec) and spec.ragged_rank > 0


def example(spec: Any, size: int) -> Any:
    """Return a component that fits a spec, with `size` for what is not known.

    Rows of a ragged example have `size` and fewer items.
    """
    dims = spec.shape._dims
    known = tuple([size if d is None else d for d in dims or ()])
    if not is_ragged(spec):
        return _zeros(known, spec.dtype)
    lengths = [np.array([known[0]])]
    for level in range(spec.ragged_rank):
        rows = int(lengths[-1].sum())
        longest = known[level + 1]
        lengths.append(np.where(np.arange(rows) % 2, max(longest - 1, 0), longest))
    inner = known[spec.ragged_rank + 1 :]
    values = _zeros((int(lengths[-1].sum()), *inner), spec.dtype)
    splits = [
        wrap(
            np.concatenate([[0], np.cumsum(row)]).astype(
                spec.row_splits_dtype.numpy_dtype
            )
        )
        for row in lengths[1:]
    ]
    return RaggedTensor.from_nested_row_splits(values, splits, validate=False)


def _zeros(shape: tuple[int, ...], dtype: dtypes.DType) -> Any:
    if dtype is dtypes.string:
        return np.full(shape, b"", object)
    return np.zeros(shape, dtype.numpy_dtype)


def common_spec_of_leaf(first: Any, second: Any) -> Any:
    """Return the narrowest spec that fits the values of two specs of one kind."""
    if isinstance(first, RaggedTensorSpec):
        return RaggedTensorSpec(
            relax(first.shape._dims, second.shape._dims),
            first.dtype,
            first.ragged_rank,
            first.row_splits_dtype,
        )
    if isinstance(first, TensorSpec):
        return first.most_specific_common_supertype([second])
    return first
