"""Selecting slices along one axis by index: gather and its gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.call import is_symbolic
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, register
from tensor.core.shapes import Dims, merge, num_elements
from tensor.core.tensor import element
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import (
    reshape,
    shape_for,
    static_value,
)
from tensor.ops.families import shape_of
from tensor.ops.gather_nd import gather_nd as gather_nd, nd_location as nd_location
from tensor.ops.indices import (
    batch_grids,
    check_index_dtype as check_index_dtype,
    slices,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


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
        params, indices, axis = np.asarray(params), np.asarray(indices), int(axis)
        _check_axis(axis, batch_dims, params.ndim)
        _check_indices(indices, params.shape[axis])
        if batch_dims == 0:
            found = element(np.take(params, indices, axis=axis))
            return found if found.dtype.hasobject else found[()]
        at = _location(params, indices, axis, batch_dims)
        return at.restore(np.moveaxis(params, axis, batch_dims)[at.key])

    def infer(
        self, params: TensorSpec, indices: TensorSpec, axis: int, batch_dims: int
    ) -> TensorSpec:
        p, i = params.dims, indices.dims
        if p is None or i is None:
            return TensorSpec.of(None, params.dtype)
        if is_symbolic(axis):
            rank = len(p) + len(i) - batch_dims - 1
            return TensorSpec.of((None,) * rank, params.dtype)
        lead = merge(p[:batch_dims], i[:batch_dims]) or ()
        dims = (*lead, *p[batch_dims:axis], *i[batch_dims:], *p[axis + 1 :])
        return TensorSpec.of(dims, params.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        params, indices = call.inputs
        axis, batch_dims = call.attrs["axis"], call.attrs["batch_dims"]
        shape = shape_of(params)
        is_rows = not is_symbolic(axis) and axis == 0 and batch_dims == 0
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
    axis %= params.ndim
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
        dz, indices, axis = np.asarray(dz), np.asarray(indices), int(axis)
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


gather = register(Gather)
gather_grad = register(GatherGrad)


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
    if is_symbolic(axis):
        batch_dims = _batch_number(batch_dims, indices.ndim)
        return gather(params, indices, axis=axis, batch_dims=batch_dims, name=name)
    axis = batch_dims if axis is None else int(axis)
    if axis == 0:
        batch_dims = 0  # TensorFlow's rule: axis=0 looks up rows, whatever the batch
    rank = params.ndim
    if rank is not None:
        _check_axis(axis, 0, rank)
    batch_dims = _batch_number(batch_dims, indices.ndim)
    if rank is not None:
        _check_axis(axis, batch_dims, rank)
        axis = axis + rank if axis < 0 else axis
    return gather(params, indices, axis=axis, batch_dims=batch_dims, name=name)


def _batch_number(batch_dims: int, rank: int | None) -> int:
    """Return how many dimensions are a batch; negative numbers count from the end.

    Raises:
        InvalidArgumentError: The indices have not so many.
    """
    if rank is None or not batch_dims:
        return batch_dims
    if not -rank <= batch_dims <= rank:
        raise errors.invalid(
            "GatherV2",
            f"Expected batch_dims in the range [{-rank}, {rank}], but got {batch_dims}",
        )
    return batch_dims + rank if batch_dims < 0 else batch_dims


def _check_axis(axis: int, batch_dims: int, rank: int) -> None:
    if rank == 0:
        raise errors.invalid(
            "GatherV2",
            "params must be at least 1 dimensional, got shape []. Shape must be at "
            "least rank 1 but is rank 0",
        )
    needed = axis + 1 if axis >= 0 else -axis
    if needed > rank:
        raise errors.invalid(
            "GatherV2", f"Shape must be at least rank {needed} but is rank {rank}"
        )
    at = axis + rank if axis < 0 else axis
    if batch_dims >= rank:
        raise errors.invalid(
            "GatherV2",
            f"batch_dims ({batch_dims}) must be less than rank(params) ({rank}).",
        )
    if batch_dims > at:
        raise errors.invalid(
            "GatherV2",
            f"batch_dims ({batch_dims}) must be less than or equal to axis ({at}).",
        )
