"""Other shapes of the same elements, pieces put together, and pieces cut."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensor as tf
from tensor.core.public_api import export
from tensor.experimental.numpy.creation import zeros
from tensor.experimental.numpy.elementwise import refuse
from tensor.experimental.numpy.promotion import (
    array,
    asarray,
    axis_of,
    broadcast,
    is_number,
    rank_of,
    size_of,
)


@export("experimental.numpy.shape")
def shape_(a: Any) -> tf.TensorShape:
    """Return the static shape."""
    static: tf.TensorShape = asarray(a).shape
    return static


@export("experimental.numpy.ndim")
def ndim(a: Any) -> int | None:
    """Return the number of dimensions."""
    rank: int | None = asarray(a).shape.rank
    return rank


@export("experimental.numpy.isscalar")
def isscalar(num: Any) -> bool:
    """Return whether an array has no dimensions."""
    return ndim(num) == 0


@export("experimental.numpy.size")
def size(x: Any, axis: Any = None) -> Any:
    """Return the number of elements: NumPy's number, if it is known.

    Raises:
        NotImplementedError: `axis` is set.
    """
    if axis is not None:
        raise NotImplementedError(
            "axis argument is not supported in the current `np.size` implementation. "
            f"Use shape(x)[{axis}]."
        )
    if is_number(x):
        return 1
    x = asarray(x)
    count = x.shape.num_elements()
    return tf.size(x) if count is None else np.int64(count)


@export("experimental.numpy.reshape")
def reshape(a: Any, newshape: Any, order: str = "C") -> Any:
    """Return the elements in another shape, by rows ("C") or by columns ("F").

    Raises:
        ValueError: Another order is asked for.
    """
    a = asarray(a)
    if isinstance(newshape, int):
        newshape = [newshape]
    if order == "C":
        return tf.reshape(a, newshape)
    if order == "F":
        return tf.transpose(tf.reshape(tf.transpose(a), newshape[::-1]))
    raise ValueError(f"Unsupported order argument {order!r}: expected 'C' or 'F'.")


@export("experimental.numpy.ravel")
def ravel(a: Any) -> Any:
    """Return all elements in a row."""
    return tf.reshape(asarray(a), [-1])


@export("experimental.numpy.flatten")
def flatten(a: Any, order: str = "C") -> Any:
    """Return all elements in a row, by rows ("C", "A", "K") or by columns ("F").

    Raises:
        ValueError: Another order is asked for.
    """
    if order not in ("C", "A", "K", "F"):
        raise ValueError(
            "order can only be C, A, K (all row major) or F (column major), got "
            f"{order!r}."
        )
    return reshape(a, [-1], "F" if order == "F" else "C")


@export("experimental.numpy.expand_dims")
def expand_dims(a: Any, axis: Any) -> Any:
    """Return `a` with one more dimension, of length 1."""
    return tf.expand_dims(asarray(a), axis)


@export("experimental.numpy.squeeze")
def squeeze(a: Any, axis: Any = None) -> Any:
    """Return `a` without dimensions of length 1."""
    return tf.squeeze(asarray(a), axis)


@export("experimental.numpy.transpose")
def transpose(a: Any, axes: Any = None) -> Any:
    """Return `a` with its axes in another order, by default the opposite one."""
    return tf.transpose(asarray(a), axes)


@export("experimental.numpy.swapaxes")
def swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    """Return `a` with two axes exchanged."""
    a = asarray(a)
    order = list(range(rank_of(a, "swapaxes")))
    one, other = axis_of(axis1, len(order)), axis_of(axis2, len(order))
    order[one], order[other] = other, one
    return tf.transpose(a, order)


@export("experimental.numpy.moveaxis")
def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    """Return `a` with some axes put elsewhere.

    Raises:
        ValueError: There are not as many places as axes, or no such axis.
    """
    a = asarray(a)
    sources = [source] if isinstance(source, int) else list(source)
    places = [destination] if isinstance(destination, int) else list(destination)
    if len(sources) != len(places):
        raise ValueError(
            f"The lengths of source and destination must equal, got {source} and "
            f"{destination}."
        )
    rank = rank_of(a, "moveaxis")
    sources = [axis_of(axis, rank) for axis in sources]
    places = [axis_of(axis, rank) for axis in places]
    order = [axis for axis in range(rank) if axis not in sources]
    for place, axis in sorted(zip(places, sources, strict=True)):
        order.insert(place, axis)
    return tf.transpose(a, order)


@export("experimental.numpy.atleast_1d")
def atleast_1d(*arys: Any) -> Any:
    """Return arrays with one dimension or more."""
    return _each("atleast_1d", lambda x, rank: x[tf.newaxis] if rank < 1 else x, arys)


@export("experimental.numpy.atleast_2d")
def atleast_2d(*arys: Any) -> Any:
    """Return arrays with two dimensions or more: rows."""
    return _each(
        "atleast_2d", lambda x, rank: x[(tf.newaxis,) * max(2 - rank, 0)], arys
    )


@export("experimental.numpy.atleast_3d")
def atleast_3d(*arys: Any) -> Any:
    """Return arrays with three dimensions or more: rows in the middle."""

    def at_least(x: Any, rank: int) -> Any:
        if rank < 2:
            x = x[tf.newaxis, tf.newaxis] if rank == 0 else x[tf.newaxis]
        return x[..., tf.newaxis] if rank < 3 else x

    return _each("atleast_3d", at_least, arys)


def _each(function: str, change: Any, arys: Any) -> Any:
    """Return each array changed: one alone, several in a list."""
    arrays = [asarray(a) for a in arys]
    results = [change(x, rank_of(x, function)) for x in arrays]
    return results[0] if len(results) == 1 else results


@export("experimental.numpy.broadcast_arrays")
def broadcast_arrays(*args: Any, **kwargs: Any) -> list[Any]:
    """Return arrays that are repeated to one shape.

    Raises:
        ValueError: An argument of NumPy's is set that tensors do not have.
    """
    refuse("broadcast_arrays", **{n: v for n, v in kwargs.items() if v is not False})
    return broadcast([asarray(a) for a in args])


@export("experimental.numpy.flip")
def flip(m: Any, axis: int | None = None) -> Any:
    """Return an array backwards along an axis, or along all."""
    m = asarray(m)
    axes = range(rank_of(m, "flip")) if axis is None else [axis]
    return tf.reverse(m, list(axes)) if m.shape.rank else m


@export("experimental.numpy.flipud")
def flipud(m: Any) -> Any:
    """Return an array with its rows from the last to the first."""
    return flip(m, 0)


@export("experimental.numpy.fliplr")
def fliplr(m: Any) -> Any:
    """Return an array with its columns from the last to the first."""
    return flip(m, 1)


@export("experimental.numpy.roll")
def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    """Return an array shifted along axes, or in a row; the end comes to the front."""
    a = asarray(a)
    if axis is not None:
        return tf.roll(a, shift, axis)
    return tf.reshape(tf.roll(tf.reshape(a, [-1]), shift, 0), tf.shape(a))


@export("experimental.numpy.rot90")
def rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    """Return an array turned k times by 90 degrees, from one axis to the other."""
    m = asarray(m)
    first, second = [axis_of(axis, rank_of(m, "rot90")) for axis in axes]
    turns = k % 4
    if turns == 2:
        return flip(flip(m, first), second)
    if turns == 1:
        return swapaxes(flip(m, second), first, second)
    if turns == 3:
        return flip(swapaxes(m, first, second), second)
    return m


@export("experimental.numpy.diag")
def diag(v: Any, k: int = 0) -> Any:
    """Return a matrix with v on its k-th diagonal, or that diagonal of a matrix.

    Raises:
        ValueError: v has neither one nor two dimensions.
    """
    v = asarray(v)
    rank = rank_of(v, "diag")
    if rank not in (1, 2):
        raise ValueError(
            f"diag: expected an array of rank 1 or 2, got shape {v.shape}."
        )
    if rank == 2:
        return diagonal(v, k)
    if v.shape[0] == 0:
        return zeros([abs(k), abs(k)], v.dtype)
    return tf.linalg.diag(v, k=k)


@export("experimental.numpy.diagflat")
def diagflat(v: Any, k: int = 0) -> Any:
    """Return a matrix with all elements of v on its k-th diagonal."""
    return diag(ravel(v), k)


@export("experimental.numpy.diagonal")
def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Return diagonals of the matrices that lie along two axes."""
    a = moveaxis(a, (axis1, axis2), (-2, -1))
    rows, columns = size_of(a, -2), size_of(a, -1)
    first_row, first_column = max(-offset, 0), max(offset, 0)
    length = tf.minimum(rows - first_row, columns - first_column)
    steps = tf.range(tf.maximum(length, 0)) * (columns + 1)
    flat = tf.reshape(a, tf.concat([tf.shape(a)[:-2], [rows * columns]], 0))
    return tf.gather(flat, steps + first_row * columns + first_column, axis=-1)


@export("experimental.numpy.ix_")
def ix_(*args: Any) -> list[Any]:
    """Return indices of an open grid: one axis for each argument.

    Raises:
        ValueError: An argument has not one dimension, or holds no integers.
    """
    output = []
    for i, a in enumerate(args):
        index = asarray(a)
        if rank_of(index, "ix_") != 1:
            raise ValueError(
                f"Arguments must be 1-d, got arg {i} of rank {index.shape.rank}"
            )
        if index.dtype == tf.bool:
            index = tf.reshape(tf.where(index), [-1])
        elif not index.dtype.is_integer:
            raise ValueError(
                "Only integer and bool dtypes are supported, got "
                f"{index.dtype.name} for arg {i}."
            )
        lengths = [1] * len(args)
        lengths[i] = -1
        output.append(tf.reshape(index, lengths))
    return output


@export("experimental.numpy.compress")
def compress(condition: Any, a: Any, axis: int | None = None) -> Any:
    """Return the slices along an axis for which a condition is true.

    Raises:
        ValueError: The condition has not one dimension.
    """
    condition, a = array(condition, bool), asarray(a)
    if condition.shape.rank != 1:
        raise ValueError(f"condition must be a 1-d array, got {condition.shape}.")
    if axis is None or a.shape.rank == 0:
        a, axis = ravel(a), 0
    # A condition that is too short counts as false for the rest.
    places = tf.reshape(tf.where(condition), [-1])
    return tf.gather(a, places, axis=axis_of(axis, rank_of(a, "compress")))
