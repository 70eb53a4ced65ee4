"""Rows dealt out and put together: dynamic_partition, dynamic_stitch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.call import is_symbolic
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, register
from tensor.core.shape_algebra import unify
from tensor.core.shapes import are_compatible, to_brackets
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.facts import get_static_value
from tensor.ops.gather import gather

if TYPE_CHECKING:
    from collections.abc import Iterator


class DynamicPartition(Op):
    """The rows of x dealt out to `num_partitions` tensors, by a number for each."""

    keeps_inputs = (1,)
    shape_depends_on_values = True

    def kernel(self, x: Any, partitions: Any, num_partitions: int) -> Any:
        x, parts = np.asarray(x), np.asarray(partitions)
        outside = (parts < 0) | (parts >= num_partitions)
        if outside.any():
            at = tuple(np.argwhere(outside)[0])
            where = f"[{','.join(str(i) for i in at)}]" if at else ""
            raise errors.invalid(
                self.type_name,
                f"partitions{where} = {parts[at]} is not in [0, {num_partitions})",
            )
        return tuple(x[parts == i] for i in range(num_partitions))

    def infer(self, x: TensorSpec, partitions: TensorSpec, num_partitions: int) -> Any:
        dims = None
        if x.dims is not None and partitions.dims is not None:
            dims = (None, *x.dims[len(partitions.dims) :])
        return tuple(TensorSpec.of(dims, x.dtype) for _ in range(num_partitions))

    def gradient(self, call: Any, *dz: Any) -> Any:
        return dynamic_partition_grad(call.inputs[1], *dz), None

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        parts = np.array([0, 2, 0, 1], np.int32)
        yield Sample(rng.normal(size=(4, 2)), parts, num_partitions=3)


class DynamicPartitionGrad(Op):
    """Rows that a partition dealt out, each back in its place."""

    keeps_inputs = (0,)

    def kernel(self, *values: Any) -> Any:
        partitions, *rows = values
        partitions = np.asarray(partitions)
        first = np.asarray(rows[0])
        result = np.empty((*partitions.shape, *first.shape[1:]), first.dtype)
        for i, part in enumerate(rows):
            result[partitions == i] = part
        return result

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        partitions, *rows = specs
        if rows[0].dims is None or partitions.dims is None:
            return TensorSpec.of(None, rows[0].dtype)
        return TensorSpec.of((*partitions.dims, *rows[0].dims[1:]), rows[0].dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        count = len(call.inputs) - 1
        parts = dynamic_partition(dz, call.inputs[0], num_partitions=count)
        return (None, *parts)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        parts = np.array([0, 1, 0], np.int32)
        yield Sample(parts, rng.normal(size=(2, 2)), rng.normal(size=(1, 2)))


class DynamicStitch(Op):
    """Rows of several tensors put where their indices say; later ones win.

    Inputs are `n` tensors of indices, then `n` of rows.
    """

    shape_depends_on_values = True

    def kernel(self, *values: Any, n: int) -> Any:
        indices = [np.asarray(v) for v in values[:n]]
        rows = [np.asarray(v) for v in values[n:]]
        count = max((int(i.max()) + 1 for i in indices if i.size), default=0)
        row_shape = rows[0].shape[indices[0].ndim :]
        result = np.zeros((count, *row_shape), rows[0].dtype)
        for i, (index, value) in enumerate(zip(indices, rows, strict=True)):
            if (index < 0).any():
                raise errors.invalid(
                    self.type_name,
                    f"indices[{i}] is out of range: it holds {index.min()}",
                )
            _check_rows(indices, rows, i)
            result[index] = value
        return result

    def infer(self, *specs: TensorSpec, n: int) -> TensorSpec:
        rest: Any = None
        for index, row in zip(specs[:n], specs[n:], strict=True):
            if index.dims is not None and row.dims is not None:
                rest = unify(rest, row.dims[len(index.dims) :])
        dtype = specs[n].dtype
        return TensorSpec.of(None if rest is None else (None, *rest), dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        n = call.attrs["n"]
        taken = [gather(dz, i, axis=0, batch_dims=0) for i in call.inputs[:n]]
        return (None,) * n + tuple(taken)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        first, second = np.array([0, 2], np.int32), np.array(1, np.int32)
        yield Sample(first, second, rng.normal(size=(2, 3)), rng.normal(size=(3,)), n=2)


def _check_rows(indices: list[Any], rows: list[Any], i: int) -> None:
    """Check that the i-th rows have the shape of the first."""
    first = rows[0].shape[indices[0].ndim :]
    if rows[i].shape[indices[i].ndim :] != first:
        raise errors.invalid(
            "DynamicStitch",
            f"Need data[0].shape[{indices[0].ndim}:] = "
            f"data[{i}].shape[{indices[i].ndim}:], got data[0].shape = "
            f"{to_brackets(rows[0].shape)}, data[{i}].shape = "
            f"{to_brackets(rows[i].shape)}",
        )


dynamic_partition = register(DynamicPartition)
dynamic_partition_grad = register(DynamicPartitionGrad)
dynamic_stitch = register(DynamicStitch)


@export("dynamic_partition")
@takes_composites
def dynamic_partition_(
    data: Any, partitions: Any, num_partitions: int, name: str | None = None
) -> Any:
    """Return `num_partitions` tensors with the rows of `data` dealt out to them.

    Raises:
        InvalidArgumentError: A number in `partitions` is out of range, or their shape
            does not begin the shape of `data`.
    """
    x, parts = convert(data), convert(partitions, dtypes.int32)
    dims, given = x.static_shape, parts.static_shape
    if None not in (dims, given) and not are_compatible(dims[: len(given)], given):
        raise errors.invalid(
            "DynamicPartition",
            "data.shape must start with partitions.shape, got data.shape = "
            f"{to_brackets(x.static_shape)}, partitions.shape = "
            f"{to_brackets(parts.static_shape)}",
        )
    if num_partitions < 1:
        raise errors.invalid(
            "DynamicPartition",
            f"Value for attr 'num_partitions' of {num_partitions} must be at least "
            "minimum 1",
        )
    return list(dynamic_partition(x, parts, num_partitions=int(num_partitions)))


@export("dynamic_stitch")
def dynamic_stitch_(indices: Any, data: Any, name: str | None = None) -> Any:
    """Return one tensor with the rows of `data` where `indices` say.

    Raises:
        InvalidArgumentError: There are not as many `indices` as `data`, or shapes do
            not fit.
    """
    places = [convert(i, dtypes.int32) for i in indices]
    if not places:
        raise errors.invalid("DynamicStitch", "Expected at least one tensor, got none")
    first = convert(data[0])
    rows = [first, *[convert(d, first.dtype) for d in data[1:]]]
    if len(places) != len(rows):
        raise errors.invalid(
            "DynamicStitch",
            f"expected inputs for {len(places)} indices do not match {len(rows)} data "
            "tensors. Give one tensor of indices for each tensor of data.",
        )
    for i, (place, row) in enumerate(zip(places, rows, strict=True)):
        dims, given = row.static_shape, place.static_shape
        if None in (dims, given) or are_compatible(dims[: len(given)], given):
            continue
        raise errors.invalid(
            "DynamicStitch",
            f"data[{i}].shape = {to_brackets(dims)} does not start with "
            f"indices[{i}].shape = {to_brackets(given)}. Dimensions must be equal",
        )
    result = dynamic_stitch(*places, *rows, n=len(places), name=name)
    known = [get_static_value(place) for place in places]
    if (
        is_symbolic(result)
        and result.static_shape
        and all(v is not None for v in known)
    ):
        count = max((int(np.max(v)) + 1 for v in known if np.size(v)), default=0)
        result.set_shape((count, *result.static_shape[1:]))
    return result
