"""Writing by index: scatter_nd, tensor_scatter_nd_*, and sums over segments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, register
from tensor.core.shapes import TensorShape, to_brackets
from tensor.core.tensor import EagerTensor, Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import (
    as_static_shape,
    ones_like,
    shape_for,
    shape_op,
    static_value,
    where,
    zeros_like,
)
from tensor.ops.bad_indices import ignores_bad_indices, without_bad_indices
from tensor.ops.families import shape_of
from tensor.ops.gather import check_index_dtype, gather_nd, nd_location
from tensor.ops.reduction import together
from tensor.ops.scatter_shapes import check_static_updates, check_updates

if TYPE_CHECKING:
    from collections.abc import Iterator


class UnsortedSegmentSum(Op):
    """The sum of the rows of each segment; ids say which segment a row belongs to.

    `ids` may have several dimensions: they are the leading ones of x. Rows of negative
    ids belong to no segment.
    """

    names = ("math.unsorted_segment_sum",)
    keeps_inputs = (1,)

    def kernel(self, x: Any, ids: Any, num_segments: Any) -> Any:
        x, ids, count = np.asarray(x), np.asarray(ids), int(num_segments)
        row_shape = x.shape[ids.ndim :]
        rows, ids = x.reshape((ids.size, *row_shape)), ids.reshape(-1)
        check_segment_ids(ids, count, self.type_name)
        result = np.zeros((count, *row_shape), x.dtype)
        # Sorted by segment, each segment is one stretch: several times faster than
        # np.add.at, and the order of the sum does not depend on the other segments.
        order = np.argsort(ids, kind="stable")
        order = order[np.count_nonzero(ids < 0) :]
        if order.size and rows.size:
            sorted_ids = ids[order]
            starts = np.flatnonzero(np.diff(sorted_ids, prepend=-1))
            result[sorted_ids[starts]] = np.add.reduceat(rows[order], starts, axis=0)
        return result

    def infer(self, x: TensorSpec, ids: TensorSpec, num_segments: Any) -> TensorSpec:
        count = None if isinstance(num_segments, Tensor) else int(num_segments)
        if x.dims is None or ids.dims is None:
            return TensorSpec.of(None, x.dtype)
        return TensorSpec.of((count, *x.dims[len(ids.dims) :]), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return gather_or_zero(dz, call.inputs[1]), None

    def public(
        self, data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
    ) -> Any:
        x, ids = convert(data), convert(segment_ids)
        check_segments(x, ids, self.type_name)
        count = segment_count(num_segments, self.type_name)
        return self(x, ids, num_segments=count, name=name)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        ids = np.array([2, 0, -1, 2, 0], np.int32)
        yield Sample(rng.normal(size=(5, 3)), ids, num_segments=4)
        yield Sample(rng.normal(size=(5,)), ids, num_segments=np.int32(3))
        yield Sample(rng.normal(size=(1, 5, 2)), ids[None].astype(int), num_segments=3)
        yield Sample(rng.normal(size=(0, 2)), ids[:0], num_segments=2)


def segment_count(num_segments: Any, op_type: str) -> Any:
    """Return a number of segments as an int, or as a symbolic tensor.

    Raises:
        InvalidArgumentError: It is no scalar.
    """
    if isinstance(num_segments, Tensor) and type(num_segments) is not EagerTensor:
        return num_segments
    if np.ndim(num_segments):
        raise errors.invalid(
            op_type,
            "num_segments should be a scalar, not shape "
            f"{to_brackets(np.shape(num_segments))}",
        )
    return int(num_segments)


def check_segments(x: Any, ids: Any, op_type: str) -> None:
    """Check that the shape of `ids` begins the shape of `x`.

    Raises:
        InvalidArgumentError: It does not.
    """
    dims, ids_dims = shape_of(x), shape_of(ids)
    if dims is None or ids_dims is None:
        return
    pairs = zip(dims, ids_dims, strict=False)
    if len(dims) < len(ids_dims) or any(
        None not in (a, b) and a != b for a, b in pairs
    ):
        raise errors.invalid(
            op_type,
            f"data.shape = {list(dims)} does not start with segment_ids.shape = "
            f"{list(ids_dims)}. Dimensions must be equal",
        )


def check_segment_ids(ids: Any, count: int, op_type: str) -> None:
    """Check that flat segment ids are below the number of segments.

    Raises:
        InvalidArgumentError: One is not, or the number is negative.
    """
    if count < 0:
        raise errors.invalid(
            op_type, f"Input num_segments == {count} must not be negative."
        )
    outside = np.flatnonzero(ids >= count)
    if outside.size:
        at = outside[0]
        raise errors.invalid(
            op_type, f"segment_ids[{at}] = {ids[at]} is out of range [0, {count})"
        )


class GatherOrZero(Op):
    """The rows of params that ids name; zeros for negative ids."""

    keeps_inputs = (1,)

    def kernel(self, params: Any, ids: Any) -> Any:
        valid = np.asarray(ids) >= 0
        if valid.all():
            return np.take(params, ids, axis=0)
        rows = np.zeros((*valid.shape, *params.shape[1:]), params.dtype)
        rows[valid] = params[ids[valid]]
        return rows

    def infer(self, params: TensorSpec, ids: TensorSpec) -> TensorSpec:
        if params.dims is None or ids.dims is None:
            return TensorSpec.of(None, params.dtype)
        return TensorSpec.of((*ids.dims, *params.dims[1:]), params.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        params, ids = call.inputs
        return unsorted_segment_sum(dz, ids, num_segments=shape_for(params)[0]), None

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        ids = np.array([[2, 0], [-1, 2]], np.int32)
        yield Sample(rng.normal(size=(3, 2)), ids)
        yield Sample(rng.normal(size=(3,)), ids[0])


gather_or_zero = register(GatherOrZero)


class ScatterNd(Op):
    """Zeros of a shape, with the updates added at multi-dimensional indices."""

    keeps_inputs = (0,)

    def kernel(self, indices: Any, updates: Any, shape: Any) -> Any:
        indices, updates = np.asarray(indices), np.asarray(updates)
        shape = tuple(int(d) for d in shape)
        check_updates(shape, indices.shape, updates.shape, self.type_name)
        result = np.zeros(shape, updates.dtype)
        if updates.dtype.kind == "O":
            result[...] = b""
        if indices.shape[-1] == 0:
            lead = tuple(range(indices.ndim - 1))
            return result + updates.sum(axis=lead, dtype=updates.dtype)
        key = nd_location(shape, indices, 0, self.type_name)
        np.add.at(result, key, updates)
        return result

    def infer(self, indices: Any, updates: TensorSpec, shape: Any) -> TensorSpec:
        dims = static_value(shape)
        check_static_updates(dims, indices.dims, updates.dims)
        return TensorSpec.of(dims, updates.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return None, gather_nd(dz, call.inputs[0], batch_dims=0)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        indices = np.array([[1], [3], [1]], np.int32)
        yield Sample(indices, rng.normal(size=(3, 2)), shape=(4, 2))
        pairs = np.array([[1, 0], [3, 1]], np.int64)
        yield Sample(pairs, rng.normal(size=(2,)), shape=(4, 2))


class _TensorScatter(Op):
    """A copy of a tensor with the slices at multi-dimensional indices changed."""

    combine: Any = None

    def kernel(self, x: Any, indices: Any, updates: Any) -> Any:
        result, indices = np.array(x), np.asarray(indices)
        check_updates(result.shape, indices.shape, np.shape(updates), self.type_name)
        if indices.shape[-1] == 0:
            for update in np.reshape(updates, (-1, *result.shape)):
                result = self.combine(result, update) if self.combine else update
            return result
        key = nd_location(result.shape, indices, 0, self.type_name)
        if self.combine is None:
            result[key] = updates
        else:
            self.combine.at(result, key, updates)
        return result

    def infer(self, x: TensorSpec, indices: Any, updates: Any) -> TensorSpec:
        check_static_updates(x.dims, indices.dims, updates.dims)
        return TensorSpec.of(x.dims, x.dtype)

    def public(
        self,
        tensor: Any,
        indices: Any,
        updates: Any,
        bad_indices_policy: str = "",
        name: str | None = None,
    ) -> Any:
        x = convert(tensor)
        indices, updates = convert(indices), convert(updates, x.dtype)
        check_index_dtype(self.type_name, indices)
        if ignores_bad_indices(bad_indices_policy, self.type_name):
            limits = shape_op(x, out_type=indices.dtype)
            indices, updates = without_bad_indices(indices, updates, limits)
        return self(x, indices, updates, name=name)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        # Indices that differ: the last of equal ones wins, which is no function.
        x = rng.normal(size=(4, 2))
        yield Sample(x, np.array([[1], [3]], np.int32), rng.normal(size=(2, 2)))
        yield Sample(x, np.array([[1, 0], [3, 1]], np.int64), rng.normal(size=(2,)))


class TensorScatterUpdate(_TensorScatter):
    """A copy of a tensor with the slices at multi-dimensional indices replaced."""

    keeps_inputs = (1,)

    def gradient(self, call: Any, dz: Any) -> Any:
        indices = call.inputs[1]
        zeros = zeros_like(gather_nd(dz, indices, batch_dims=0))
        return (
            tensor_scatter_update(dz, indices, zeros),
            None,
            gather_nd(dz, indices, batch_dims=0),
        )


class TensorScatterAdd(_TensorScatter):
    """A copy of a tensor with updates added at multi-dimensional indices."""

    names = ("tensor_scatter_nd_add",)
    keeps_inputs = (1,)
    combine = np.add

    def gradient(self, call: Any, dz: Any) -> Any:
        return dz, None, gather_nd(dz, call.inputs[1], batch_dims=0)


class TensorScatterSub(_TensorScatter):
    """A copy of a tensor with updates subtracted at multi-dimensional indices."""

    names = ("tensor_scatter_nd_sub",)
    keeps_inputs = (1,)
    combine = np.subtract

    def gradient(self, call: Any, dz: Any) -> Any:
        return dz, None, -gather_nd(dz, call.inputs[1], batch_dims=0)


class _TensorScatterExtreme(_TensorScatter):
    """The larger or smaller of a tensor and updates; ties share the gradient."""

    keeps_output = True

    def gradient(self, call: Any, dz: Any) -> Any:
        x, indices, updates = call.inputs
        chosen = gather_nd(call.output, indices, batch_dims=0)
        from_x = where(x == call.output, ones_like(x), zeros_like(x))
        is_update = updates == chosen
        from_updates = where(is_update, ones_like(updates), zeros_like(updates))
        ties = tensor_scatter_add(from_x, indices, from_updates)
        share = dz / ties
        return (
            from_x * share,
            None,
            from_updates * gather_nd(share, indices, batch_dims=0),
        )


class TensorScatterMax(_TensorScatterExtreme):
    """A copy of a tensor with the maximum taken at multi-dimensional indices."""

    names = ("tensor_scatter_nd_max",)
    combine = np.maximum


class TensorScatterMin(_TensorScatterExtreme):
    """A copy of a tensor with the minimum taken at multi-dimensional indices."""

    names = ("tensor_scatter_nd_min",)
    combine = np.minimum


unsorted_segment_sum = register(UnsortedSegmentSum)
scatter_nd_op = register(ScatterNd)
tensor_scatter_update = register(TensorScatterUpdate)
tensor_scatter_add = register(TensorScatterAdd)
tensor_scatter_sub = register(TensorScatterSub)
tensor_scatter_max = register(TensorScatterMax)
tensor_scatter_min = register(TensorScatterMin)


@export("tensor_scatter_nd_update")
def tensor_scatter_nd_update(
    tensor: Any, indices: Any, updates: Any, name: str | None = None
) -> Any:
    """Return a copy of `tensor` with the slices at indices replaced by `updates`.

    Args:
        tensor: The tensor to copy.
        indices: Integers; `indices[..., :]` is one index into the leading axes.
        updates: One slice per index.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: An index is out of range, or shapes do not fit.
    """
    return tensor_scatter_update.public(tensor, indices, updates, name=name)


@export("scatter_nd")
def scatter_nd(
    indices: Any,
    updates: Any,
    shape: Any,
    bad_indices_policy: str = "",
    name: str | None = None,
) -> Any:
    """Return zeros of `shape` with `updates` added at `indices`.

    Args:
        indices: Integers; `indices[..., :]` is one index into the leading axes.
        updates: One slice per index; those of equal indices add up.
        shape: The shape of the result.
        bad_indices_policy: "IGNORE" leaves out indices that are out of range.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: An index is out of range, or shapes do not fit.
    """
    indices = convert(indices)
    check_index_dtype("ScatterNd", indices)
    shape = together(shape)
    rank = shape.ndim if isinstance(shape, Tensor) else np.ndim(shape)
    if rank not in (1, None) and not isinstance(shape, TensorShape):
        raise errors.invalid("ScatterNd", f"Shape must be a vector, got {shape!r}")
    dims = as_static_shape(shape)
    if isinstance(dims, tuple) and any(d < 0 for d in dims):
        raise errors.invalid("ScatterNd", f"Dimension {min(dims)} must be >= 0")
    updates = convert(updates)
    if ignores_bad_indices(bad_indices_policy, "ScatterNd"):
        limits = convert(dims, indices.dtype)
        indices, updates = without_bad_indices(indices, updates, limits)
    return scatter_nd_op(indices, updates, shape=dims, name=name)
