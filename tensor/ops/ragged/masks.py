"""Masks of ragged tensors: what is kept, where it stands, one of two by element."""

from __future__ import annotations

from typing import Any

from tensor.core import dtypes
from tensor.core.convert import convert
from tensor.core.registry import get_op
from tensor.ops.array import reshape, shape
from tensor.ops.ragged.dispatch import HANDLERS, elementwise, take
from tensor.ops.ragged.partitions import cells, rows_kept
from tensor.ops.ragged.ragged_tensor import RaggedTensor


def boolean_mask(data: Any, mask: Any, axis: Any = None, name: Any = None) -> Any:
    """Return the values where a mask is true, in their rows.

    A mask of one dimension keeps rows; one of more keeps values of rows, whose lengths
    then differ.

    Raises:
        ValueError: The mask is a scalar, or of another shape.
    """
    if not isinstance(mask, RaggedTensor):
        mask = convert(mask, dtypes.bool_)
    if not isinstance(data, RaggedTensor):
        data = convert(data)
    levels = len(mask.shape) - 1
    if levels < 0:
        raise ValueError("mask cannot be scalar.")
    if levels == 0:
        data.shape[:1].assert_is_compatible_with(mask.shape)
        return take(data, reshape(get_op("Where")(mask), shape=(-1,)))
    if not isinstance(mask, RaggedTensor):
        mask = RaggedTensor.from_tensor(mask, ragged_rank=levels)
    if not isinstance(data, RaggedTensor):
        data = RaggedTensor.from_tensor(data, ragged_rank=levels)
    if len(mask.values.shape) > 1:
        return data.with_values(boolean_mask(data.values, mask.values))
    picked, splits = rows_kept(mask.row_splits, mask.values)
    return RaggedTensor(take(data.values, picked), splits)


def where(condition: Any, x: Any = None, y: Any = None, name: Any = None) -> Any:
    """Return where a condition is true; or elements of x there, and else of y."""
    if x is not None:
        return elementwise(get_where(), (condition, x, y))
    flat = condition.flat_values
    sizes = shape(flat, out_type=dtypes.int64)
    places = cells(sizes, *condition.nested_row_splits)
    return take(places, get_op("Where")(reshape(flat, shape=(-1,)))[:, 0])


def get_where() -> Any:
    """Return the function that chooses between elements of tensors."""
    from tensor.ops.selection import where_  # which asks here for ragged arguments

    return where_


HANDLERS.update({"boolean_mask": boolean_mask, "where": where})
