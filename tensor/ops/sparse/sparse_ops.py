"""tf.sparse: operations on sparse tensors.

Indices are worked out in NumPy; the values go through ops, so that gradients flow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import constant_tensor, convert
from tensor.core.public_api import export
from tensor.core.registry import get_op
from tensor.ops.gather import gather, gather_nd
from tensor.ops.joining import concat as join
from tensor.ops.scatter import scatter_nd_op, tensor_scatter_update
from tensor.ops.sparse.sparse_tensor import SparseTensor

if TYPE_CHECKING:
    from collections.abc import Callable


def shape_of(sp: SparseTensor) -> tuple[int, ...]:
    """Return the shape of the whole."""
    return tuple(int(d) for d in np.asarray(sp.dense_shape))


def index_of(sp: SparseTensor) -> np.ndarray:
    """Return the indices as an array."""
    return np.asarray(sp.indices)


def flat_index(indices: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return one number for each index, by which indices sort."""
    if not len(indices):
        return np.zeros(0, np.int64)
    return np.asarray(np.ravel_multi_index(tuple(indices.T), shape), np.int64)


def _picked(sp: SparseTensor, order: np.ndarray, indices: Any, shape: Any) -> Any:
    """Return the elements numbered `order`, at other places of another shape."""
    values = gather(sp.values, constant_tensor(order), axis=0, batch_dims=0)
    places = np.asarray(indices, np.int64).reshape((-1, len(shape)))
    return SparseTensor(places, values, np.array(shape))


def _check_order(sp: SparseTensor, op_type: str) -> None:
    flat = flat_index(index_of(sp), shape_of(sp))
    steps = np.diff(flat)
    if (steps <= 0).any():
        at = int(np.flatnonzero(steps <= 0)[0]) + 1
        what = "repeated" if steps[at - 1] == 0 else "out of order"
        place = ",".join(str(i) for i in index_of(sp)[at])
        raise errors.invalid(
            op_type,
            f"indices[{at}] = [{place}] is {what}. Many sparse ops require sorted "
            "indices. Use `tf.sparse.reorder` to create a correctly ordered copy.",
        )


@export("sparse.to_dense")
def to_dense(
    sp_input: SparseTensor,
    default_value: Any = None,
    validate_indices: bool = True,
    name: str | None = None,
) -> Any:
    """Return the tensor, with `default_value` (0 or empty) where nothing is kept.

    Raises:
        InvalidArgumentError: Indices are out of order, and `validate_indices` is set.
    """
    if validate_indices:
        _check_order(sp_input, "SparseToDense")
    shape = shape_of(sp_input)
    dtype = sp_input.dtype
    if default_value is None and dtype.is_numeric:
        return scatter_nd_op(sp_input.indices, sp_input.values, shape=shape)
    empty: Any = {"string": b"", "bool": False}.get(dtype.name, 0)
    value = convert(empty if default_value is None else default_value, dtype)
    base = get_op("Fill")(value, dims=shape)
    return tensor_scatter_update(base, sp_input.indices, sp_input.values)


@export("sparse.from_dense")
def from_dense(tensor: Any, name: str | None = None) -> SparseTensor:
    """Return the elements of a tensor that are not zero."""
    x = convert(tensor)
    array = np.asarray(x)
    where = array != b"" if array.dtype.kind == "O" else array
    indices = np.argwhere(where).astype(np.int64)
    values = gather_nd(x, constant_tensor(indices), batch_dims=0)
    return SparseTensor(indices, values, np.array(array.shape, np.int64))


@export("sparse.reorder")
def reorder(sp_input: SparseTensor, name: str | None = None) -> SparseTensor:
    """Return the elements in row-major order of their indices."""
    order = np.argsort(
        flat_index(index_of(sp_input), shape_of(sp_input)), kind="stable"
    )
    return _picked(sp_input, order, index_of(sp_input)[order], shape_of(sp_input))


@export("sparse.sparse_dense_matmul", "sparse.matmul")
def sparse_dense_matmul(
    sp_a: Any,
    b: Any,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    name: Any = None,
) -> Any:
    """Return the product of a sparse matrix and a dense one (in either order)."""
    if not isinstance(sp_a, SparseTensor):
        swapped = sparse_dense_matmul(b, sp_a, not adjoint_b, not adjoint_a)
        return get_op("Transpose")(swapped, perm=(1, 0))
    dense = convert(b)
    if adjoint_b:
        dense = get_op("Transpose")(dense, perm=(1, 0))
    index, shape = index_of(sp_a), shape_of(sp_a)
    rows, columns = (1, 0) if adjoint_a else (0, 1)
    if dense.static_shape[0] != shape[columns]:
        raise errors.invalid(
            "SparseTensorDenseMatMul",
            f"Cannot multiply A and B because inner dimension does not match: "
            f"{shape[columns]} vs. {dense.static_shape[0]}.",
        )
    picked = gather(
        dense, constant_tensor(index[:, columns].copy()), axis=0, batch_dims=0
    )
    scaled = picked * get_op("ExpandDims")(sp_a.values, axis=1)
    ids = constant_tensor(index[:, rows].copy())
    return get_op("UnsortedSegmentSum")(scaled, ids, num_segments=shape[rows])


@export("sparse.add")
def add(a: Any, b: Any, threshold: Any = 0) -> Any:
    """Return the sum of two tensors of which one at least is sparse.

    Raises:
        TypeError: Neither is.
    """
    if not isinstance(a, SparseTensor) and not isinstance(b, SparseTensor):
        raise TypeError(
            "At least one input should be SparseTensor; do you mean tf.add?"
        )
    if isinstance(a, SparseTensor) and isinstance(b, SparseTensor):
        shape = shape_of(a)
        indices = np.concatenate([index_of(a), index_of(b)])
        unique, ids = np.unique(flat_index(indices, shape), return_inverse=True)
        values = join(a.values, b.values, axis=0)
        total = get_op("UnsortedSegmentSum")(
            values, constant_tensor(ids.astype(np.int64)), num_segments=len(unique)
        )
        places = np.stack(np.unravel_index(unique, shape), axis=1)
        return SparseTensor(places, total, a.dense_shape)
    sparse, dense = (a, b) if isinstance(a, SparseTensor) else (b, a)
    dense = convert(dense, sparse.dtype)
    return get_op("TensorScatterAdd")(dense, sparse.indices, sparse.values)


@export("sparse.concat")
def concat(
    axis: int, sp_inputs: Any, expand_nonconcat_dims: bool = False, name: Any = None
) -> SparseTensor:
    """Join sparse tensors along an axis."""
    parts = list(sp_inputs)
    axis %= len(shape_of(parts[0]))
    start, places = 0, []
    for sp in parts:
        index = index_of(sp).copy()
        index[:, axis] += start
        places.append(index)
        start += shape_of(sp)[axis]
    sizes = np.max([shape_of(sp) for sp in parts], axis=0)
    sizes[axis] = start
    whole = SparseTensor(
        np.concatenate(places), join(*[sp.values for sp in parts], axis=0), sizes
    )
    return reorder(whole)


@export("sparse.slice")
def slice_(sp_input: SparseTensor, start: Any, size: Any, name: Any = None) -> Any:
    """Return the part that begins at `start` and is `size` long."""
    begin, length = np.asarray(convert(start)), np.asarray(convert(size))
    index, shape = index_of(sp_input), np.array(shape_of(sp_input))
    end = np.minimum(begin + length, shape)
    inside = np.flatnonzero(((index >= begin) & (index < end)).all(axis=1))
    sizes = np.maximum(end - begin, 0)
    return _picked(sp_input, inside, index[inside] - begin, tuple(sizes))


@export("sparse.transpose")
def transpose(sp_input: SparseTensor, perm: Any = None, name: Any = None) -> Any:
    """Return the elements with the axes in another order, by default reversed."""
    rank = len(shape_of(sp_input))
    order = list(range(rank))[::-1] if perm is None else [int(p) for p in perm]
    shape = np.array(shape_of(sp_input))[order]
    moved = SparseTensor(index_of(sp_input)[:, order], sp_input.values, shape)
    return reorder(moved)


@export("sparse.reshape")
def reshape(sp_input: SparseTensor, shape: Any, name: Any = None) -> SparseTensor:
    """Return the elements of the same row-major order under another shape.

    Raises:
        InvalidArgumentError: The numbers of elements differ.
    """
    old = shape_of(sp_input)
    target = [int(d) for d in np.asarray(convert(shape, hint=dtypes.int64))]
    count = int(np.prod(old, dtype=np.int64))
    if -1 in target:
        rest = int(np.prod([d for d in target if d != -1], dtype=np.int64))
        target[target.index(-1)] = count // rest if rest else 0
    if int(np.prod(target, dtype=np.int64)) != count:
        raise errors.invalid(
            "SparseReshape",
            f"Input to reshape is a tensor with {count} dense values, but the "
            f"requested shape {target} has another number",
        )
    flat = flat_index(index_of(sp_input), old)
    places = np.stack(np.unravel_index(flat, target), axis=1)
    return SparseTensor(places, sp_input.values, np.array(target))


@export("sparse.retain")
def retain(sp_input: SparseTensor, to_retain: Any) -> SparseTensor:
    """Return the elements for which `to_retain` is true."""
    keep = np.flatnonzero(np.asarray(convert(to_retain)))
    return _picked(sp_input, keep, index_of(sp_input)[keep], shape_of(sp_input))


@export("sparse.split")
def split(
    sp_input: Any = None, num_split: int = 1, axis: int = 0, name: Any = None
) -> list[SparseTensor]:
    """Return pieces along an axis; the first ones are longer if it must be."""
    shape = shape_of(sp_input)
    size, extra = divmod(shape[axis], num_split)
    pieces, start = [], 0
    for i in range(num_split):
        length = size + (i < extra)
        begin, sizes = [0] * len(shape), list(shape)
        begin[axis], sizes[axis] = start, length
        pieces.append(slice_(sp_input, begin, sizes))
        start += length
    return pieces


@export("sparse.expand_dims")
def expand_dims(sp_input: SparseTensor, axis: Any = None, name: Any = None) -> Any:
    """Return the elements with an axis of size 1 added, last by default."""
    rank = len(shape_of(sp_input))
    at = -1 if axis is None else int(axis)
    at = at + rank + 1 if at < 0 else at
    places = np.insert(index_of(sp_input), at, 0, axis=1)
    return SparseTensor(places, sp_input.values, np.insert(shape_of(sp_input), at, 1))


@export("sparse.eye")
def eye(
    num_rows: int,
    num_columns: Any = None,
    dtype: Any = dtypes.float32,
    name: Any = None,
) -> SparseTensor:
    """Return a sparse matrix with ones on its diagonal."""
    columns = num_rows if num_columns is None else num_columns
    diagonal = np.arange(min(num_rows, columns), dtype=np.int64)
    ones = np.ones(len(diagonal), dtypes.numpy_dtype(dtype))
    places = np.stack([diagonal, diagonal], axis=1)
    return SparseTensor(places, ones, np.array([num_rows, columns]))


@export("sparse.map_values")
def map_values(op: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Apply a function to the values of sparse arguments of the same places."""

    def inner(value: Any) -> Any:
        return value.values if isinstance(value, SparseTensor) else value

    first = next(a for a in (*args, *kwargs.values()) if isinstance(a, SparseTensor))
    result = op(*map(inner, args), **{k: inner(v) for k, v in kwargs.items()})
    return first.with_values(result)


def _extreme(op_type: str, a: SparseTensor, b: SparseTensor) -> SparseTensor:
    """Combine element by element; what is not kept counts as 0."""
    shape = shape_of(a)
    both = np.unique(
        np.concatenate([flat_index(index_of(a), shape), flat_index(index_of(b), shape)])
    )
    places = constant_tensor(np.stack(np.unravel_index(both, shape), axis=1))
    x, y = (
        gather_nd(to_dense(s, validate_indices=False), places, batch_dims=0)
        for s in (a, b)
    )
    return SparseTensor(places, get_op(op_type)(x, y), a.dense_shape)


@export("sparse.maximum")
def maximum(sp_a: SparseTensor, sp_b: SparseTensor, name: Any = None) -> SparseTensor:
    """Return the larger elements; what is not kept counts as 0."""
    return _extreme("Maximum", sp_a, sp_b)


@export("sparse.minimum")
def minimum(sp_a: SparseTensor, sp_b: SparseTensor, name: Any = None) -> SparseTensor:
    """Return the smaller elements; what is not kept counts as 0."""
    return _extreme("Minimum", sp_a, sp_b)


@export("sparse.fill_empty_rows")
def fill_empty_rows(
    sp_input: SparseTensor, default_value: Any, name: Any = None
) -> Any:
    """Return the elements with a default in each empty row, and which those are."""
    shape, index = shape_of(sp_input), index_of(sp_input)
    empty = np.ones(shape[0], np.bool_)
    empty[index[:, 0]] = False
    rows = np.flatnonzero(empty)
    extra = np.zeros((len(rows), len(shape)), np.int64)
    extra[:, 0] = rows
    filler = get_op("Fill")(convert(default_value, sp_input.dtype), dims=(len(rows),))
    values = join(sp_input.values, filler, axis=0)
    whole = SparseTensor(np.concatenate([index, extra]), values, sp_input.dense_shape)
    return reorder(whole), constant_tensor(empty)


@export("sparse.to_indicator")
def to_indicator(sp_input: SparseTensor, vocab_size: int, name: Any = None) -> Any:
    """Return booleans that are true at the ids that each row holds."""
    shape = (*shape_of(sp_input)[:-1], int(vocab_size))
    result = np.zeros(shape, np.bool_)
    lead = index_of(sp_input)[:, :-1]
    result[(*lead.T, np.asarray(sp_input.values))] = True
    return constant_tensor(result)


@export("sparse.mask")
def mask(a: Any, mask_indices: Any, name: Any = None) -> Any:
    """Return IndexedSlices without the slices whose index is in `mask_indices`."""
    from tensor.core.indexed_slices import IndexedSlices

    indices = np.asarray(convert(a.indices))
    keep = np.flatnonzero(~np.isin(indices, np.asarray(convert(mask_indices))))
    values = gather(convert(a.values), constant_tensor(keep), axis=0, batch_dims=0)
    return IndexedSlices(values, constant_tensor(indices[keep]), a.dense_shape)


@export("sparse.reset_shape")
def reset_shape(sp_input: SparseTensor, new_shape: Any = None) -> SparseTensor:
    """Return the elements in another shape; the tightest one by default."""
    if new_shape is None:
        sizes = index_of(sp_input).max(axis=0, initial=-1) + 1
    else:
        sizes = np.asarray(convert(new_shape, hint=dtypes.int64))
        if (sizes < np.array(shape_of(sp_input))).any():
            raise ValueError(
                f"new_shape {sizes.tolist()} is smaller than "
                f"{list(shape_of(sp_input))}."
            )
    return SparseTensor(sp_input.indices, sp_input.values, sizes)
