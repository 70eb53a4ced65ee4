"""Slices of ragged tensors by number: gather along any axis, in batches; gather_nd."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.registry import get_op
from tensor.ops.array import cast_, reshape
from tensor.ops.array_functions import array_function, like
from tensor.ops.gather import gather as gather_array
from tensor.ops.gather_nd import gather_nd_ as gather_nd_array
from tensor.ops.ragged.dispatch import HANDLERS, expand_dims, gather_rows, take
from tensor.ops.ragged.partitions import splits_to_rowids
from tensor.ops.ragged.ragged_tensor import RaggedTensor
from tensor.ops.ragged.rearranging import tile
from tensor.ops.ragged.reductions import axis_of
from tensor.ops.repetition import tile_ as tile_array


@array_function(
    "PlacesInRows",
    lambda *specs: like(specs[-1]),
    [1, 0],
    [0, 1],
    [0, 2, 3],
)
def places_in_rows(indices: Any, rows: Any, splits: Any) -> Any:
    """Where values stand that are named by their row and their place in it."""
    starts, lengths = splits[:-1][rows], np.diff(splits)[rows]
    wrong = np.flatnonzero((indices < 0) | (indices >= lengths))
    if wrong.size:
        at = wrong[0]
        raise errors.invalid(
            "RaggedGather",
            f"indices[{at}] = {indices[at]} is not in [0, {lengths[at]})",
        )
    return (starts + indices).astype(splits.dtype)


def gather(
    params: Any,
    indices: Any,
    validate_indices: Any = None,
    axis: Any = None,
    batch_dims: int = 0,
    name: Any = None,
) -> Any:
    """Return slices of a tensor along an axis, of which either may be ragged.

    Raises:
        ValueError: There is no such axis, or it is one of the batch.
    """
    params, indices = (
        v if isinstance(v, RaggedTensor) else convert(v) for v in (params, indices)
    )
    rank = len(indices.shape)
    first = -rank if rank else 0
    if batch_dims and not first <= batch_dims < rank:
        raise ValueError(
            f"batch_dims={batch_dims} out of bounds: expected "
            f"{first}<=batch_dims<{rank}"
        )
    batch = batch_dims % rank if batch_dims else 0
    at = batch if axis is None else axis_of(axis, len(params.shape))
    if at < batch:
        raise ValueError(
            f"axis must be greater than or equal to batch_dims, got {at} and {batch}"
        )
    if not batch and not at:
        return gather_rows(params, indices)
    return _in_batches(params, indices, batch, at)


def _in_batches(params: Any, indices: Any, batch: int, axis: int) -> Any:
    if not isinstance(params, RaggedTensor) and not isinstance(indices, RaggedTensor):
        return gather_array(params, indices, axis=axis, batch_dims=batch)
    whole = _as_rows(params)
    if batch > 1:
        rows = _as_rows(indices)
        found = _in_batches(whole.values, rows.values, batch - 1, axis - 1)
        return rows.with_values(found)
    if batch == 1 and axis == 1:
        return _from_each_row(whole, indices)
    if batch == 1:
        raise ValueError(
            "Gathering ragged tensors with batch_dims needs axis == batch_dims, got "
            f"axis={axis} and batch_dims={batch}."
        )
    if axis > 1:
        return whole.with_values(_in_batches(whole.values, indices, 0, axis - 1))
    # The same indices for each row.
    many = [whole.nrows(), *[1] * len(indices.shape)]
    once = expand_dims(indices, 0)
    if isinstance(once, RaggedTensor):
        each = tile(once, [int(many[0]), *many[1:]])
    else:
        multiples = get_op("Pack")(
            *[cast_(convert(n), dtypes.int32) for n in many], axis=0
        )
        each = tile_array(once, multiples)
    return _from_each_row(whole, each)


def _as_rows(value: Any) -> RaggedTensor:
    if isinstance(value, RaggedTensor):
        return value
    result: RaggedTensor = RaggedTensor.from_tensor(value)
    return result


def _from_each_row(params: RaggedTensor, indices: Any) -> Any:
    """Return the values of each row that the same row of indices names."""
    flat = indices.flat_values if isinstance(indices, RaggedTensor) else indices
    rows = _row_of_each(indices, flat)
    kind = params.row_splits.dtype
    numbers = cast_(reshape(flat, shape=(-1,)), kind)
    found = take(params.values, places_in_rows(numbers, rows, params.row_splits))
    shape_of_indices = flat.static_shape
    for size in reversed(shape_of_indices[1:]):
        found = _in_rows_of(found, size)
    return indices.with_flat_values(found) if flat is not indices else found


def _in_rows_of(values: Any, size: int) -> Any:
    """Return values in rows of one size, as a tensor if they are one."""
    if isinstance(values, RaggedTensor):
        return RaggedTensor.from_uniform_row_length(values, size)
    return reshape(values, shape=(-1, size, *values.static_shape[1:]))


def _row_of_each(indices: Any, flat: Any) -> Any:
    """Return the outermost row that each of the flat indices belongs to."""
    size = get_op("Size")(flat, out_type=dtypes.int64)
    if not isinstance(indices, RaggedTensor):
        count = get_op("Shape")(flat, out_type=dtypes.int64)[0]
        each = get_op("FloorDiv")(size, get_op("Maximum")(count, count * 0 + 1))
        every = get_op("Range")(size * 0, size, size * 0 + 1)
        return get_op("FloorDiv")(every, get_op("Maximum")(each, each * 0 + 1))
    ids = splits_to_rowids(indices.row_splits)
    for splits in indices.nested_row_splits[1:]:
        ids = gather_array(ids, splits_to_rowids(splits), axis=0, batch_dims=0)
    inner = int(np.prod([n or 0 for n in flat.static_shape[1:]], dtype=np.int64))
    if len(flat.static_shape) > 1:
        ids = tile_array(get_op("ExpandDims")(ids, axis=1), [1, inner])
        ids = reshape(ids, shape=(-1,))
    return cast_(ids, dtypes.int64)


def gather_nd(
    params: Any, indices: Any, batch_dims: int = 0, name: Any = None, **_: Any
) -> Any:
    """Return what lies at the places of a ragged tensor that rows of indices name.

    Raises:
        ValueError: `batch_dims` is not 0.
    """
    if batch_dims != 0:
        raise ValueError("batch_dims != 0 is not supported for ragged gather yet.")
    if isinstance(indices, RaggedTensor):
        return indices.with_values(gather_nd(params, indices.values))
    if not isinstance(params, RaggedTensor):
        return gather_nd_array(params, indices)
    places = convert(indices, hint=dtypes.int64)
    if places.static_shape == (0,):
        return params
    lead, depth = places.static_shape[:-1], places.static_shape[-1]
    count = -1 if None in lead else int(np.prod(lead, dtype=np.int64))
    flat = reshape(places, shape=(count, depth))
    found = _at_places(params, [flat[:, k] for k in range(depth)])
    if len(lead) == 1:
        return found
    if not lead:
        return found[0]
    for size in reversed(lead[1:]):
        found = _in_rows_of(found, size)
    return found


def _at_places(params: Any, numbers: list[Any]) -> Any:
    """Return the values that lists of numbers, one for each axis, name."""
    first, *rest = numbers
    if not isinstance(params, RaggedTensor):
        index = get_op("Pack")(*numbers, axis=1)
        return get_op("GatherNd")(params, index, batch_dims=0)
    if not rest:
        return take(params, first)
    inside = cast_(rest[0], params.row_splits.dtype)
    at = places_in_rows(inside, first, params.row_splits)
    return _at_places(params.values, [at, *rest[1:]])


HANDLERS.update({"gather": gather, "gather_nd": gather_nd})
