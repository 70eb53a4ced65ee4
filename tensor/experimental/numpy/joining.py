"""Arrays put together, repeated, and cut."""

from __future__ import annotations

import itertools
from typing import Any

import tensor as tf
from tensor.core.public_api import export
from tensor.experimental.numpy.promotion import asarray, axis_of, promote, rank_of
from tensor.experimental.numpy.shaping import (
    atleast_1d,
    atleast_2d,
    atleast_3d,
    ndim,
    ravel,
    swapaxes,
)


@export("experimental.numpy.concatenate")
def concatenate(arys: Any, axis: int = 0) -> Any:
    """Return arrays joined along an axis.

    Raises:
        ValueError: There are none.
    """
    if not isinstance(arys, list | tuple):
        arys = [arys]
    if not arys:
        raise ValueError(
            f"Need at least one array to concatenate. Received empty input: arys={arys}"
        )
    return tf.concat(promote(*arys), axis)


@export("experimental.numpy.append")
def append(arr: Any, values: Any, axis: int | None = None) -> Any:
    """Return two arrays joined, in a row if no axis is given."""
    if axis is None:
        return concatenate([ravel(arr), ravel(values)])
    return concatenate([arr, values], axis)


@export("experimental.numpy.stack")
def stack(arrays: Any, axis: int = 0) -> Any:
    """Return arrays joined along a new axis."""
    if isinstance(arrays, tf.Tensor):
        return arrays if axis == 0 else swapaxes(arrays, 0, axis)
    return tf.stack(promote(*arrays), axis)


@export("experimental.numpy.hstack")
def hstack(tup: Any) -> Any:
    """Return arrays joined along their second axis, rows along their first."""
    arrays = [atleast_1d(a) for a in tup]
    return concatenate(arrays, 0 if ndim(arrays[0]) == 1 else 1)


@export("experimental.numpy.vstack")
def vstack(tup: Any) -> Any:
    """Return arrays, or rows, one below the other."""
    return concatenate([atleast_2d(a) for a in tup], 0)


@export("experimental.numpy.dstack")
def dstack(tup: Any) -> Any:
    """Return arrays, or matrices, one behind the other."""
    return concatenate([atleast_3d(a) for a in tup], 2)


@export("experimental.numpy.split")
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """Return equal parts of an array, or the parts between some places.

    Raises:
        ValueError: There is no such axis, or the places fall.
    """
    ary = asarray(ary)
    if isinstance(indices_or_sections, int):
        return tf.split(ary, indices_or_sections, axis)
    axis = axis_of(axis, rank_of(ary, "split"))
    places = [0, *indices_or_sections]
    for i, (before, place) in enumerate(itertools.pairwise(places)):
        if place < before:
            raise ValueError(
                f"The {i}-th boundary {place} is smaller than the previous boundary "
                f"{before}"
            )
    ends = [*[min(place, ary.shape[axis]) for place in places], ary.shape[axis]]
    sizes = [end - start for start, end in itertools.pairwise(ends)]
    return tf.split(ary, sizes, axis)


@export("experimental.numpy.vsplit")
def vsplit(ary: Any, indices_or_sections: Any) -> Any:
    """Return parts of an array's rows."""
    return _split_evenly(ary, indices_or_sections, 0)


@export("experimental.numpy.hsplit")
def hsplit(ary: Any, indices_or_sections: Any) -> Any:
    """Return parts of an array's columns; of a row its elements."""
    return _split_evenly(ary, indices_or_sections, 0 if ndim(ary) == 1 else 1)


@export("experimental.numpy.dsplit")
def dsplit(ary: Any, indices_or_sections: Any) -> Any:
    """Return parts of an array along its third axis."""
    return _split_evenly(ary, indices_or_sections, 2)


def _split_evenly(ary: Any, indices_or_sections: Any, axis: int) -> Any:
    ary = asarray(ary)
    length = ary.shape[axis]
    is_count = isinstance(indices_or_sections, int) and length is not None
    if is_count and length % indices_or_sections:
        raise ValueError(
            "array split does not result in an equal division: length "
            f"{length}, {indices_or_sections} parts."
        )
    return split(ary, indices_or_sections, axis)


@export("experimental.numpy.tile")
def tile(a: Any, reps: Any) -> Any:
    """Return an array repeated along each of its last axes."""
    a = asarray(a)
    counts = tf.reshape(tf.convert_to_tensor(reps, dtype_hint=tf.int32), [-1])
    missing = counts.shape[0] - rank_of(a, "tile")
    if missing > 0:
        a = a[(tf.newaxis,) * missing]
    else:
        counts = tf.concat([tf.ones([-missing], counts.dtype), counts], 0)
    return tf.tile(a, counts)


@export("experimental.numpy.repeat")
def repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    """Return an array with each element, or each row of an axis, repeated."""
    return tf.repeat(asarray(a), asarray(repeats), axis)


@export("experimental.numpy.pad")
def pad(array: Any, pad_width: Any, mode: str, **kwargs: Any) -> Any:
    """Return an array with a frame: constant, reflect or symmetric.

    Raises:
        ValueError: Another mode is asked for.
    """
    if mode not in ("constant", "reflect", "symmetric"):
        raise ValueError(
            f"Unsupported padding mode: {mode}. Expected constant, reflect or "
            "symmetric."
        )
    constant = kwargs.get("constant_values", 0)
    return tf.pad(asarray(array), asarray(pad_width, "int32"), mode.upper(), constant)
