"""Selecting by indices of several dimensions: gather_nd and its gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, register
from tensor.core.shapes import to_brackets
from tensor.core.tensor import element
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import (
    reshape,
    shape_for,
    shape_op,
    static_value,
    where,
    zeros_like,
)
from tensor.ops.bad_indices import ignores_bad_indices, valid_indices
from tensor.ops.families import shape_of
from tensor.ops.indices import batch_grids, check_index_dtype, slices

if TYPE_CHECKING:
    from collections.abc import Iterator


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
        raise _bad_index(shape, indices, outside, batch_dims, op)
    parts = tuple(indices[..., i] for i in range(depth))
    return (*batch_grids(shape[:batch_dims], max(indices.ndim - 1, 1)), *parts)


def _bad_index(
    shape: Any, indices: Any, outside: Any, batch_dims: int, op: str
) -> Exception:
    """Return the error for the last index that is out of range, as in TensorFlow."""
    at = np.argwhere(outside)[-1]
    where = f"[{','.join(str(i) for i in at)}]" if len(at) else ""
    index = [*at[:batch_dims].tolist(), *indices[tuple(at)].tolist()]
    text = f"indices{where} = {index} does not index into "
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
        at = nd_location(params.shape, indices, batch_dims, "GatherNd")
        return element(params[at])

    def infer(
        self, params: TensorSpec, indices: TensorSpec, batch_dims: int
    ) -> TensorSpec:
        p, i = params.dims, indices.dims
        if p is None or i is None or i[-1] is None:
            return TensorSpec.of(None, params.dtype)
        if batch_dims + i[-1] > len(p):
            raise errors.invalid(
                "GatherNd",
                "indices.shape[-1] must be <= params.rank, but saw indices shape: "
                f"{to_brackets(i)} and params shape: {to_brackets(p)}",
            )
        return TensorSpec.of((*i[:-1], *p[batch_dims + i[-1] :]), params.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        params, indices = call.inputs
        batch_dims = call.attrs["batch_dims"]
        shape, index_shape = shape_of(params), shape_of(indices)
        is_rows = index_shape is not None and index_shape[1:] == (1,)
        if is_rows and batch_dims == 0 and shape is not None:
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


gather_nd = register(GatherNd)
gather_nd_grad = register(GatherNdGrad)


@export("gather_nd")
@takes_composites
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
        bad_indices_policy: "IGNORE" gives zeros for indices out of range; by default,
            and with "ERROR", they are errors.

    Raises:
        InvalidArgumentError: An index is too long or out of range.
        ValueError: `batch_dims` is negative or too large.
    """
    batch_dims = int(batch_dims)
    if batch_dims < 0:
        raise ValueError(
            f"tf.gather_nd does not allow negative batch_dims. Got {batch_dims}."
        )
    indices = convert(indices)
    check_index_dtype("GatherNd", indices)
    params = convert(params)
    if indices.ndim == 0:
        raise errors.invalid(
            "GatherNd", "indices must be at least a vector, got shape []"
        )
    if params.ndim == 0:
        raise errors.invalid(
            "GatherNd", "params must be at least a vector, got shape []"
        )
    for what, value in (("params", params), ("indices", indices)):
        if value.ndim is not None and batch_dims >= value.ndim:
            raise ValueError(
                f"batch_dims = {batch_dims} must be less than rank({what}) = "
                f"{value.ndim}"
            )
    if ignores_bad_indices(bad_indices_policy, "GatherNd"):
        return _gather_nd_or_zero(params, indices, batch_dims)
    return gather_nd(params, indices, batch_dims=batch_dims, name=name)


def _gather_nd_or_zero(params: Any, indices: Any, batch_dims: int) -> Any:
    """Return what gather_nd gives, with zeros where an index is out of range."""
    shape = shape_op(params, out_type=indices.dtype)[batch_dims:]
    valid, inside = valid_indices(indices, shape)
    found = gather_nd(params, inside, batch_dims=batch_dims)
    return _or_else(valid, found, zeros_like(found))


def _or_else(valid: Any, slices: Any, others: Any) -> Any:
    """Return one slice per index: others where `valid_indices` found it not valid."""
    for _ in range(slices.ndim - valid.ndim):
        valid = valid[..., None]
    if slices.ndim < valid.ndim:
        valid = valid[..., 0]
    return where(valid, slices, others)
