"""Ragged tensors grouped and counted: segments, partitions, bincount, running sums."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import names_in
from tensor.core.registry import get_op
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import cast_, reshape
from tensor.ops.array_functions import array_function
from tensor.ops.gather import gather
from tensor.ops.ragged.dispatch import HANDLERS, take
from tensor.ops.ragged.partitions import splits_to_rowids
from tensor.ops.ragged.ragged_tensor import RaggedTensor
from tensor.ops.ragged.reductions import axis_of, reduce_segments


def _segment(kind: str) -> Any:
    """Return what reduces the rows of each segment place by place."""

    def unsorted_segment(
        data: Any, segment_ids: Any, num_segments: Any, name: Any = None
    ) -> Any:
        if isinstance(segment_ids, RaggedTensor):
            return names_in("math")[f"unsorted_segment_{kind}"](
                data.values, segment_ids.values, num_segments
            )
        ids = convert(segment_ids)
        data.shape[:1].assert_is_compatible_with(ids.shape)
        count = num_segments
        if kind not in ("mean", "sqrt_n"):
            return reduce_segments(kind.title(), data, ids, count)
        total = reduce_segments("Sum", data, ids, count)
        ones = data.with_flat_values(get_op("OnesLike")(data.flat_values))
        counts = reduce_segments("Sum", ones, ids, count)
        if kind == "sqrt_n":
            counts = counts.with_flat_values(get_op("Sqrt")(counts.flat_values))
        return total / counts

    return unsorted_segment


def dynamic_partition(
    data: Any, partitions: Any, num_partitions: int, name: Any = None
) -> list[Any]:
    """Return the rows of each partition; of ragged partitions, the values."""
    if isinstance(partitions, RaggedTensor):
        return dynamic_partition(data.values, partitions.values, num_partitions)
    if not isinstance(data, RaggedTensor):
        return list(names_in("")["dynamic_partition"](data, partitions, num_partitions))
    numbers = convert(partitions)
    return [
        take(data, reshape(get_op("Where")(numbers == i), shape=(-1,)))
        for i in range(num_partitions)
    ]


def _counts_spec(
    values: TensorSpec, weights: TensorSpec, splits: TensorSpec, **attrs: Any
) -> TensorSpec:
    rows = None if splits.dims is None else splits.dims[0]
    count = None if rows is None else rows - 1
    return TensorSpec.of((count, None), attrs["dtype"])


@array_function(
    "RaggedBincount",
    _counts_spec,
    [3, 1, 3],
    np.zeros(0, np.int32),
    [0, 2, 3],
    minlength=0,
    maxlength=None,
    binary=False,
    dtype=dtypes.int32,
)
def counts_of_rows(
    values: Any,
    weights: Any,
    splits: Any,
    minlength: Any,
    maxlength: Any,
    binary: bool,
    dtype: dtypes.DType,
) -> Any:
    """How often each number occurs in each row, or the sums of its weights if given."""
    if values.size and values.min() < 0:
        raise errors.invalid("RaggedBincount", "Input must be non-negative")
    size = max(int(values.max()) + 1 if values.size else 0, int(minlength or 0))
    size = size if maxlength is None else min(size, int(maxlength))
    rows = np.repeat(np.arange(len(splits) - 1), np.diff(splits))
    kept = values < size
    places = (rows * size + values)[kept]
    given = weights[kept].astype(np.float64) if weights.size else None
    counts = np.bincount(places, given, (len(splits) - 1) * size)
    counts = np.minimum(counts, 1) if binary else counts
    return counts.astype(dtype.numpy_dtype).reshape(len(splits) - 1, size)


def bincount(
    arr: Any,
    weights: Any = None,
    minlength: Any = None,
    maxlength: Any = None,
    dtype: Any = dtypes.int32,
    name: Any = None,
    axis: Any = None,
    binary_output: bool = False,
) -> Any:
    """Return how often each number occurs: in all, or (axis=-1) in each row.

    Raises:
        ValueError: The weights are not as ragged as the numbers.
    """
    if weights is not None and not isinstance(weights, RaggedTensor):
        raise ValueError(
            "`weights` must be a RaggedTensor if `values` is a RaggedTensor. Received "
            f"argument weights={weights} of type: {type(weights).__name__}."
        )
    if axis in (0, None):
        flat = None if weights is None else weights.flat_values
        return names_in("math")["bincount"](
            arr.flat_values,
            flat,
            minlength,
            maxlength,
            dtype,
            name,
            None,
            binary_output,
        )
    none = convert(np.zeros(0, np.int32))
    given = none if weights is None or binary_output else weights.flat_values
    return counts_of_rows(
        arr.flat_values,
        given,
        arr.row_splits,
        minlength=minlength,
        maxlength=maxlength,
        binary=bool(binary_output),
        dtype=dtypes.as_dtype(dtype) if given is none else given.dtype,
    )


def cumsum(
    x: Any,
    axis: Any = 0,
    exclusive: bool = False,
    reverse: bool = False,
    name: Any = None,
) -> Any:
    """Return running sums along an axis of a ragged tensor."""
    at = axis_of(axis, x.shape.rank)
    options = {"exclusive": bool(exclusive), "reverse": bool(reverse)}
    sums = names_in("math")["cumsum"]
    if at > x.ragged_rank:
        return x.with_flat_values(sums(x.flat_values, at - x.ragged_rank, **options))
    if at < x.ragged_rank:
        dense = sums(x.to_tensor(), at, **options)
        lengths = x.nested_row_lengths()
        return RaggedTensor.from_tensor(dense, lengths=lengths)
    # Sums over all rows, less what came before (or comes after) each row.
    splits = x.nested_row_splits[-1]
    flat = x.flat_values
    running = sums(flat, 0, **options)
    first = get_op("ConcatV2")(get_op("ZerosLike")(flat[:1]), sums(flat, 0), axis=0)
    before = gather(first, splits[:-1], axis=0, batch_dims=0)
    if options["reverse"]:
        before = first[-1:] - gather(first, splits[1:], axis=0, batch_dims=0)
    each = gather(before, splits_to_rowids(splits), axis=0, batch_dims=0)
    return x.with_flat_values(running - cast_(each, running.dtype))


HANDLERS.update(
    {
        f"unsorted_segment_{kind}": _segment(kind)
        for kind in ("sum", "prod", "max", "min", "mean", "sqrt_n")
    }
)
HANDLERS.update(
    {"dynamic_partition": dynamic_partition, "bincount": bincount, "cumsum": cumsum}
)
