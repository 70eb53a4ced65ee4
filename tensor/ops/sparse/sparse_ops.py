"""tf.sparse: operations on sparse tensors.

`places` works out indices; the values go through ops, so that gradients flow.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import get_op
from tensor.core.shapes import TensorShape
from tensor.core.tensor import EagerTensor
from tensor.ops.array import cast_
from tensor.ops.facts import get_static_value
from tensor.ops.gather import gather, gather_nd
from tensor.ops.joining import concat as join
from tensor.ops.number_lines import range_
from tensor.ops.scatter import scatter_nd_op, tensor_scatter_update
from tensor.ops.sparse import places
from tensor.ops.sparse.sparse_tensor import SparseTensor

if TYPE_CHECKING:
    from collections.abc import Callable


def shape_of(sp: SparseTensor) -> Any:
    """Return the shape of the whole as a shape parameter: a tuple, or symbolic."""
    known = sp.shape
    return tuple(known.as_list()) if known.is_fully_defined() else sp.dense_shape


def picked(values: Any, order: Any) -> Any:
    """Return the elements of these numbers."""
    return gather(values, order, axis=0, batch_dims=0)


def as_sparse(value: Any) -> SparseTensor:
    """Return a sparse tensor as it is.

    Raises:
        TypeError: It is none.
    """
    if not isinstance(value, SparseTensor):
        raise TypeError(f"Input must be a SparseTensor. Got {value!r}.")
    return value


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
    sp = as_sparse(sp_input)
    indices, shape, dtype = sp.indices, shape_of(sp), sp.dtype
    if validate_indices:
        indices = places.in_order(indices, sp.dense_shape, op_type="SparseToDense")
    if default_value is None and dtype.is_numeric:
        return scatter_nd_op(indices, sp.values, shape=shape)
    empty: Any = {"string": b"", "bool": False}.get(dtype.name, 0)
    value = convert(empty if default_value is None else default_value, dtype)
    base = get_op("Fill")(value, dims=shape)
    return tensor_scatter_update(base, indices, sp.values)


@export("sparse.from_dense")
def from_dense(tensor: Any, name: str | None = None) -> SparseTensor:
    """Return the elements of a tensor that are not zero."""
    x = convert(tensor)
    zero: Any = {"string": b"", "bool": False}.get(x.dtype.name, 0)
    zero = convert(zero, x.dtype)
    indices = get_op("Where")(get_op("NotEqual")(x, zero))
    shape = get_op("Shape")(x, out_type=dtypes.int64)
    return SparseTensor(indices, gather_nd(x, indices, batch_dims=0), shape)


@export("sparse.reorder")
def reorder(sp_input: SparseTensor, name: str | None = None) -> SparseTensor:
    """Return the elements in row-major order of their indices."""
    sp = as_sparse(sp_input)
    order = places.row_major_order(sp.indices, sp.dense_shape)
    indices, values = picked(sp.indices, order), picked(sp.values, order)
    return sp.of_same_shape(indices, values)


@export("sparse.sparse_dense_matmul", "sparse.matmul")
def sparse_dense_matmul(
    sp_a: Any,
    b: Any,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    name: Any = None,
) -> Any:
    """Return the product of a sparse matrix and a dense one (in either order).

    Raises:
        TypeError: Neither is sparse.
    """
    if not isinstance(sp_a, SparseTensor):
        if not isinstance(b, SparseTensor):
            raise TypeError(f"Input must be a SparseTensor. Got {sp_a!r}.")
        swapped = sparse_dense_matmul(b, sp_a, not adjoint_b, not adjoint_a)
        return _adjoint(swapped)
    dense = convert(b)
    if adjoint_b:
        dense = _adjoint(dense)
    rows, columns = (1, 0) if adjoint_a else (0, 1)
    inner, count = sp_a.shape[columns], sp_a.shape[rows]
    height = (dense.static_shape or (None,))[0]
    if None not in (inner, height) and inner != height:
        raise errors.invalid(
            "SparseTensorDenseMatMul",
            f"Cannot multiply A and B because inner dimension does not match: "
            f"{inner} vs. {height}.  Did you forget a transpose?  Dimensions of A: "
            f"{sp_a.shape}.  Dimensions of B: {dense.shape}",
        )
    values = sp_a.values
    if adjoint_a and values.dtype.is_complex:
        values = get_op("Conj")(values)
    found = picked(dense, sp_a.indices[:, columns])
    scaled = found * get_op("ExpandDims")(values, axis=1)
    count = sp_a.dense_shape[rows] if count is None else count
    result = get_op("UnsortedSegmentSum").public(scaled, sp_a.indices[:, rows], count)
    if result.ndim is None:
        result.set_shape((None, None))
    return result


def _adjoint(x: Any) -> Any:
    flipped = get_op("Transpose")(x, perm=(1, 0))
    return get_op("Conj")(flipped) if x.dtype.is_complex else flipped


@export("sparse.add")
def add(a: Any, b: Any, threshold: Any = 0) -> Any:
    """Return the sum of two tensors of which one at least is sparse.

    Args:
        a: A tensor.
        b: A tensor.
        threshold: Elements of two sparse tensors' sum below it are left out.

    Raises:
        TypeError: Neither is sparse.
    """
    if not isinstance(a, SparseTensor) and not isinstance(b, SparseTensor):
        raise TypeError(
            "At least one input should be SparseTensor; do you mean tf.add? Got "
            f"{type(a).__name__} and {type(b).__name__}."
        )
    if isinstance(a, SparseTensor) and isinstance(b, SparseTensor):
        _check_same_shape("SparseAdd", a, b)
        indices, ids = places.union(a.indices, b.indices, a.dense_shape)
        values = join(a.values, b.values, axis=0)
        count = get_op("Shape")(indices, out_type=dtypes.int32)[0]
        total = get_op("UnsortedSegmentSum").public(values, ids, count)
        whole = a.of_same_shape(indices, total)
        if type(convert(threshold)) is EagerTensor and not np.any(threshold):
            return whole
        size = get_op("ComplexAbs" if total.dtype.is_complex else "Abs")(total)
        # Elements that only one of the two has are kept whatever their size.
        both = get_op("UnsortedSegmentSum").public(get_op("OnesLike")(ids), ids, count)
        large = size >= cast_(convert(threshold), size.dtype)
        return retain(whole, get_op("LogicalOr")(large, both < 2))
    sparse, dense = (a, b) if isinstance(a, SparseTensor) else (b, a)
    dense = convert(dense, sparse.dtype)
    for at, mine, theirs in _different(sparse.shape, dense.shape):
        raise errors.invalid(
            "SparseTensorDenseAdd",
            f"Dimension {at} does not equal (no broadcasting is supported): sparse "
            f"side {mine} vs dense side {theirs}",
        )
    return get_op("TensorScatterAdd")(dense, sparse.indices, sparse.values)


def _check_same_shape(op_type: str, a: Any, b: Any) -> None:
    for at, mine, theirs in _different(a.shape, b.shape):
        raise errors.invalid(
            op_type,
            f"Operands' shapes do not match: got {mine} and {theirs} for dimension "
            f"{at}",
        )


def _different(a: TensorShape, b: TensorShape) -> list[tuple[int, int, int]]:
    """Return the dimensions that are known to differ: which, in one, in the other."""
    pairs = zip(a._dims or (), b._dims or (), strict=False)
    return [
        (at, mine, theirs)
        for at, (mine, theirs) in enumerate(pairs)
        if mine is not None and theirs is not None and mine != theirs
    ]


@export("sparse.concat")
def concat(
    axis: int, sp_inputs: Any, expand_nonconcat_dims: bool = False, name: Any = None
) -> SparseTensor:
    """Join sparse tensors along an axis."""
    parts = [as_sparse(sp) for sp in sp_inputs]
    if len(parts) == 1:
        return parts[0]
    indices, order, shape = places.concatenated(
        *[sp.indices for sp in parts],
        *[sp.dense_shape for sp in parts],
        axis=int(axis),
        expand=bool(expand_nonconcat_dims),
    )
    values = join(*[sp.values for sp in parts], axis=0)
    joined = SparseTensor(indices, picked(values, order), shape)
    joined.set_shape(_joined_shape(axis, parts, bool(expand_nonconcat_dims)))
    return joined


def _joined_shape(axis: int, parts: list[SparseTensor], expand: bool) -> TensorShape:
    """Return what is known of the shape of sparse tensors joined along an axis."""
    shapes = [sp.shape for sp in parts]
    if any(shape.rank is None for shape in shapes):
        return TensorShape(None)
    dims = []
    for at, lengths in enumerate(zip(*shapes, strict=True)):
        known = [n for n in lengths if n is not None]
        if at == axis % len(shapes[0]):
            dims.append(sum(known) if len(known) == len(lengths) else None)
        elif expand and len(known) < len(lengths):
            dims.append(None)
        else:
            dims.append(max(known, default=None))
    return TensorShape(dims)


@export("sparse.slice")
def slice_(sp_input: SparseTensor, start: Any, size: Any, name: Any = None) -> Any:
    """Return the part that begins at `start` and is `size` long."""
    sp = as_sparse(sp_input)
    bounds = [cast_(convert(v), dtypes.int64) for v in (start, size)]
    indices, inside, shape = places.sliced(sp.indices, sp.dense_shape, *bounds)
    return SparseTensor(indices, picked(sp.values, inside), shape)


@export("sparse.transpose")
def transpose(sp_input: SparseTensor, perm: Any = None, name: Any = None) -> Any:
    """Return the elements with the axes in another order, by default reversed."""
    sp = as_sparse(sp_input)
    if perm is None:
        rank = get_op("Shape")(sp.dense_shape, out_type=dtypes.int32)[0]
        perm = range_(sp.shape.rank or rank)[::-1]
    order = convert(perm)
    indices = gather(sp.indices, order, axis=1, batch_dims=0)
    shape = gather(sp.dense_shape, order, axis=0, batch_dims=0)
    moved = SparseTensor(indices, sp.values, shape)
    known = get_static_value(order)
    if known is not None and sp.shape.rank is not None:
        moved.set_shape([sp.shape[int(p)] for p in known])
    return reorder(moved)


@export("sparse.reshape")
def reshape(sp_input: SparseTensor, shape: Any, name: Any = None) -> SparseTensor:
    """Return the elements of the same row-major order under another shape.

    Raises:
        InvalidArgumentError: The numbers of elements differ.
    """
    sp = as_sparse(sp_input)
    target = cast_(convert(shape, hint=dtypes.int64), dtypes.int64)
    indices, sizes = places.reshaped(sp.indices, sp.dense_shape, target)
    result = SparseTensor(indices, sp.values, sizes)
    known = get_static_value(target)
    if known is not None:
        dims = known.tolist()
        count, rest = sp.shape.num_elements(), math.prod(d for d in dims if d >= 0)
        missing = count // rest if count is not None and rest else None
        result.set_shape([missing if d < 0 else d for d in dims])
    return result


@export("sparse.retain")
def retain(sp_input: SparseTensor, to_retain: Any) -> SparseTensor:
    """Return the elements for which `to_retain` is true."""
    sp = as_sparse(sp_input)
    keep = convert(to_retain)
    if not sp.values.shape[:1].is_compatible_with(keep.shape[:1]):
        raise ValueError(
            f"Dimensions {sp.values.shape[0]} and {keep.shape[0]} are not compatible"
        )
    kept = get_op("Where")(keep)[:, 0]
    return sp.of_same_shape(picked(sp.indices, kept), picked(sp.values, kept))


@export("sparse.split")
def split(
    sp_input: Any = None, num_split: Any = None, axis: Any = None, name: Any = None
) -> list[SparseTensor]:
    """Return pieces along an axis; the first ones are longer if it must be.

    Raises:
        ValueError: An argument is left out.
    """
    for key, value in (
        ("num_split", num_split),
        ("axis", axis),
        ("sp_input", sp_input),
    ):
        if value is None:
            raise ValueError(f"{key} is required")
    sp, pieces = as_sparse(sp_input), []
    for i in range(int(num_split)):
        bounds = places.piece_bounds(
            sp.dense_shape, axis=int(axis), count=int(num_split), piece=i
        )
        pieces.append(slice_(sp, *bounds))
    return pieces


@export("sparse.expand_dims")
def expand_dims(sp_input: SparseTensor, axis: Any = None, name: Any = None) -> Any:
    """Return the elements with an axis of size 1 added, last by default."""
    sp = as_sparse(sp_input)
    at = -1 if axis is None else int(axis)
    indices, shape = places.with_axis(sp.indices, sp.dense_shape, axis=at)
    result = SparseTensor(indices, sp.values, shape)
    if sp.shape.rank is not None:
        dims = sp.shape.as_list()
        dims.insert(at if at >= 0 else at + len(dims) + 1, 1)
        result.set_shape(dims)
    return result


@export("sparse.eye")
def eye(
    num_rows: int,
    num_columns: Any = None,
    dtype: Any = dtypes.float32,
    name: Any = None,
) -> SparseTensor:
    """Return a sparse matrix with ones on its diagonal."""
    columns = num_rows if num_columns is None else num_columns
    shape = [cast_(convert(n), dtypes.int64) for n in (num_rows, columns)]
    diagonal = range_(get_op("Minimum")(*shape))
    ones = get_op("OnesLike")(cast_(diagonal, dtype))
    pairs = get_op("Pack")(diagonal, diagonal, axis=1)
    return SparseTensor(pairs, ones, get_op("Pack")(*shape, axis=0))


@export("sparse.map_values")
def map_values(op: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Apply a function to the values of sparse arguments of the same places."""

    def inner(value: Any) -> Any:
        return value.values if isinstance(value, SparseTensor) else value

    given = [v for v in (*args, *kwargs.values()) if isinstance(v, SparseTensor)]
    first = given[0]
    for other in given[1:]:
        known = all(type(v.indices) is EagerTensor for v in (first, other))
        if known and not np.array_equal(first.indices, other.indices):
            raise errors.invalid(
                "MapValues",
                "Mismatched indices! All sparse arguments must have elements at the "
                "same places.",
            )
    result = op(*map(inner, args), **{k: inner(v) for k, v in kwargs.items()})
    return first.with_values(result)


def _extreme(op_type: str, a: SparseTensor, b: SparseTensor) -> SparseTensor:
    """Combine element by element; what is not kept counts as 0."""
    _check_same_shape(f"SparseSparse{op_type}", a, b)
    both, _ = places.union(a.indices, b.indices, a.dense_shape)
    x, y = (
        gather_nd(to_dense(s, validate_indices=False), both, batch_dims=0)
        for s in (a, b)
    )
    return a.of_same_shape(both, get_op(op_type)(x, y))


@export("sparse.maximum")
def maximum(sp_a: SparseTensor, sp_b: SparseTensor, name: Any = None) -> SparseTensor:
    """Return the larger elements; what is not kept counts as 0."""
    return _extreme("Maximum", sp_a, sp_b)


@export("sparse.minimum")
def minimum(sp_a: SparseTensor, sp_b: SparseTensor, name: Any = None) -> SparseTensor:
    """Return the smaller elements; what is not kept counts as 0."""
    return _extreme("Minimum", sp_a, sp_b)
