"""Ragged tensors from Python values, ranges and other tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, nest
from tensor.core.convert import constant_tensor, convert
from tensor.core.public_api import export
from tensor.core.python_values import from_sequence
from tensor.core.registry import get_op
from tensor.core.tensor import EagerTensor
from tensor.ops.array import cast_
from tensor.ops.ragged.factories import size_along
from tensor.ops.ragged.partitions import (
    grouped_by_number,
    ranges,
    rowids_to_splits,
    splits_to_rowids,
)
from tensor.ops.ragged.ragged_tensor import RaggedTensor

if TYPE_CHECKING:
    from collections.abc import Callable


@export("ragged.constant")
def constant(
    pylist: Any,
    dtype: Any = None,
    ragged_rank: int | None = None,
    inner_shape: Any = None,
    name: str | None = None,
    row_splits_dtype: Any = dtypes.int64,
) -> Any:
    """Return nested Python lists as a ragged tensor (a tensor if they are flat).

    Args:
        pylist: Nested lists, all leaves equally deep.
        dtype: The dtype of the elements.
        ragged_rank: How many levels may be ragged; by default all but the innermost.
        inner_shape: The shape of the innermost values.
        name: Accepted for compatibility.
        row_splits_dtype: int32 or int64.

    Raises:
        ValueError: Leaves are at different depths, or less deep than `ragged_rank`.
    """
    kind = None if dtype is None else dtypes.as_dtype(dtype)
    splits_dtype = dtypes.as_dtype(row_splits_dtype).numpy_dtype
    pylist = _as_lists(pylist)
    _check_levels(pylist, ragged_rank, inner_shape)
    if not isinstance(pylist, list):
        return convert(pylist, kind)
    inner = () if inner_shape is None else tuple(np.atleast_1d(inner_shape).tolist())
    if ragged_rank is None:
        ragged_rank = max(0, _depth(pylist) - 1 - len(inner))
    level, all_splits = pylist, []
    for _ in range(ragged_rank):
        lengths = [len(row) for row in level]
        all_splits.append(
            np.concatenate([[0], np.cumsum(lengths)]).astype(splits_dtype)
        )
        level = [item for row in level for item in row]
    if ragged_rank and len({np.shape(v) for v in level if isinstance(v, list)}) > 1:
        raise ValueError("inner values have inconsistent shape")
    array = from_sequence(level, kind)
    if inner and array.size == 0:
        array = array.reshape((0, *inner))
    values: Any = constant_tensor(array)
    for splits in reversed(all_splits):
        values = RaggedTensor(values, constant_tensor(splits))
    return values


def _check_levels(pylist: Any, ragged_rank: int | None, inner_shape: Any) -> None:
    """Check that nested lists have a number of levels, and leaves at one depth.

    Raises:
        ValueError: They have not.
    """
    if ragged_rank is not None and ragged_rank < 0:
        raise ValueError(f"Invalid ragged_rank={ragged_rank}: must be nonnegative")
    if not isinstance(pylist, list):
        wrong = f"ragged_rank={ragged_rank}" if ragged_rank else ""
        wrong = wrong or (
            f"dim(inner_shape)={np.size(inner_shape)}" if inner_shape else ""
        )
        if wrong:
            raise ValueError(f"Invalid pylist={pylist!r}: incompatible with {wrong}")
        return
    depth, leaves = _depth(pylist), _leaf_depths(pylist)
    if len(leaves) > 1:
        raise ValueError(
            "all scalar values must have the same nesting depth, found depths "
            f"{sorted(leaves)}"
        )
    if leaves and ragged_rank is not None and ragged_rank >= depth:
        raise ValueError(
            f"pylist has scalar values depth {depth}, but ragged_rank={ragged_rank} "
            f"requires scalar value depth greater than {ragged_rank}"
        )


def _as_lists(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return [_as_lists(v) for v in value] if value.ndim else value.item()
    if isinstance(value, list | tuple):
        return [_as_lists(v) for v in value]
    return value


def _leaf_depths(value: Any, depth: int = 0) -> set[int]:
    """Return how deep in lists there is anything but lists."""
    if not isinstance(value, list):
        return {depth}
    return {found for v in value for found in _leaf_depths(v, depth + 1)}


def _depth(value: Any) -> int:
    """Return how deep lists nest.

    Raises:
        ValueError: Leaves are at different depths.
    """
    if not isinstance(value, list):
        return 0
    depths = {_depth(v) for v in value}
    leaves = {isinstance(v, list) for v in value}
    if len(leaves) > 1:
        raise ValueError(
            "all scalar values must have the same nesting depth: "
            f"{value!r} mixes lists and values."
        )
    return 1 + max(depths, default=0)


@export("ragged.range")
def ragged_range(
    starts: Any,
    limits: Any = None,
    deltas: Any = 1,
    dtype: Any = None,
    name: str | None = None,
    row_splits_dtype: Any = dtypes.int64,
) -> RaggedTensor:
    """Return one row of numbers for each start, limit and step."""
    if limits is None:
        starts, limits = 0, starts
    kind = None if dtype is None else dtypes.as_dtype(dtype)
    bounds = [convert(v, None, kind) for v in (starts, limits, deltas)]
    if kind is None:
        order = [b.dtype.numpy_dtype for b in bounds]
        kind = dtypes.from_numpy(np.result_type(*order))
    flat, splits = ranges(*[cast_(b, kind) for b in bounds])
    return RaggedTensor(flat, cast_(splits, row_splits_dtype))


@export("ragged.stack")
def ragged_stack(values: Any, axis: int = 0, name: str | None = None) -> Any:
    """Stack tensors or ragged tensors of one rank into a ragged tensor."""
    from tensor.ops.ragged.dispatch import concat, stack
    from tensor.ops.ragged.reductions import axis_of

    rows: list[Any] = [v if isinstance(v, RaggedTensor) else convert(v) for v in values]
    if not rows:
        raise ValueError("rt_inputs may not be empty.")
    ranks = {len(r.shape) for r in rows}
    is_dense = not any(isinstance(r, RaggedTensor) for r in rows)
    if is_dense and (axis != 0 or ranks == {0}):
        return get_op("Pack")(*rows, axis=axis_of(axis, min(ranks) + 1))
    if axis == 0 and ranks == {1}:
        lengths = [cast_(size_along(r, 0, dtypes.int64), dtypes.int64) for r in rows]
        return RaggedTensor.from_row_lengths(concat(rows, 0), convert(lengths))
    return stack(rows, axis)


@export("ragged.stack_dynamic_partitions")
def stack_dynamic_partitions(
    data: Any, partitions: Any, num_partitions: int, name: str | None = None
) -> RaggedTensor:
    """Return the rows of `data` grouped by their numbers in `partitions`."""
    from tensor.ops.ragged.dispatch import take

    if isinstance(partitions, RaggedTensor):
        return stack_dynamic_partitions(
            data.values, partitions.values, num_partitions, name
        )
    x = data if isinstance(data, RaggedTensor) else convert(data)
    count = cast_(convert(num_partitions), dtypes.int64)
    numbers = convert(partitions)
    numbers.shape.assert_is_compatible_with(x.shape[: len(numbers.shape)])
    order, splits = grouped_by_number(numbers, count)
    return RaggedTensor(take(x, order), splits)


@export("ragged.map_flat_values")
def map_flat_values(op: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Apply a function to the flat values of ragged arguments; rows stay as they are.

    Raises:
        ValueError: Ragged arguments have different rows.
    """
    found: list[RaggedTensor] = []

    def flat(value: Any) -> Any:
        if isinstance(value, RaggedTensor):
            found.append(value)
            return value.flat_values
        return value

    inner_args = nest.map_structure(flat, list(args))
    inner_kwargs = nest.map_structure(flat, kwargs) if kwargs else {}
    sizes = {r.flat_values.shape[0] for r in found} - {None}
    if len(sizes) > 1:
        raise ValueError(
            "Input RaggedTensors' flat_values must all have the same outer-dimension "
            f"size. Got sizes: {sizes}"
        )
    result = op(*inner_args, **inner_kwargs)
    if not found:
        return result
    check_same_rows(found)
    size = found[0].flat_values.shape[:1]
    given = getattr(result, "shape", None)
    if given is None or not size.is_compatible_with(given[:1]) or not given.rank:
        raise ValueError(
            "tf.ragged.map_flat_values requires that the output of `op` have the same "
            "outer-dimension size as flat_values of any ragged inputs. (output shape: "
            f"{given}; expected outer dimension size: {size[0]})"
        )
    return found[0].with_flat_values(result)


def check_same_rows(values: list[RaggedTensor]) -> None:
    """Check that ragged tensors have rows of the same lengths.

    Raises:
        ValueError: They have not.
    """
    first = values[0].nested_row_splits
    for other in values[1:]:
        theirs = other.nested_row_splits
        if any(type(t) is not EagerTensor for t in (*first, *theirs)):
            continue  # not known before the graph runs
        if len(first) != len(theirs) or any(
            not np.array_equal(np.asarray(a), np.asarray(b))
            for a, b in zip(first, theirs, strict=True)
        ):
            raise ValueError("All ragged inputs must have the same row partitions.")


@export("ragged.row_splits_to_segment_ids")
def row_splits_to_segment_ids(
    splits: Any, name: str | None = None, out_type: Any = None
) -> Any:
    """Return, for each value, the number of its row."""
    ids = splits_to_rowids(convert(splits, hint=dtypes.int64))
    return ids if out_type is None else cast_(ids, out_type)


@export("ragged.segment_ids_to_row_splits")
def segment_ids_to_row_splits(
    segment_ids: Any,
    num_segments: int | None = None,
    out_type: Any = None,
    name: str | None = None,
) -> Any:
    """Return where the rows end, from the number of each value's row."""
    ids = cast_(convert(segment_ids, hint=dtypes.int64), out_type or dtypes.int64)
    count = convert(-1 if num_segments is None else num_segments)
    return rowids_to_splits(ids, cast_(count, dtypes.int64))


@export("ragged.boolean_mask")
def boolean_mask(data: Any, mask: Any, name: str | None = None) -> Any:
    """Return the values where a mask is true, in their rows."""
    from tensor.ops.ragged.masks import boolean_mask as masked

    return masked(data, mask)
