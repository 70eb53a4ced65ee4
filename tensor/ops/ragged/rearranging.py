"""Ragged tensors turned round, repeated, taken apart, and stripped of axes."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from tensor.core import errors
from tensor.core.convert import convert
from tensor.core.public_api import names_in
from tensor.core.registry import get_op
from tensor.core.tensor import EagerTensor
from tensor.ops.ragged.dispatch import HANDLERS, concat, take
from tensor.ops.ragged.partitions import positions_in_rows
from tensor.ops.ragged.ragged_tensor import RaggedTensor
from tensor.ops.ragged.reductions import axis_of


def _numbers(values: Any) -> list[int]:
    """Return integers that must be known, such as axes."""
    array = np.asarray(values.numpy() if hasattr(values, "numpy") else values)
    return [int(n) for n in array.reshape(-1)]


def reverse(tensor: Any, axis: Any, name: Any = None) -> Any:
    """Return a ragged tensor with the order along some axes turned round.

    Raises:
        TypeError: `axis` is no list of integers.
        ValueError: There is no such axis.
    """
    if not isinstance(axis, list | tuple) and np.ndim(axis) == 0:
        raise TypeError(
            f"`axis` must be a list of int or a constant tensor, got {axis!r}"
        )
    for place, a in enumerate(_numbers(axis)):
        at = axis_of(a, tensor.shape.rank, f"axis[{place}]")
        tensor = _reversed_along(tensor, at)
    return tensor


def _reversed_along(x: Any, axis: int) -> Any:
    if not isinstance(x, RaggedTensor):
        return get_op("ReverseV2")(x, axis=(axis,))
    if axis > 1:
        return x.with_values(_reversed_along(x.values, axis - 1))
    if axis == 0:
        return x[::-1]
    ids, places = x.value_rowids(), positions_in_rows(x.row_splits)
    ends = get_op("GatherV2")(x.row_limits(), ids, axis=0, batch_dims=0)
    return x.with_values(take(x.values, ends - 1 - places))


def tile(input: Any, multiples: Any, name: Any = None) -> Any:
    """Return a ragged tensor repeated along each axis.

    Raises:
        ValueError: There is not one number for each axis.
    """
    counts = _numbers(multiples)
    if len(counts) != input.shape.rank:
        raise ValueError(
            f"multiples={counts} must have one number for each of the "
            f"{input.shape.rank} axes"
        )
    x = input
    for axis in reversed(range(len(counts))):
        x = concat([x] * counts[axis], axis) if counts[axis] else _none(x, axis)
    return x


def _none(x: Any, axis: int) -> Any:
    """Return a ragged tensor with nothing left along an axis."""
    return x[(*[slice(None)] * axis, slice(0, 0))]


def squeeze(input: Any, axis: Any = None, name: Any = None) -> Any:
    """Return a ragged tensor without axes of size 1.

    Raises:
        ValueError: `axis` is None: every axis must be named.
        InvalidArgumentError: An axis has another size.
    """
    if axis is None:
        raise ValueError(
            "Ragged.squeeze must have an axis argument. Name each axis of size 1."
        )
    rank = input.shape.rank
    axes = sorted({axis_of(a, rank) for a in _numbers(axis)}, reverse=True)
    x = input
    for a in axes:
        x = _squeezed(x, a, a)
    return x


def _squeezed(x: Any, axis: int, named: int) -> Any:
    if not isinstance(x, RaggedTensor):
        return get_op("Squeeze")(x, axis=(axis,))
    if axis > 1:
        return x.with_values(_squeezed(x.values, axis - 1, named))
    sizes = convert(x.nrows() if axis == 0 else x.row_lengths())
    if type(sizes) is EagerTensor and not bool(np.all(sizes.numpy() == 1)):
        raise errors.because(
            errors.InvalidArgumentError,
            f"the given axis (axis = {named}) is not squeezable!",
        )
    return x[0] if axis == 0 else x.values


def split(
    value: Any, num_or_size_splits: Any, axis: Any = 0, num: Any = None, name: Any = ""
) -> list[Any]:
    """Return pieces of the rows of a ragged tensor, as a list.

    Raises:
        ValueError: The axis is not the first, or there are no pieces.
        InvalidArgumentError: The rows cannot be split so.
    """
    if axis_of(axis, value.shape.rank) != 0:
        raise ValueError("Ragged rows are split along axis 0 only: axis > 0 is ragged.")
    known = value.shape[0]
    rows: Any = value.nrows() if known is None else known
    if np.ndim(num_or_size_splits) == 0:
        count = _numbers(num_or_size_splits)[0]
        if count < 1:
            raise ValueError(f"num_or_size_splits={count} must be greater than 0")
        if known is None:
            size = rows // count
            return [value[size * i : size * (i + 1)] for i in range(count)]
        if rows % count:
            raise errors.because(
                errors.InvalidArgumentError,
                "Cannot exactly split the `axis` dimension of `value` with the given "
                f"`num_or_size_split`: {rows} rows into {count}.",
            )
        sizes = [rows // count] * count
    else:
        sizes = _numbers(num_or_size_splits)
        if known is not None and sum(sizes) != rows:
            raise errors.because(
                errors.InvalidArgumentError,
                "Cannot exactly split the `axis` dimension of `value` with the given "
                f"`num_or_size_split`: {rows} rows into {sizes}.",
            )
    ends = np.cumsum([0, *sizes]).tolist()
    return [value[a:b] for a, b in itertools.pairwise(ends)]


def softmax(logits: Any, axis: Any = None, name: Any = None) -> Any:
    """Return the softmax of each ragged row.

    Raises:
        ValueError: The axis is neither the last nor beyond the ragged ones.
    """
    rank = logits.shape.rank
    at = rank - 1 if axis is None else axis_of(axis, rank)
    if at > logits.ragged_rank:
        flat = get_op("Softmax")(logits.flat_values, axis=at - logits.ragged_rank)
        return logits.with_flat_values(flat)
    if at != logits.ragged_rank:
        raise ValueError(f"Softmax over the outer ragged axis {at} is not defined.")
    x = logits
    while isinstance(x.values, RaggedTensor):
        x = x.values
    ids, count = x.value_rowids(), x.nrows()
    gather = get_op("GatherV2")
    largest = get_op("UnsortedSegmentMax").public(x.values, ids, count)
    powers = get_op("Exp")(x.values - gather(largest, ids, axis=0, batch_dims=0))
    totals = get_op("UnsortedSegmentSum").public(powers, ids, count)
    return logits.with_flat_values(powers / gather(totals, ids, axis=0, batch_dims=0))


def one_hot(
    indices: Any,
    depth: Any,
    on_value: Any = None,
    off_value: Any = None,
    axis: Any = None,
    dtype: Any = None,
    name: Any = None,
) -> Any:
    """Return the one-hot vectors of numbers, in their rows.

    Raises:
        ValueError: The axis of the vectors is one of rows.
    """
    at = axis
    if isinstance(axis, int) and axis >= 0:
        if axis <= indices.ragged_rank:
            raise ValueError(
                f"axis ({axis}) must be greater than indices.ragged_rank "
                f"({indices.ragged_rank})."
            )
        at = axis - indices.ragged_rank
    flat = names_in("")["one_hot"](
        indices.flat_values, depth, on_value, off_value, at, dtype
    )
    return indices.with_flat_values(flat)


HANDLERS.update(
    {
        "one_hot": one_hot,
        "reverse": reverse,
        "tile": tile,
        "squeeze": squeeze,
        "split": split,
        "softmax": softmax,
    }
)
