"""tf.ragged.cross: every combination of one value from each feature, row by row."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.ops.array import cast_
from tensor.ops.array_functions import array_function, longer, vector
from tensor.ops.ragged.ragged_tensor import RaggedTensor
from tensor.ops.sparse.sparse_tensor import SparseTensor
from tensor.ops.strings.hashing import fingerprint64

DEFAULT_KEY = 0xDECAFCAFFE
_MASK = (1 << 64) - 1
_FACTOR = 0xC6A4A7935BD1E995


def _joined_hash(first: int, second: int) -> int:
    """Return one 64-bit fingerprint made of two, as FarmHash does."""

    def shifted(x: int) -> int:
        return x ^ (x >> 47)

    result = first ^ _FACTOR
    result ^= shifted(second * _FACTOR & _MASK) * _FACTOR & _MASK
    result = result * _FACTOR & _MASK
    return shifted(shifted(result) * _FACTOR & _MASK)


@array_function(
    "RaggedCross",
    lambda *specs, **attrs: (
        vector(dtypes.int64 if attrs["hashed"] else dtypes.string),
        vector(dtypes.int64, longer(specs[1], 0)),
    ),
    np.array([b"a", b"b"], object),
    [0, 1, 2],
    [5, 6, 7],
    [0, 2, 3],
    hashed=False,
    buckets=0,
    key=DEFAULT_KEY,
    separator=b"_X_",
)
def combinations(
    *parts: Any, hashed: bool, buckets: int, key: int, separator: bytes
) -> Any:
    """The combinations of each row's values, the last feature's fastest, and row ends.

    Args:
        *parts: Of each feature its values and where their rows end.
        hashed: Whether to make numbers of them instead of texts.
        buckets: Numbers are below it, if it is not 0.
        key: What hashes begin with.
        separator: What stands between texts.
    """
    values, splits = parts[::2], parts[1::2]
    rows = len(splits[0]) - 1
    if any(len(s) != rows + 1 for s in splits):
        raise errors.invalid(
            "RaggedCross", "All inputs must have the same batch dimension size."
        )
    as_part: Any = _as_number if hashed else _as_text
    features: list[list[Any]] = [
        [as_part(v) for v in column.tolist()] for column in values
    ]
    found: list[Any] = []
    ends = [0]
    for row in range(rows):
        columns = [
            f[s[row] : s[row + 1]] for f, s in zip(features, splits, strict=True)
        ]
        for chosen in itertools.product(*columns):
            if hashed:
                number = key
                for part in chosen:
                    number = _joined_hash(number, part)
                found.append(number % (buckets or (1 << 63) - 1))
            else:
                found.append(separator.join(chosen))
        ends.append(len(found))
    kind: Any = np.int64 if hashed else object
    result = np.empty(len(found), kind)
    result[:] = found
    return result, np.array(ends, np.int64)


def _as_text(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _as_number(value: Any) -> int:
    return fingerprint64(value) if isinstance(value, bytes) else int(value) & _MASK


def parts_of_feature(value: Any) -> tuple[Any, Any]:
    """Return the values of a feature and where its rows end.

    Raises:
        ValueError: It is no matrix of strings or integers.
    """
    if isinstance(value, SparseTensor):
        rows, count = value.indices[:, 0], value.dense_shape[0]
        ragged = RaggedTensor.from_value_rowids(value.values, rows, count)
    elif isinstance(value, RaggedTensor):
        ragged = value
    else:
        ragged = RaggedTensor.from_tensor(convert(value))
    if ragged.shape.rank != 2:
        raise ValueError("tf.ragged.cross only supports inputs with rank=2.")
    values = ragged.values
    if values.dtype is not dtypes.string:
        if not values.dtype.is_integer:
            raise ValueError(
                "Unexpected dtype for `inputs`: each must hold integers or strings, "
                f"got {values.dtype.name}."
            )
        values = cast_(values, dtypes.int64)
    return values, cast_(ragged.row_splits, dtypes.int64)


def cross_rows(
    inputs: Any, hashed: bool, buckets: Any = 0, key: Any = None, separator: str = "_X_"
) -> Any:
    """Return the combinations of each row, and where the rows end."""
    parts = [part for value in inputs for part in parts_of_feature(value)]
    return combinations(
        *parts,
        hashed=hashed,
        buckets=int(buckets),
        key=(int(key) if key else DEFAULT_KEY) & _MASK,
        separator=separator.encode(),
    )


def _cross(inputs: Any, hashed: bool, buckets: Any = 0, key: Any = None) -> Any:
    if not isinstance(inputs, list | tuple):
        raise TypeError(f"`inputs` must be a list, got {inputs!r}.")
    if not inputs:
        raise ValueError("`inputs` must hold at least one feature.")
    if int(buckets) < 0:
        raise ValueError(f"num_buckets must be non-negative, got {int(buckets)}.")
    given = [v for v in inputs if isinstance(v, RaggedTensor)]
    kinds = {v.row_splits.dtype for v in given}
    kind = dtypes.int32 if kinds == {dtypes.int32} else dtypes.int64
    values, ends = cross_rows(inputs, hashed, buckets, key)
    return RaggedTensor.from_row_splits(values, cast_(ends, kind), validate=False)


@export("ragged.cross")
def cross(inputs: Any, name: Any = None) -> Any:
    """Return every combination of one value from each feature, joined by "_X_".

    Args:
        inputs: Matrices of strings or integers: ragged, sparse or dense.
        name: Accepted for compatibility.

    Raises:
        ValueError: A feature is no such matrix.
        TypeError: `inputs` is no list.
    """
    return _cross(inputs, hashed=False)


@export("ragged.cross_hashed")
def cross_hashed(
    inputs: Any, num_buckets: int = 0, hash_key: Any = None, name: Any = None
) -> Any:
    """Return a number for every combination of one value from each feature.

    Args:
        inputs: Matrices of strings or integers: ragged, sparse or dense.
        num_buckets: Numbers are below it, if it is not 0.
        hash_key: What hashes begin with.
        name: Accepted for compatibility.

    Raises:
        ValueError: A feature is no such matrix, or `num_buckets` is negative.
        TypeError: `inputs` is no list.
    """
    return _cross(inputs, True, num_buckets, hash_key)
