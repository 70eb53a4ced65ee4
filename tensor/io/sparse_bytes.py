"""Sparse tensors as strings, and many of them put together as one."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import get_op
from tensor.core.tensor_spec import TensorSpec
from tensor.io.decoding import ParseTensor, serialize_tensor
from tensor.ops.array_functions import array_function, vector
from tensor.ops.sparse.sparse_tensor import SparseTensor

_EXAMPLE = (np.array([[0], [2]]), np.array([1.5, 2.5]), np.array([3]))


def _as_strings(*parts: Any) -> np.ndarray:
    coded = np.empty(3, object)
    coded[:] = [serialize_tensor.kernel(np.asarray(p)).item() for p in parts]
    return coded


@array_function(
    "SerializeManySparse",
    lambda *_: TensorSpec.of((None, 3), dtypes.string),
    *_EXAMPLE,
)
def rows_as_strings(indices: Any, values: Any, shape: Any) -> Any:
    """Three strings for each slice along the first axis."""
    rows = np.empty((int(shape[0]), 3), object)
    for row in range(len(rows)):
        own = indices[:, 0] == row
        rows[row] = _as_strings(indices[own, 1:], values[own], shape[1:])
    return rows


def _parsed_spec(strings: TensorSpec, *, dtype: Any, rank: Any) -> Any:
    size = None if rank is None else rank + 1
    return (
        TensorSpec.of((None, size), dtypes.int64),
        vector(dtype),
        vector(dtypes.int64, size),
    )


@array_function(
    "DeserializeManySparse",
    _parsed_spec,
    np.array([_as_strings(*_EXAMPLE)], object),
    dtype=dtypes.float64,
    rank=None,
)
def stacked_from_strings(strings: Any, dtype: Any, rank: Any) -> Any:
    """Indices, values and shape of the tensors of all rows, stacked."""
    if strings.ndim != 2 or strings.shape[1] != 3:
        raise errors.invalid(
            "DeserializeManySparse",
            f"Serialized sparse should have 3 columns but has {strings.shape}",
        )
    parse = ParseTensor().kernel
    parts = [
        (
            parse(np.asarray(row[0], object), out_type=dtypes.int64),
            _values(row[1], dtype),
            parse(np.asarray(row[2], object), out_type=dtypes.int64),
        )
        for row in strings
    ]
    indices = [np.insert(i, 0, n, axis=1) for n, (i, _, _) in enumerate(parts)]
    shapes = np.stack([s for _, _, s in parts])
    if rank is not None and shapes.shape[1] != rank:
        raise errors.invalid(
            "DeserializeManySparse",
            f"Expected sparse tensors of rank {rank}, got {shapes.shape[1]}",
        )
    whole = np.insert(shapes.max(axis=0), 0, len(parts)).astype(np.int64)
    values = np.concatenate([np.atleast_1d(v) for _, v, _ in parts])
    return np.concatenate(indices).astype(np.int64), values, whole


def _values(text: bytes, dtype: Any) -> Any:
    from tensor.io.tensor_proto import TensorProto

    found = dtypes.as_dtype(TensorProto.FromString(text).dtype)
    if found is not dtype:
        raise errors.invalid(
            "DeserializeManySparse",
            f"Requested SparseTensor of type {dtypes.short_name(dtype)} but "
            f"SparseTensor[0].values.dtype() == {dtypes.short_name(found)}",
        )
    return ParseTensor().kernel(np.asarray(text, object), out_type=dtype)


def _as_sparse(value: Any) -> SparseTensor:
    if not isinstance(value, SparseTensor):
        raise TypeError(f"Input must be a SparseTensor. Got {value!r}.")
    return value


@export("io.serialize_sparse")
def serialize_sparse(
    sp_input: Any, out_type: Any = dtypes.string, name: str | None = None
) -> Any:
    """Return a sparse tensor as three strings.

    Raises:
        TypeError: It is not sparse.
    """
    sp = _as_sparse(sp_input)
    parts = [serialize_tensor(p) for p in (sp.indices, sp.values, sp.dense_shape)]
    return get_op("Pack")(*parts, axis=0)


@export("io.serialize_many_sparse")
def serialize_many_sparse(
    sp_input: Any, out_type: Any = dtypes.string, name: str | None = None
) -> Any:
    """Return each slice of a sparse tensor along the first axis as three strings.

    Raises:
        TypeError: It is not sparse.
    """
    sp = _as_sparse(sp_input)
    return rows_as_strings(sp.indices, sp.values, sp.dense_shape)


@export("io.deserialize_many_sparse")
def deserialize_many_sparse(
    serialized_sparse: Any, dtype: Any, rank: int | None = None, name: Any = None
) -> SparseTensor:
    """Return the sparse tensors that rows of three strings stand for, stacked.

    Raises:
        InvalidArgumentError: There are not three strings in a row, or the values are
            of another dtype.
    """
    strings = convert(serialized_sparse, dtypes.string)
    parts = stacked_from_strings(strings, dtype=dtypes.as_dtype(dtype), rank=rank)
    return SparseTensor(*parts)
