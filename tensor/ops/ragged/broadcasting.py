"""Ragged operands of elementwise ops brought to the same rows.

Dimensions are compared from the last one on, as for tensors. A dimension that is
uniform and of size 1 is repeated; ragged ones must have rows of the same lengths. What
comes out is, for each operand, which of its flat values each flat value of the result
is made of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.shapes import TensorShape
from tensor.core.tensor import EagerTensor, Tensor
from tensor.ops.array import cast_, concat as join, reshape, shape
from tensor.ops.array_functions import array_function, vector
from tensor.ops.gather import gather
from tensor.ops.ragged.factories import size_along
from tensor.ops.ragged.partitions import row_ends
from tensor.ops.ragged.ragged_tensor import RaggedTensor

if TYPE_CHECKING:
    from collections.abc import Sequence


@array_function(
    "RaggedBroadcast",
    lambda *parts, levels: (
        *[vector(dtypes.int64) for _ in range(levels)],
        *[vector(dtypes.int64) for _ in range(len(parts) // (levels + 1))],
    ),
    np.int64(2),
    [0, 2, 2],
    np.int64(1),
    np.int64(1),
    levels=1,
)
def aligned_rows(*parts: Any, levels: int) -> Any:
    """Where the rows of the result end, and which value of each operand goes where.

    Args:
        *parts: Of each operand the size of the first axis, and for each level after it
            either the size of all rows or where the rows end.
        levels: The number of levels.
    """
    operands = [parts[i : i + levels + 1] for i in range(0, len(parts), levels + 1)]
    count = _common(np.array([[int(p[0])] for p in operands]), np.ones(len(operands)))
    rows = [
        np.arange(count[0]) if p[0] == count[0] else np.zeros(count[0], np.int64)
        for p in operands
    ]
    ends = []
    for level in range(1, levels + 1):
        starts, lengths, is_uniform = [], [], []
        for operand, numbers in zip(operands, rows, strict=True):
            part = operand[level]
            is_uniform.append(np.ndim(part) == 0)
            if np.ndim(part) == 0:
                lengths.append(np.full(len(numbers), part, np.int64))
                starts.append(numbers * part)
            else:
                lengths.append(np.diff(part)[numbers])
                starts.append(part[:-1][numbers])
        wanted = _common(np.array(lengths), np.array(is_uniform))
        ends.append(row_ends(wanted, np.int64))
        places = np.arange(ends[-1][-1]) - np.repeat(ends[-1][:-1], wanted)
        rows = [
            np.repeat(first, wanted) + places * (np.repeat(length, wanted) != 1)
            for first, length in zip(starts, lengths, strict=True)
        ]
    return (*ends, *[r.astype(np.int64) for r in rows])


def _common(lengths: np.ndarray, is_uniform: np.ndarray) -> np.ndarray:
    """Return the length of each row when the operands' rows are put side by side."""
    is_repeated = (lengths == 1).all(axis=1) & is_uniform.astype(bool)
    if is_repeated.all():
        return lengths[0]
    kept = lengths[~is_repeated]
    wrong = np.flatnonzero((kept != kept[0]).any(axis=0))
    if wrong.size:
        raise errors.invalid(
            "RaggedBroadcast",
            "Condition x == y did not hold. Ragged operands have rows of different "
            f"lengths: row {wrong[0]} has {' and '.join(map(str, kept[:, wrong[0]]))} "
            "elements.",
        )
    result: np.ndarray = kept[0]
    return result


def brought_together(operands: Sequence[Any]) -> tuple[list[Any], RaggedTensor]:
    """Return the flat values of operands in the order of common rows, and such rows.

    Raises:
        InvalidArgumentError: Rows differ in length.
        ValueError: Row splits differ in dtype.
    """
    ragged = [v for v in operands if isinstance(v, RaggedTensor)]
    if len({r.row_splits.dtype for r in ragged}) > 1:
        raise ValueError(
            "Input RaggedTensors have mismatched row_splits dtypes; use "
            "RaggedTensor.with_row_splits_dtype() to convert them to compatible dtypes."
        )
    tensors = [v if isinstance(v, RaggedTensor) else _tensor(v) for v in operands]
    rank = max(_rank(t) for t in tensors)
    levels = max(rank - _rank(r) + r.ragged_rank for r in ragged)
    outer = [t for t in tensors if _rank(t) >= rank - levels]
    if _have_same_rows(outer):
        like = next(t for t in outer if isinstance(t, RaggedTensor))
        return [getattr(t, "flat_values", t) for t in tensors], like
    parts = [p for t in outer for p in parts_of(t, rank, levels)]
    *ends, numbers = _split(aligned_rows(*parts, levels=levels), levels)
    places = iter(numbers)
    flat = [
        gather(merged_levels(t, rank, levels), next(places), axis=0, batch_dims=0)
        if _rank(t) >= rank - levels
        else t
        for t in tensors
    ]
    kind = ragged[0].row_splits.dtype
    rows: Any = next(v for t, v in zip(tensors, flat, strict=True) if t is ragged[0])
    for splits, length in zip(
        reversed(ends), reversed(_lengths(outer, rank, levels)), strict=True
    ):
        rows = RaggedTensor(rows, cast_(splits, kind), length)
    count = _count_of_rows(outer, rank)
    if count is not None and type(rows.row_splits) is not EagerTensor:
        rows.row_splits.set_shape([count + 1])
    return flat, rows


def _count_of_rows(tensors: Sequence[Any], rank: int) -> int | None:
    """Return the number of rows of the result, if it is known."""
    sizes = {1 if _rank(t) < rank else t.shape[0] for t in tensors}
    return None if None in sizes else max(sizes)


def _split(results: Any, levels: int) -> list[Any]:
    return [*results[:levels], results[levels:]]


def _tensor(value: Any) -> Any:
    is_array = isinstance(value, Tensor | np.ndarray | list | tuple) or hasattr(
        value, "read_for_op"
    )
    return convert(value) if is_array else value


def _rank(value: Any) -> int:
    shape_of = getattr(value, "shape", ())
    return len(shape_of)


def _have_same_rows(tensors: Sequence[Any]) -> bool:
    """Return whether all are ragged and known to have the same rows."""
    if not all(isinstance(t, RaggedTensor) for t in tensors):
        return False
    first, *others = (t.nested_row_splits for t in tensors)
    return all(
        len(other) == len(first)
        and all(map(_are_same, first, other))
        and _rank(t) == _rank(tensors[0])
        for t, other in zip(tensors[1:], others, strict=True)
    )


def _are_same(x: Any, y: Any) -> bool:
    if x is y:
        return True
    is_known = type(x) is type(y) is EagerTensor
    return is_known and np.array_equal(np.asarray(x), np.asarray(y))


def parts_of(value: Any, rank: int, levels: int) -> list[Any]:
    """Return the size of the first axis and, for each level, sizes or ends of rows."""
    one = convert(1, dtypes.int64)
    sizes: list[Any] = [one] * (rank - _rank(value))
    inner = value
    while isinstance(inner, RaggedTensor):
        if inner is value:
            sizes.append(cast_(inner.nrows(), dtypes.int64))
        length = inner.uniform_row_length
        sizes.append(
            cast_(inner.row_splits if length is None else length, dtypes.int64)
        )
        inner = inner.values
    rest = range(1 if inner is not value else 0, len(inner.shape))
    sizes += [_int64(size_along(inner, axis, dtypes.int64)) for axis in rest]
    return sizes[: levels + 1]


def _int64(value: Any) -> Any:
    return cast_(convert(value, hint=dtypes.int64), dtypes.int64)


def merged_levels(value: Any, rank: int, levels: int) -> Any:
    """Return the values with all axes up to the last level as one."""
    flat, own = value, 0
    if isinstance(value, RaggedTensor):
        flat, own = value.flat_values, value.ragged_rank
    extra = levels - (rank - _rank(value)) - own
    if extra == 0:
        return flat
    inner = flat.static_shape[extra + 1 :]
    if None not in inner:
        return reshape(flat, shape=(-1, *inner))
    return reshape(flat, shape=join(convert([-1]), shape(flat)[extra + 1 :], axis=0))


def _lengths(tensors: Sequence[Any], rank: int, levels: int) -> list[int | None]:
    """Return for each level the length of all rows, where it is known."""
    result: TensorShape = TensorShape([None] * (levels + 1))
    known: list[Any] = list(result)
    for axis in range(1, levels + 1):
        sizes = set()
        for t in tensors:
            at = axis - (rank - _rank(t))
            sizes.add(1 if at < 0 else t.shape[at])
        longer = sizes - {1}
        known[axis] = None if None in sizes else max(longer, default=1)
    return known[1:]
