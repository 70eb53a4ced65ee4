"""tf.sparse.bincount, and tf.sparse.cross: what rows hold, as sparse tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import constant_tensor, convert
from tensor.core.public_api import export
from tensor.core.registry import get_op
from tensor.core.tensor import Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import cast_, reshape
from tensor.ops.array_functions import array_function, vector
from tensor.ops.ragged.crosses import cross_rows
from tensor.ops.ragged.partitions import positions_in_rows, splits_to_rowids
from tensor.ops.ragged.ragged_tensor import RaggedTensor
from tensor.ops.sparse.sparse_tensor import SparseTensor


def _counts_spec(
    values: TensorSpec, rows: TensorSpec, weights: TensorSpec, _: Any, **attrs: Any
) -> Any:
    return (
        TensorSpec.of((None, 2), dtypes.int64),
        vector(attrs["dtype"]),
        vector(dtypes.int64, 2),
    )


@array_function(
    "CountsOfRows",
    _counts_spec,
    [3, 1, 3],
    [0, 0, 1],
    np.zeros(0, np.float32),
    np.int64(2),
    minlength=-1,
    maxlength=-1,
    binary=False,
    dtype=dtypes.int64,
)
def counts_of_rows(
    values: Any,
    rows: Any,
    weights: Any,
    count: Any,
    minlength: int,
    maxlength: int,
    binary: bool,
    dtype: dtypes.DType,
) -> Any:
    """Which number each row holds, how often (or the sum of its weights), the shape."""
    if values.size and values.min() < 0:
        raise errors.invalid(
            "SparseCountSparseOutput", "Input values must all be non-negative"
        )
    if weights.size and weights.size != values.size:
        raise errors.invalid(
            "SparseCountSparseOutput",
            "Weights and data must have the same shape. Weight shape: "
            f"[{weights.size}]; data shape: [{values.size}]",
        )
    size = max(int(values.max()) + 1 if values.size else 0, minlength)
    size = size if maxlength < 0 else maxlength if maxlength > 0 else size
    kept = values < (maxlength if maxlength >= 0 else np.inf)
    pairs = np.stack([rows[kept], values[kept]], axis=1).astype(np.int64)
    places, inverse = np.unique(pairs.reshape(-1, 2), axis=0, return_inverse=True)
    given = weights[kept].astype(np.float64) if weights.size else None
    counts = np.bincount(inverse.reshape(-1), given, len(places))
    counts = np.minimum(counts, 1) if binary else counts
    shape = np.array([count, size], np.int64)
    return places.astype(np.int64), counts.astype(dtype.numpy_dtype), shape


@export("sparse.bincount")
def bincount(
    values: Any,
    weights: Any = None,
    axis: Any = 0,
    minlength: Any = None,
    maxlength: Any = None,
    binary_output: bool = False,
    name: Any = None,
) -> SparseTensor:
    """Return how often each number occurs, in all or (axis=-1) in each row.

    Args:
        values: Numbers that are not negative: a tensor, ragged or sparse.
        weights: What to add up in place of ones; of the kind of `values`.
        axis: 0 for the counts of all, -1 for those of each row.
        minlength: The last dimension of the result is at least this.
        maxlength: Numbers from here on do not count.
        binary_output: Whether to say only which numbers occur.
        name: Accepted for compatibility.

    Raises:
        ValueError: The axis is another one, or weights are of another kind.
        InvalidArgumentError: A number is negative.
    """
    if axis not in (0, -1):
        raise ValueError(f"Unsupported value for argument axis={axis}. Only 0 and -1.")
    flat, rows, count = _rows_of(values)
    given = constant_tensor(np.zeros(0, np.float32))
    kind = dtypes.int32 if flat.dtype is dtypes.int32 else dtypes.int64
    if weights is not None:
        if type(weights) is not type(values) and isinstance(
            values, SparseTensor | RaggedTensor
        ):
            raise ValueError(
                f"`weights` must be a {type(values).__name__} if `values` is a "
                f"{type(values).__name__}. Received argument weights={weights} of "
                f"type: {type(weights).__name__}."
            )
        given = _rows_of(weights)[0]
        kind = given.dtype
    if axis == 0:
        rows = rows * 0
    places, counts, shape = counts_of_rows(
        flat,
        rows,
        given,
        count,
        minlength=-1 if minlength is None else int(minlength),
        maxlength=-1 if maxlength is None else int(maxlength),
        binary=bool(binary_output),
        dtype=kind,
    )
    if axis == 0 or len(static_shape_of(values)) == 1:
        places, shape = places[:, 1:], shape[1:]
    return SparseTensor(places, counts, shape)


def static_shape_of(values: Any) -> Any:
    """Return the static shape of a tensor, ragged or sparse, or of what makes one."""
    is_composite = isinstance(values, SparseTensor | RaggedTensor)
    return (values if is_composite else convert(values)).shape


def _rows_of(values: Any) -> tuple[Any, Any, Any]:
    """Return flat values, the number of the row of each, and how many rows there are.

    Raises:
        ValueError: There are more than two dimensions.
    """
    if isinstance(values, SparseTensor):
        if values.shape.rank == 1:
            return values.values, values.indices[:, 0] * 0, convert(1, dtypes.int64)
        return values.values, values.indices[:, 0], values.dense_shape[0]
    if isinstance(values, RaggedTensor):
        rows = cast_(splits_to_rowids(values.row_splits), dtypes.int64)
        return values.flat_values, rows, cast_(values.nrows(), dtypes.int64)
    x = convert(values)
    rank = len(x.static_shape)
    if rank > 2:
        raise ValueError(f"Shape must be at most rank 2 but is rank {rank}")
    count, width = (1, *x.static_shape)[-2:]
    flat = reshape(x, shape=(-1,))
    if None in (count, width):
        sizes = get_op("Shape")(x, out_type=dtypes.int64)
        count, width = (sizes[0], sizes[1]) if rank == 2 else (1, sizes[0])
    numbers = [cast_(convert(v), dtypes.int64) for v in (count, width)]
    every = get_op("Range")(numbers[0] * 0, numbers[0] * numbers[1], numbers[0] * 0 + 1)
    rows = get_op("FloorDiv")(every, get_op("Maximum")(numbers[1], numbers[1] * 0 + 1))
    return flat, rows, numbers[0]


def _crossed(
    inputs: Any, hashed: bool, buckets: Any, key: Any, separator: Any
) -> SparseTensor:
    if not isinstance(inputs, list | tuple):
        raise TypeError("Inputs must be a list")
    if not all(isinstance(v, SparseTensor | Tensor) for v in inputs):
        kinds = "SparseTensors" if hashed else "Tensor or SparseTensor."
        raise TypeError(f"All inputs must be {kinds}")
    # TensorFlow crosses sparse features first, wherever they stand in the list.
    ordered = sorted(inputs, key=lambda v: not isinstance(v, SparseTensor))
    values, ends = cross_rows(ordered, hashed, buckets, key, separator)
    places = [splits_to_rowids(ends), positions_in_rows(ends)]
    lengths = ends[1:] - ends[:-1]
    # `ends` begins with 0: the width of no rows at all.
    bounds = get_op("ConcatV2")(ends[:1], lengths, axis=0)
    widest = get_op("Max")(bounds, axis=None, keepdims=False)
    count = get_op("Size")(lengths, out_type=dtypes.int64)
    shape = get_op("Pack")(count, widest, axis=0)
    return SparseTensor(get_op("Pack")(*places, axis=1), values, shape)


@export("sparse.cross")
def cross(inputs: Any, name: Any = None, separator: str | None = None) -> SparseTensor:
    """Return every combination of one value from each feature, row by row.

    Args:
        inputs: Matrices of strings or integers, sparse or dense.
        name: Accepted for compatibility.
        separator: What stands between the values, "_X_" by default.

    Raises:
        TypeError: `inputs` is no list.
    """
    return _crossed(inputs, False, 0, None, "_X_" if separator is None else separator)


@export("sparse.cross_hashed")
def cross_hashed(
    inputs: Any, num_buckets: int = 0, hash_key: Any = None, name: Any = None
) -> SparseTensor:
    """Return a number for every combination of one value from each feature.

    Args:
        inputs: Matrices of strings or integers, sparse or dense.
        num_buckets: Numbers are below it, if it is not 0.
        hash_key: What hashes begin with.
        name: Accepted for compatibility.

    Raises:
        TypeError: `inputs` is no list.
    """
    return _crossed(inputs, True, num_buckets, hash_key, "_X_")
