"""Elements by place, by condition and in order."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensor as tf
from tensor.core.public_api import export
from tensor.experimental.numpy.elementwise import refuse
from tensor.experimental.numpy.promotion import (
    array,
    asarray,
    axis_of,
    broadcast,
    promote,
    rank_of,
)
from tensor.experimental.numpy.shaping import atleast_1d, moveaxis, ravel


@export("experimental.numpy.nonzero")
def nonzero(a: Any) -> list[Any]:
    """Return the indices of elements that are not 0, one array for each axis."""
    a = atleast_1d(a)
    places = tf.where(tf.cast(a, tf.bool))
    return [places[:, axis] for axis in range(rank_of(a, "nonzero"))]


@export("experimental.numpy.where")
def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """Return x where a condition holds, else y; without them, where it holds.

    Raises:
        ValueError: Only one of x and y is given.
    """
    condition = array(condition, bool)
    if x is None and y is None:
        return nonzero(condition)
    if x is None or y is None:
        raise ValueError("Both x and y must be ndarrays, or both must be None.")
    return tf.where(condition, *promote(x, y))


@export("experimental.numpy.select")
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """Return the first choice whose condition holds, else `default`.

    Raises:
        ValueError: There is no condition, or there are not as many choices.
    """
    if len(condlist) != len(choicelist):
        raise ValueError(
            "condlist must have length equal to choicelist "
            f"({len(condlist)} vs {len(choicelist)})"
        )
    if not condlist:
        raise ValueError("condlist must be non-empty")
    output, *choices = promote(default, *choicelist)
    for condition, choice in reversed(list(zip(condlist, choices, strict=True))):
        output = where(condition, choice, output)
    return output


@export("experimental.numpy.take")
def take(
    a: Any, indices: Any, axis: int | None = None, out: Any = None, mode: str = "clip"
) -> Any:
    """Return elements, or slices of an axis, by index; one outside is clipped or wraps.

    Raises:
        ValueError: `out` is set, or `mode` is not "clip" or "wrap".
    """
    refuse("take", out=out)
    if mode not in ("clip", "wrap"):
        raise ValueError(
            f"Invalid mode {mode!r} for take: the modes are 'clip' and 'wrap'."
        )
    a, indices = asarray(a), asarray(indices)
    if axis is None:
        a, axis = ravel(a), 0
    length = tf.shape(a, out_type=indices.dtype)[axis]
    if mode == "clip":
        indices = tf.clip_by_value(indices, 0, length - 1)
    else:
        indices = tf.math.floormod(indices, length)
    return tf.gather(a, indices, axis=axis)


@export("experimental.numpy.take_along_axis")
def take_along_axis(arr: Any, indices: Any, axis: int | None) -> Any:
    """Return for each index the element at that place of an axis."""
    arr, indices = asarray(arr), asarray(indices)
    if axis is None:
        return take_along_axis(ravel(arr), indices, 0)
    rank = rank_of(arr, "take_along_axis")
    axis = axis_of(axis, rank)
    arr, indices = moveaxis(arr, axis, -1), moveaxis(indices, axis, -1)
    # All but the axis itself are repeated to one shape.
    lead = tf.broadcast_dynamic_shape(tf.shape(arr)[:-1], tf.shape(indices)[:-1])
    arr, indices = [
        tf.broadcast_to(x, tf.concat([lead, tf.shape(x)[-1:]], 0))
        for x in (arr, indices)
    ]
    length = tf.shape(arr, out_type=indices.dtype)[-1]
    indices = tf.where(indices < 0, indices + length, indices)
    return moveaxis(tf.gather(arr, indices, batch_dims=rank - 1), -1, axis)


@export("experimental.numpy.sort")
def sort(
    a: Any, axis: int | None = -1, kind: str = "quicksort", order: Any = None
) -> Any:
    """Return an array in rising order along an axis, or all of it in a row.

    Raises:
        ValueError: Another `kind` or an `order` is asked for.
    """
    _check_order("sort", kind, ("quicksort",), order)
    a = asarray(a)
    return tf.sort(ravel(a), 0) if axis is None else tf.sort(a, axis)


@export("experimental.numpy.argsort")
def argsort(
    a: Any, axis: int | None = -1, kind: str = "quicksort", order: Any = None
) -> Any:
    """Return the indices that put an array in rising order.

    Raises:
        ValueError: Another `kind` or an `order` is asked for.
        TypeError: The numbers are complex.
    """
    _check_order("argsort", kind, ("quicksort", "stable"), order)
    a = asarray(a)
    if a.dtype.is_complex:
        raise TypeError(
            "argsort does not support complex64/complex128 dtypes. Received dtype: "
            f"{a.dtype}"
        )
    if rank_of(a, "argsort") == 0:
        return tf.zeros([1], np.intp)
    if axis is None:
        a, axis = ravel(a), 0
    return tf.cast(tf.argsort(a, axis, stable=kind == "stable"), np.intp)


def _check_order(function: str, kind: str, kinds: tuple[str, ...], order: Any) -> None:
    if kind not in kinds:
        names = " and ".join(f'kind="{name}"' for name in kinds)
        raise ValueError(
            f"Invalid value for argument `kind` of {function}. Only {names} "
            f"{'is' if len(kinds) == 1 else 'are'} supported. Received: kind={kind}"
        )
    if order is not None:
        raise ValueError("The `order` argument is not supported. Pass order=None")


@export("experimental.numpy.argmax")
def argmax(a: Any, axis: int | None = None) -> Any:
    """Return the indices of the largest elements, along an axis or of all in a row."""
    return _argument(tf.argmax, a, axis)


@export("experimental.numpy.argmin")
def argmin(a: Any, axis: int | None = None) -> Any:
    """Return the indices of the smallest elements, along an axis or of all in a row."""
    return _argument(tf.argmin, a, axis)


def _argument(function: Any, a: Any, axis: int | None) -> Any:
    if axis is None:
        return function(ravel(a), 0)
    return function(atleast_1d(a), axis)


def get_item(x: Any, index: Any) -> Any:
    """Return `x[index]` as NumPy does: arrays of indices and masks are allowed.

    Raises:
        IndexError: An index is neither integer nor boolean.
        NotImplementedError: A mask of several dimensions stands beside other indices.
    """
    if isinstance(index, bool) or _is_mask(index):
        return tf.boolean_mask(x, index)
    parts = index if isinstance(index, tuple) else _parts(index)
    basic: list[Any] = []
    arrays: dict[int, Any] = {}
    from_end = False
    for place, part in enumerate(parts):
        part = _as_index(part)
        if isinstance(part, tf.Tensor) and part.shape.rank != 0:
            arrays[place - len(parts) if from_end else place] = part
            part = slice(None)
        from_end |= part is Ellipsis
        basic.append(part)
    x = x._basic_getitem(tuple(basic))
    if not arrays:
        return x
    return _gather(x, _axes_of(basic, arrays, rank_of(x, "getitem")))


def _parts(index: Any) -> tuple[Any, ...]:
    """Return a list that NumPy takes for a tuple of indices as one."""
    parts = (slice, list, tuple, type(None), type(Ellipsis))
    if isinstance(index, list) and any(isinstance(part, parts) for part in index):
        return tuple(index)
    return (index,)


def _is_mask(index: Any) -> bool:
    return isinstance(index, np.ndarray | tf.Tensor) and index.dtype == np.bool_


def _as_index(part: Any) -> Any:
    """Return an index as a slice, a number, or a tensor of integers."""
    if part is None or part is Ellipsis or isinstance(part, slice | int | np.integer):
        return part
    part = asarray(part)
    if part.dtype == tf.bool:
        if part.shape.rank != 1:
            raise NotImplementedError(f"Need rank 1 for bool index {part}")
        return tf.reshape(tf.where(part), [-1])
    if not part.dtype.is_integer or part.dtype == tf.uint64:
        raise IndexError(
            "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and "
            f"integer or boolean arrays are valid indices, got {part!r}"
        )
    return part if part.dtype in (tf.int32, tf.int64) else tf.cast(part, tf.int64)


def _axes_of(basic: list[Any], arrays: dict[int, Any], rank: int) -> dict[int, Any]:
    """Return the arrays of indices by the axis of the sliced tensor that they index."""

    def is_number(part: Any) -> bool:
        return not (part is None or part is Ellipsis or isinstance(part, slice))

    found = {}
    for place, index in arrays.items():
        if place < 0:
            gone = sum(is_number(part) for part in basic[place:])
            found[rank + place + gone] = index
        else:
            gone = sum(is_number(part) for part in basic[:place])
            found[place - gone] = index
    return found


def _gather(x: Any, indices: dict[int, Any]) -> Any:
    """Return the elements at arrays of indices, one for each of some axes.

    Their dimensions take the place of those axes, or come first if they are apart.
    """
    axes = sorted(indices)
    x = moveaxis(x, axes, range(len(axes)))
    sizes = tf.shape(x, out_type=tf.int64)
    index = tf.stack(broadcast([tf.cast(indices[axis], tf.int64) for axis in axes]), -1)
    index = tf.where(index < 0, index + sizes[: len(axes)], index)
    found = tf.gather_nd(x, index)
    is_together = axes == list(range(axes[0], axes[0] + len(axes)))
    if not is_together:
        return found
    width = rank_of(index, "getitem") - 1
    return moveaxis(found, range(width), range(axes[0], axes[0] + width))
