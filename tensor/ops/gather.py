"""Selecting by index: gather and gather_nd, with what their gradients need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.composites import takes_composites
from tensor.core.convert import constant_tensor, convert
from tensor.core.indexed_slices import IndexedSlices
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, register
from tensor.core.shapes import Dims, merge, num_elements, to_brackets
from tensor.core.tensor import Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import reshape, shape_for, static_value
from tensor.ops.families import shape_of

if TYPE_CHECKING:
    from collections.abc import Iterator


def check_index_dtype(
    op_type: str,
    indices: Any,
    attr: str = "Tindices",
    allowed: tuple[str, ...] = ("int16", "int32", "int64"),
) -> None:
    """Check that indices have one of the `allowed` dtypes.

    Raises:
        InvalidArgumentError: They have not.
    """
    if indices.dtype.name not in allowed:
        raise errors.invalid(
            op_type,
            f"Value for attr {attr!r} of {dtypes.short_name(indices.dtype)} is not "
            f"in the list of allowed values: {', '.join(allowed)}. Convert them with "
            "tf.cast.",
        )


def batch_grids(shape: tuple[int, ...], rank: int) -> tuple[np.ndarray, ...]:
    """Return one index array per batch dimension, to broadcast over `rank` axes."""
    return tuple(
        np.arange(size).reshape([-1 if i == axis else 1 for i in range(rank)])
        for axis, size in enumerate(shape)
    )


def _check_indices(indices: Any, size: int) -> None:
    outside = (indices < 0) | (indices >= size)
    if np.any(outside):
        at = np.argwhere(np.asarray(outside))[0]
        where = f"[{','.join(str(i) for i in at)}]" if len(at) else ""
        value = np.asarray(indices)[tuple(at)]
        raise errors.invalid(
            "GatherV2", f"indices{where} = {value} is not in [0, {size})"
        )


class Gather(Op):
    """The slices of params along an axis that the indices name.

    With `batch_dims`, the leading dimensions of params and indices correspond, and each
    entry of the batch is looked up by itself.
    """

    type_name = "GatherV2"
    keeps_inputs = (1,)

    def kernel(self, params: Any, indices: Any, axis: int, batch_dims: int) -> Any:
        params, indices = np.asarray(params), np.asarray(indices)
        _check_indices(indices, params.shape[axis])
        if batch_dims == 0:
            return np.take(params, indices, axis=axis)[()]
        at = _location(params, indices, axis, batch_dims)
        return at.restore(np.moveaxis(params, axis, batch_dims)[at.key])

    def infer(
        self, params: TensorSpec, indices: TensorSpec, axis: int, batch_dims: int
    ) -> TensorSpec:
        p, i = params.dims, indices.dims
        if p is None or i is None:
            return TensorSpec.of(None, params.dtype)
        lead = merge(p[:batch_dims], i[:batch_dims]) or ()
        dims = (*lead, *p[batch_dims:axis], *i[batch_dims:], *p[axis + 1 :])
        return TensorSpec.of(dims, params.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        params, indices = call.inputs
        axis, batch_dims = call.attrs["axis"], call.attrs["batch_dims"]
        shape = shape_of(params)
        is_rows = axis == 0 and batch_dims == 0
        if is_rows and shape is not None and None not in shape[1:]:
            return _row_gradient(dz, indices, params, shape), None
        return gather_grad(dz, indices, shape=shape_for(params), **call.attrs), None

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(2, 3, 4))
        indices = np.array([[0, 2, 2], [1, 0, 1]], np.int32)
        yield Sample(x, np.int32(1), axis=0, batch_dims=0)
        yield Sample(x, np.array([1, 0, 1], np.int64), axis=0, batch_dims=0)
        yield Sample(x, indices, axis=1, batch_dims=0)
        yield Sample(x, indices, axis=1, batch_dims=1)
        yield Sample(x, indices, axis=2, batch_dims=1)
        yield Sample(x, np.zeros((2, 3), np.int32), axis=2, batch_dims=2)
        yield Sample(x, np.zeros((0,), np.int32), axis=2, batch_dims=0)


def _row_gradient(dz: Any, indices: Any, params: Any, shape: Dims) -> Any:
    """Return the gradient of a lookup of rows: the rows' gradients, not the table's."""
    count = num_elements(shape_of(indices))
    # -1 cannot be worked out where rows have no elements.
    values = reshape(dz, shape=(-1 if count is None else count, *shape[1:]))
    return slices(values, reshape(indices, shape=(-1,)), params)


def slices(values: Any, indices: Any, like: Any) -> IndexedSlices:
    """Return the gradient of a lookup in `like`, with its shape as array or tensor."""
    shape = shape_for(like)
    if type(shape) is tuple:
        array = np.array(shape, np.int32)
        shape = constant_tensor(array) if isinstance(values, Tensor) else array
    return IndexedSlices(values, indices, shape)


class _Location:
    """Where a batched gather reads, with the looked-up axis moved behind the batch."""

    def __init__(self, key: tuple[Any, ...], moved: tuple[int, ...], start: int):
        self.key = key
        self._moved = moved
        self._start = start

    def restore(self, result: np.ndarray) -> np.ndarray:
        """Return what was read, its axes in the order that gather gives."""
        if not self._moved:
            return result
        to = range(self._start, self._start + len(self._moved))
        return np.moveaxis(result, self._moved, tuple(to))

    def prepare(self, dz: np.ndarray) -> np.ndarray:
        """Undo `restore`."""
        if not self._moved:
            return dz
        to = range(self._start, self._start + len(self._moved))
        return np.moveaxis(dz, tuple(to), self._moved)


def _location(params: Any, indices: Any, axis: int, batch_dims: int) -> _Location:
    batch = params.shape[:batch_dims]
    if indices.shape[:batch_dims] != batch:
        for i in range(batch_dims):
            if params.shape[i] != indices.shape[i]:
                raise errors.invalid(
                    "GatherV2",
                    f"params.shape[{i}]: {params.shape[i]} should be equal to "
                    f"indices.shape[{i}]: {indices.shape[i]}",
                )
    key = (*batch_grids(batch, indices.ndim), indices)
    # Read: [batch, indices, between, rest]. Wanted: [batch, between, indices, rest].
    between = axis - batch_dims
    moved = tuple(range(indices.ndim, indices.ndim + between))
    return _Location(key, moved, batch_dims)


class GatherGrad(Op):
    """Zeros of a shape, with the slices of dz added where gather took them from."""

    keeps_inputs = (1,)

    def kernel(
        self, dz: Any, indices: Any, shape: Any, axis: int, batch_dims: int
    ) -> Any:
        dz, indices = np.asarray(dz), np.asarray(indices)
        result = np.zeros(tuple(shape), dz.dtype)
        at = _location(result, indices, axis, batch_dims)
        np.add.at(np.moveaxis(result, axis, batch_dims), at.key, at.prepare(dz))
        return result

    def infer(self, dz: TensorSpec, indices: Any, shape: Any, **attrs: Any) -> Any:
        return TensorSpec.of(static_value(shape), dz.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        attrs = {k: v for k, v in call.attrs.items() if k != "shape"}
        return gather(dz, call.inputs[1], **attrs), None

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        indices = np.array([[0, 2, 2], [1, 0, 1]], np.int32)
        shape = (2, 3, 4)
        yield Sample(
            rng.normal(size=(2, 3, 4)), indices, shape=shape, axis=1, batch_dims=1
        )
        yield Sample(
            rng.normal(size=(2, 3, 3)), indices, shape=shape, axis=2, batch_dims=1
        )


def nd_location(shape: tuple[int, ...], indices: Any, batch_dims: int, op: str) -> Any:
    """Return the NumPy index for gather_nd's indices into an array of `shape`.

    Raises:
        InvalidArgumentError: An index is too long or out of range.
    """
    indices = np.asarray(indices)
    depth = indices.shape[-1]
    if batch_dims + depth > len(shape):
        raise errors.invalid(
            op,
            "index innermost dimension length must be <= params rank; saw: "
            f"{depth} vs. {len(shape) - batch_dims}",
        )
    limits = np.array(shape[batch_dims : batch_dims + depth], np.int64)
    outside = ((indices < 0) | (indices >= limits)).any(axis=-1)
    if outside.any():
        raise _bad_index(shape, indices, outside, op)
    parts = tuple(indices[..., i] for i in range(depth))
    return (*batch_grids(shape[:batch_dims], max(indices.ndim - 1, 1)), *parts)


def _bad_index(shape: Any, indices: Any, outside: Any, op: str) -> Exception:
    at = np.argwhere(outside)[0]
    where = f"[{','.join(str(i) for i in at)}]" if len(at) else ""
    text = f"indices{where} = {indices[tuple(at)].tolist()} does not index into "
    node = ""
    if op == "GatherNd":
        text, node = text + "param ", f", node name: {op}"
    return errors.invalid(op, f"{text}shape {to_brackets(shape)}{node}")


class GatherNd(Op):
    """The slices of params at multi-dimensional indices: the last axis is one index."""

    keeps_inputs = (1,)

    def kernel(self, params: Any, indices: Any, batch_dims: int) -> Any:
        params, indices = np.asarray(params), np.asarray(indices)
        if indices.shape[-1] == 0:
            lead = params.shape[:batch_dims]
            count = indices.shape[batch_dims:-1]
            x = params.reshape((*lead, *(1,) * len(count), *params.shape[batch_dims:]))
            return np.broadcast_to(x, (*lead, *count, *params.shape[batch_dims:]))
        return params[nd_location(params.shape, indices, batch_dims, "GatherNd")]

    def infer(
        self, params: TensorSpec, indices: TensorSpec, batch_dims: int
    ) -> TensorSpec:
        p, i = params.dims, indices.dims
        if p is None or i is None or i[-1] is None:
            return TensorSpec.of(None, params.dtype)
        return TensorSpec.of((*i[:-1], *p[batch_dims + i[-1] :]), params.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        params, indices = call.inputs
        batch_dims = call.attrs["batch_dims"]
        shape, index_shape = shape_of(params), shape_of(indices)
        is_rows = index_shape is not None and index_shape[1:] == (1,)
        if is_rows and batch_dims == 0 and len(index_shape) == 2 and shape is not None:
            return slices(dz, reshape(indices, shape=(-1,)), params), None
        attrs = {"shape": shape_for(params), "batch_dims": batch_dims}
        return gather_nd_grad(dz, indices, **attrs), None

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(2, 3, 4))
        yield Sample(x, np.array([[0, 1], [1, 2], [0, 1]], np.int32), batch_dims=0)
        yield Sample(x, np.array([[1], [1]], np.int64), batch_dims=0)
        yield Sample(x, np.array([[[1]], [[2]]], np.int32), batch_dims=1)
        yield Sample(x, np.array([[1, 3], [2, 0]], np.int32), batch_dims=1)
        yield Sample(x, np.array([1, 2, 3], np.int32), batch_dims=0)
        yield Sample(x, np.zeros((2, 0), np.int32), batch_dims=0)


class GatherNdGrad(Op):
    """Zeros of a shape, with the slices of dz added at multi-dimensional indices."""

    keeps_inputs = (1,)

    def kernel(self, dz: Any, indices: Any, shape: Any, batch_dims: int) -> Any:
        dz, indices = np.asarray(dz), np.asarray(indices)
        shape = tuple(shape)
        result = np.zeros(shape, dz.dtype)
        if indices.shape[-1] == 0:
            axes = tuple(range(batch_dims, indices.ndim - 1))
            return result + dz.sum(axis=axes, dtype=dz.dtype)
        key = nd_location(shape, indices, batch_dims, "GatherNd")
        np.add.at(result, key, dz)
        return result

    def infer(self, dz: TensorSpec, indices: Any, shape: Any, batch_dims: int) -> Any:
        return TensorSpec.of(static_value(shape), dz.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        batch_dims = call.attrs["batch_dims"]
        return gather_nd(dz, call.inputs[1], batch_dims=batch_dims), None

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        indices = np.array([[0, 1], [1, 2], [0, 1]], np.int32)
        yield Sample(rng.normal(size=(3, 4)), indices, shape=(2, 3, 4), batch_dims=0)


gather = register(Gather)
gather_grad = register(GatherGrad)
gather_nd = register(GatherNd)
gather_nd_grad = register(GatherNdGrad)


@export("gather")
@takes_composites
def gather_(
    params: Any,
    indices: Any,
    validate_indices: Any = None,
    axis: Any = None,
    batch_dims: int = 0,
    name: str | None = None,
) -> Any:
    """Return the slices of `params` along `axis` that `indices` name.

    Args:
        params: The tensor to look up in.
        indices: Integers in [0, params.shape[axis]).
        validate_indices: Accepted for compatibility; indices are always checked.
        axis: The axis to look along; `batch_dims` by default.
        batch_dims: How many leading dimensions of both are a batch.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: An index, `axis` or `batch_dims` is out of range.
    """
    if hasattr(params, "sparse_read") and not axis and not batch_dims:
        return params.sparse_read(indices, name=name)
    indices = convert(indices)
    params = convert(params)
    check_index_dtype("GatherV2", indices)
    if indices.ndim is not None and batch_dims < 0:
        batch_dims += indices.ndim
    axis = batch_dims if axis is None else int(axis)
    if axis == 0:
        batch_dims = 0  # TensorFlow's rule: axis=0 looks up rows, whatever the batch
    rank = params.ndim
    if rank is not None:
        _check_axis(axis, batch_dims, rank)
        axis = axis + rank if axis < 0 else axis
    return gather(params, indices, axis=axis, batch_dims=batch_dims, name=name)


def _check_axis(axis: int, batch_dims: int, rank: int) -> None:
    if rank == 0:
        raise errors.invalid("GatherV2", "params must be at least 1 dimensional")
    needed = axis + 1 if axis >= 0 else -axis
    if needed > rank:
        raise errors.invalid(
            "GatherV2", f"Shape must be at least rank {needed} but is rank {rank}"
        )
    at = axis + rank if axis < 0 else axis
    if batch_dims > at:
        raise errors.invalid(
            "GatherV2",
            f"batch_dims ({batch_dims}) must be less than or equal to axis ({at}).",
        )


@export("gather_nd")
def gather_nd_(
    params: Any,
    indices: Any,
    batch_dims: Any = 0,
    name: str | None = None,
    bad_indices_policy: str = "",
) -> Any:
    """Return the slices of `params` at the indices in the last axis of `indices`.

    Args:
        params: The tensor to look up in.
        indices: Integers; `indices[..., :]` is one index into the leading axes.
        batch_dims: How many leading dimensions of both are a batch.
        name: A name for the node, in a graph.
        bad_indices_policy: "IGNORE" gives zeros for indices out of range; otherwise
            they are errors.

    Raises:
        InvalidArgumentError: An index is too long or out of range.
        ValueError: `batch_dims` is negative or too large.
    """
    batch_dims = int(batch_dims)
    if batch_dims < 0:
        raise ValueError("tf.gather_nd does not allow negative batch_dims.")
    indices = convert(indices)
    check_index_dtype("GatherNd", indices)
    params = convert(params)
    if indices.ndim == 0:
        raise errors.invalid("GatherNd", "indices must be at least a vector")
    if params.ndim == 0:
        raise errors.invalid("GatherNd", "params must be at least a vector")
    for what, value in (("params", params), ("indices", indices)):
        if value.ndim is not None and batch_dims >= value.ndim:
            raise ValueError(
                f"batch_dims = {batch_dims} must be less than rank({what}) = "
                f"{value.ndim}"
            )
    if bad_indices_policy == "IGNORE":
        return _gather_nd_or_zero(params, indices, batch_dims)
    return gather_nd(params, indices, batch_dims=batch_dims, name=name)


def _gather_nd_or_zero(params: Any, indices: Any, batch_dims: int) -> Any:
    """Return what gather_nd gives, with zeros where an index is out of range."""
    from tensor.ops.array import shape_op, where, zeros_like
    from tensor.ops.compare import greater_equal, less
    from tensor.ops.math import logical_and
    from tensor.ops.reduce import reduce_all

    depth = indices.static_shape[-1]
    limits = shape_op(params, out_type=indices.dtype)[batch_dims : batch_dims + depth]
    zeros = zeros_like(indices)
    inside = logical_and(greater_equal(indices, zeros), less(indices, limits))
    valid = reduce_all(inside, axis=(-1,), keepdims=True)
    found = gather_nd(params, where(valid, indices, zeros), batch_dims=batch_dims)
    extra = found.ndim - valid.ndim + 1
    valid = reshape(valid, shape=(*valid.static_shape[:-1], *(1,) * extra))
    return where(valid, found, zeros_like(found))
