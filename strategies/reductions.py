"""What becomes of one replica's value before and after the replicas' are added up."""

from __future__ import annotations

import functools
import operator
from typing import Any

from strategies.values import PerReplica
from tensor.core import nest
from tensor.core.convert import convert
from tensor.core.dtypes import float32, float64, int64
from tensor.core.indexed_slices import IndexedSlices
from tensor.core.registry import get_op
from tensor.core.variable import Variable, VariableSynchronization


def as_values(value: Any) -> Any:
    """Return a variable that each replica has for itself as per-replica values."""
    is_separate = (
        getattr(value, "synchronization", None) is VariableSynchronization.ON_READ
    )
    if is_separate and hasattr(value, "distribute_strategy"):
        return PerReplica([Variable.read_for_op(v) for v in value.copies])
    return value


def _axis_of(x: Any, axis: int) -> int:
    """Return an axis of a replica's value counted from the front.

    Raises:
        ValueError: There is no such axis.
    """
    if x.ndim is not None and not -x.ndim <= axis < x.ndim:
        raise ValueError(
            f"Invalid reduction dimension {axis} for input with {x.ndim} dimensions: "
            f"a replica's value is {x!s}. Scalars are reduced with axis=None."
        )
    return axis if axis >= 0 else axis + (x.ndim or 0)


def sum_and_count(value: Any, axis: Any) -> tuple[Any, Any]:
    """Return a value's sum along one or more axes, and how many elements it is of.

    Raises:
        ValueError: There is no such axis.
    """
    x = convert(value)
    axes = tuple([_axis_of(x, a) for a in nest.flatten(axis)])
    shape = get_op("Shape")(x, out_type=int64)
    count = functools.reduce(operator.mul, [shape[a] for a in axes])
    return get_op("Sum")(x, axis=axes, keepdims=False), count


def divide(total: Any, count: Any) -> Any:
    """Return a sum divided by a count; integers give floats, as `tf.divide` does."""
    if isinstance(total, IndexedSlices):
        return IndexedSlices(total.values / count, total.indices, total.dense_shape)
    if total.dtype.is_integer:
        dtype = float32 if total.dtype.size < 4 else float64
        total = get_op("Cast")(total, dtype=dtype)
    count = get_op("Cast")(convert(count), dtype=total.dtype)
    return total / count
