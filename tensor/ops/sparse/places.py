"""Places in sparse tensors: what sparse ops compute of indices and shapes, as ops.

Indices are an int64 matrix, one row for each element; a shape is an int64 vector. The
functions give the indices of the result, and where the values of the result come from.
"""

# ruff: noqa: ARG005  # specs of results do not depend on all of the inputs
from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array_functions import array_function, vector

_INT64 = dtypes.int64
_INDICES = [[0, 2], [1, 0], [1, 1]]
_SHAPE = [2, 3]


def _matrix(rank: int | None = None) -> TensorSpec:
    return TensorSpec.of((None, rank), _INT64)


def _as_read(indices: TensorSpec) -> TensorSpec:
    return _matrix(None if indices.dims is None else indices.dims[1])


def _flat(indices: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """Return one number for each index, by which indices sort."""
    strides = np.cumprod(np.append(shape[1:], 1)[::-1])[::-1]
    return (indices * strides).sum(axis=1) if len(shape) else np.zeros(len(indices))


def _unflat(flat: np.ndarray, shape: np.ndarray) -> np.ndarray:
    if not flat.size:
        return np.zeros((0, len(shape)), np.int64)
    return np.stack(np.unravel_index(flat, tuple(shape)), axis=1).astype(np.int64)


@array_function("SparseOrder", lambda i, s: vector(_INT64), _INDICES, _SHAPE)
def row_major_order(indices: Any, shape: Any) -> Any:
    """The numbers of the elements in row-major order of their indices."""
    return np.argsort(_flat(indices, shape), kind="stable").astype(np.int64)


@array_function(
    "SparseCheckOrder",
    lambda i, s, op_type: i,
    _INDICES,
    _SHAPE,
    op_type="SparseToDense",
)
def in_order(indices: Any, shape: Any, op_type: str) -> Any:
    """The same indices, which must be in bounds, in row-major order, and differ."""
    outside = ((indices < 0) | (indices >= shape)).any(axis=1)
    steps = np.diff(_flat(indices, shape), prepend=-1)
    wrong = np.flatnonzero(outside | (steps <= 0))
    if wrong.size:
        at = int(wrong[0])
        what = "repeated" if steps[at] == 0 else "out of order"
        if outside[at]:
            what = "out of bounds"
            bounds = ",".join(str(d) for d in shape)
            what = f"out of bounds: need 0 <= index < [{bounds}]"
        place = ",".join(str(i) for i in indices[at])
        raise errors.invalid(
            op_type,
            f"indices[{at}] = [{place}] is {what}. Many sparse ops require sorted "
            "indices.\n  Use `tf.sparse.reorder` to create a correctly ordered copy.",
        )
    return indices.copy()


@array_function(
    "SparseUnion",
    lambda a, b, s: (_as_read(a), vector(_INT64)),
    _INDICES,
    [[0, 1], [1, 0]],
    _SHAPE,
)
def union(a: Any, b: Any, shape: Any) -> Any:
    """The different indices of two sets, and which of them each given one is."""
    flat = _flat(np.concatenate([a, b]), shape)
    unique, ids = np.unique(flat, return_inverse=True)
    return _unflat(unique, shape), ids.reshape(-1).astype(np.int64)


def _concat_spec(*parts: TensorSpec, axis: int, expand: bool) -> Any:
    shape = parts[len(parts) // 2]
    return _as_read(parts[0]), vector(_INT64), shape


@array_function(
    "SparseConcatPlaces",
    _concat_spec,
    _INDICES,
    _INDICES,
    _SHAPE,
    _SHAPE,
    axis=1,
    expand=False,
)
def concatenated(*parts: Any, axis: int, expand: bool) -> Any:
    """Indices of tensors joined along an axis, their elements' order, the shape.

    The inputs are the indices of all, then the shapes of all.
    """
    count = len(parts) // 2
    indices, shapes = parts[:count], np.stack(parts[count:])
    rank = shapes.shape[1]
    if not -rank <= axis < rank:
        raise errors.invalid(
            "SparseConcat",
            f"Concat dimension must be in range [{-rank}, {rank}), got {axis}",
        )
    others = np.delete(shapes, axis, axis=1)
    if not expand and (others != others[0]).any():
        at = int(np.flatnonzero((others != others[0]).any(axis=1))[0])
        dim = int(
            np.flatnonzero(
                (shapes[at] != shapes[0]) & (np.arange(shapes.shape[1]) != axis)
            )[0]
        )
        raise errors.invalid(
            "SparseConcat",
            f"Input shapes must match: expected {shapes[0, dim]} for dimension {dim} "
            f"but got {shapes[at, dim]} at position {at}",
        )
    starts = np.cumsum(shapes[:, axis]) - shapes[:, axis]
    moved = [i.copy() for i in indices]
    for index, start in zip(moved, starts, strict=True):
        index[:, axis] += start
    whole, shape = np.concatenate(moved), shapes.max(axis=0)
    shape[axis] = shapes[:, axis].sum()
    order = np.argsort(_flat(whole, shape), kind="stable").astype(np.int64)
    return whole[order], order, shape


@array_function(
    "SparseSlicePlaces",
    lambda i, shape, start, size: (_as_read(i), vector(_INT64), shape),
    _INDICES,
    _SHAPE,
    [0, 1],
    [2, 2],
)
def sliced(indices: Any, shape: Any, start: Any, size: Any) -> Any:
    """Indices inside a part, the elements there, and the part's shape."""
    for name, given in (("start", start), ("size", size)):
        if given.shape != shape.shape:
            raise errors.invalid(
                "SparseSlice",
                f"Expected {name} to be a vector of length {len(shape)} but got length "
                f"{given.size}",
            )
    end = np.minimum(start + size, shape)
    inside = np.flatnonzero(((indices >= start) & (indices < end)).all(axis=1))
    sizes = np.maximum(end - start, 0).astype(np.int64)
    return (indices[inside] - start).astype(np.int64), inside.astype(np.int64), sizes


@array_function(
    "SparseSplitBounds",
    lambda shape, **attrs: (shape, shape),
    _SHAPE,
    axis=1,
    count=2,
    piece=0,
)
def piece_bounds(shape: Any, axis: int, count: int, piece: int) -> Any:
    """Where one of several pieces along an axis begins, and its size."""
    if not -len(shape) <= axis < len(shape):
        raise errors.invalid(
            "SparseSplit",
            f"Input axis should be in range [{-len(shape)}, {len(shape)}), got {axis}",
        )
    if not 1 <= count <= shape[axis]:
        raise errors.invalid(
            "SparseSplit",
            "Input num_split should be between 1 and the splitting dimension size "
            f"({shape[axis]}), got {count}",
        )
    size, extra = divmod(int(shape[axis]), count)
    start, sizes = np.zeros_like(shape), shape.copy()
    start[axis] = piece * size + min(piece, extra)
    sizes[axis] = size + (piece < extra)
    return start, sizes


@array_function(
    "SparseReshapePlaces",
    lambda i, old, new: (
        _matrix(None if new.dims is None else new.dims[0]),
        new,
    ),
    _INDICES,
    _SHAPE,
    np.array([3, -1]),
)
def reshaped(indices: Any, shape: Any, target: Any) -> Any:
    """The indices of the same row-major order under another shape, and that shape."""
    count = int(np.prod(shape, dtype=np.int64))
    sizes = target.astype(np.int64).copy()
    unknown = np.flatnonzero(sizes == -1)
    if unknown.size > 1:
        raise errors.invalid(
            "SparseReshape",
            f"only one output dimension may be -1, not both {unknown[0]} and "
            f"{unknown[1]}",
        )
    if (sizes < -1).any():
        at = int(np.flatnonzero(sizes < -1)[0])
        raise errors.invalid(
            "SparseReshape", f"size {at} must be non-negative, not {sizes[at]}"
        )
    if unknown.size:
        rest = int(np.prod(sizes[sizes != -1], dtype=np.int64))
        if rest and count % rest:
            raise errors.invalid(
                "SparseReshape",
                f"Input to reshape is a SparseTensor with {count} dense values, but "
                f"the requested shape requires a multiple of {rest}.",
            )
        sizes[unknown[0]] = count // rest if rest else 0
    wanted = int(np.prod(sizes, dtype=np.int64))
    if wanted != count:
        raise errors.invalid(
            "SparseReshape",
            f"Input to reshape is a tensor with {count} dense values, but the "
            f"requested shape has {wanted}.",
        )
    return _unflat(_flat(indices, shape).astype(np.int64), sizes), sizes


@array_function(
    "SparseAxisAdded",
    lambda i, s, axis: (
        _matrix(None if i.dims is None or i.dims[1] is None else i.dims[1] + 1),
        vector(_INT64, None if s.dims is None or s.dims[0] is None else s.dims[0] + 1),
    ),
    _INDICES,
    _SHAPE,
    axis=-1,
)
def with_axis(indices: Any, shape: Any, axis: int) -> Any:
    """Indices and shape with an axis of size 1 added."""
    rank = len(shape)
    if not -rank - 1 <= axis <= rank:
        raise errors.invalid(
            "SparseExpandDims", f"Expected size[1] in [0, {rank}], but got {axis}"
        )
    at = axis + rank + 1 if axis < 0 else axis
    return np.insert(indices, at, 0, axis=1), np.insert(shape, at, 1)


@array_function(
    "SparseFilledRows",
    lambda i, s: (_as_read(i), vector(_INT64), vector(dtypes.bool_)),
    [[0, 2], [2, 0]],
    [3, 3],
)
def with_rows_filled(indices: Any, shape: Any) -> Any:
    """Indices with one more in each empty row, their elements, and which were empty.

    The elements of rows that were empty are numbered one more than the last.
    """
    rows = indices[:, 0]
    wrong = np.flatnonzero((rows < 0) | (rows >= shape[0]))
    if wrong.size:
        at = int(wrong[0])
        raise errors.invalid(
            "SparseFillEmptyRows",
            f"indices({at}, 0) is invalid: {rows[at]} >= {shape[0]}",
        )
    empty = np.ones(shape[0], np.bool_)
    empty[rows] = False
    extra = np.zeros((int(empty.sum()), len(shape)), np.int64)
    extra[:, 0] = np.flatnonzero(empty)
    whole = np.concatenate([indices, extra])
    order = np.argsort(whole[:, 0], kind="stable")
    return whole[order], np.minimum(order, len(indices)).astype(np.int64), empty


@array_function(
    "SparseIndicator",
    lambda i, v, s, size: TensorSpec.of(
        None
        if s.dims is None or s.dims[0] is None
        else ((None,) * (s.dims[0] - 1) + (size,)),
        dtypes.bool_,
    ),
    _INDICES,
    [3, 0, 1],
    _SHAPE,
    size=4,
)
def indicator(indices: Any, values: Any, shape: Any, size: int) -> Any:
    """Booleans that are true at the ids that each row holds."""
    result = np.zeros((*shape[:-1], size), np.bool_)
    outside = (values < 0) | (values >= size)
    if outside.any():
        at = int(np.flatnonzero(outside)[0])
        raise errors.invalid(
            "SparseToIndicator",
            f"value {values[at]} is out of bounds: need 0 <= value < {size}",
        )
    result[(*indices[:, :-1].T, values)] = True
    return result


@array_function(
    "SparseOneSlice",
    lambda i, n: (
        _matrix(None if i.dims is None or i.dims[1] is None else i.dims[1] - 1),
        vector(_INT64),
    ),
    _INDICES,
    np.int64(1),
)
def one_slice(indices: Any, number: Any) -> Any:
    """The indices inside one slice along the first axis, and its elements."""
    inside = np.flatnonzero(indices[:, 0] == number).astype(np.int64)
    return indices[inside, 1:], inside


@array_function("SparseMask", lambda i, m: vector(_INT64), [3, 1, 2], [1, 2])
def not_masked(indices: Any, masked: Any) -> Any:
    """Which of the indices are not among the masked ones."""
    return np.flatnonzero(~np.isin(indices, masked)).astype(np.int64)


@array_function("SparseTightShape", lambda i, s: s, _INDICES, _SHAPE)
def tight_shape(indices: Any, shape: Any) -> Any:
    """The smallest shape that holds all indices."""
    return indices.max(axis=0, initial=-1) + 1 + 0 * shape


@array_function(
    "SparseReducedIds",
    lambda i, s, **attrs: (vector(_INT64), TensorSpec.of((), _INT64), vector(_INT64)),
    _INDICES,
    _SHAPE,
    axes=(-1,),
    keepdims=False,
)
def reduced_ids(indices: Any, shape: Any, axes: Any, keepdims: bool) -> Any:
    """For each element its place once axes are gone, the number of places, the shape.

    With `keepdims` the shape has the axes that are gone, with size 1.
    """
    rank = len(shape)
    axes = None if axes is None else np.reshape(axes, -1).tolist()
    for a in axes or ():
        if not -rank <= a < rank:
            raise errors.invalid(
                "SparseReduce",
                f"Invalid reduction dimension {a}, for input with {rank} dimensions.",
            )
    gone = range(rank) if axes is None else [a % rank for a in axes]
    kept = [a for a in range(rank) if a not in gone]
    sizes = shape.copy()
    sizes[list(gone)] = 1
    flat = _flat(indices[:, kept], shape[kept]).astype(np.int64)
    count = np.int64(np.prod(sizes, dtype=np.int64))
    return flat, count, sizes if keepdims else sizes[kept]


@array_function(
    "SparseSegments",
    lambda i, ids, *rest, **attrs: (i, ids),
    [0, 2],
    [0, 1],
    np.int64(3),
    np.int64(-1),
    op_type="SparseSegmentSum",
)
def in_segments(indices: Any, ids: Any, rows: Any, count: Any, op_type: str) -> Any:
    """The same indices and segment ids, which must be in bounds and not decrease.

    `count` is the number of segments, -1 if it follows from the ids.
    """
    wrong = np.flatnonzero((indices < 0) | (indices >= rows))
    if wrong.size:
        at = int(wrong[0])
        raise errors.invalid(
            op_type, f"Bad: indices[{at}] == {indices[at]} out of range [0, {rows})"
        )
    if (np.diff(ids) < 0).any():
        raise errors.invalid(
            op_type, f"segment ids are not increasing: {ids.tolist()[:20]}"
        )
    if ids.size and 0 <= count <= ids[-1]:
        raise errors.invalid(
            op_type,
            f"segment ids must be < num_segments: {ids[-1]} is not below {count}",
        )
    return indices.copy(), ids.copy()
