"""Fractional pooling: windows of different sizes, so that any ratio will do.

A pooling sequence says where windows begin along an axis: windows of floor(ratio) and
of one more, in a random order. The average is two products with matrices that have
ones where a window lies; the maximum looks up where it is. Gradients follow from both.
"""

from __future__ import annotations

import itertools
import math
from typing import Any, NamedTuple

import numpy as np

from tensor.core import config_options, dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import get_op
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import as_static_shape, cast, reshape, shape
from tensor.ops.array_functions import array_function, vector
from tensor.ops.gather import gather
from tensor.ops.linalg.einsum import einsum
from tensor.ops.random import distributions, philox
from tensor.ops.random.seeds import Stream, op_seeds, stream_for

_KINDS = ("float32", "float64", "int32", "int64")


class FractionalMaxPool(NamedTuple):
    """What fractional_max_pool returns."""

    output: Any
    row_pooling_sequence: Any
    col_pooling_sequence: Any


class FractionalAvgPool(NamedTuple):
    """What fractional_avg_pool returns."""

    output: Any
    row_pooling_sequence: Any
    col_pooling_sequence: Any


def sequence(length: int, count: int, pseudo_random: bool, stream: Stream) -> Any:
    """Return where `count` windows along an axis begin, and its length at the end."""
    size, longer = divmod(length, count)
    if pseudo_random:
        ratio = length / count
        # Beyond this the first or the last window would be too long.
        most = min((size + 2) / ratio - 1, (length + 1 - size) / ratio - (count - 1))
        high, low = philox.blocks(stream.key, stream.reserve_blocks(1), 1)[0, :2]
        fraction = ((int(high) & 0xFFFFF) << 32 | int(low)) / 2.0**52 * most
        inner = [math.ceil(ratio * (i + fraction)) for i in range(1, count)]
        return np.array([1, *inner, length + 1], np.int64) - 1
    sizes = np.full(count, size, np.int64)
    sizes[:longer] += 1
    counter = stream.reserve_blocks(-(-count // 4))
    order = distributions.order(stream.key, counter, count)
    return np.concatenate([[0], np.cumsum(sizes[order])])


def _sequence_spec(size: TensorSpec, **attrs: Any) -> Any:
    return vector(dtypes.int64), vector(dtypes.int64)


@array_function(
    "FractionalPoolSequences",
    _sequence_spec,
    np.array([1, 8, 9, 2], np.int32),
    kind="random",
    ratios=(1.0, 1.5, 1.4, 1.0),
    pseudo_random=True,
    stream=Stream(1, 2),
    repeats=True,
)
def sequences(
    size: Any,
    ratios: tuple[float, ...],
    pseudo_random: bool,
    stream: Stream,
    repeats: bool,
) -> Any:
    """The pooling sequences of rows and of columns."""
    if repeats:
        stream = stream.restarted()
    counts = [math.floor(int(size[a]) / ratios[a]) for a in (1, 2)]
    if min(counts) < 1:
        raise errors.invalid(
            "FractionalPool",
            "Pooling ratio is higher than input dimension size for dimension "
            f"{1 if counts[0] < 1 else 2}: ratios {ratios}, images {size.tolist()}",
        )
    rows = sequence(int(size[1]), counts[0], pseudo_random, stream)
    return rows, sequence(int(size[2]), counts[1], pseudo_random, stream)


def _windows(begins: np.ndarray, overlapping: bool) -> list[slice]:
    length = int(begins[-1])
    return [
        slice(int(a), min(int(b) + overlapping, length))
        for a, b in itertools.pairwise(begins)
    ]


def _count(begins: TensorSpec) -> int | None:
    """Return how many windows there are, if that is known."""
    size = (begins.dims or (None,))[0]
    return None if size is None else size - 1


@array_function(
    "FractionalWindows",
    lambda begins, **_: TensorSpec.of((_count(begins), None), dtypes.int64),
    [0, 1, 3],
    overlapping=True,
)
def window_matrix(begins: Any, overlapping: bool) -> Any:
    """A matrix with ones where a window, one a row, has an element."""
    result = np.zeros((len(begins) - 1, int(begins[-1])), np.int64)
    for row, window in enumerate(_windows(begins, overlapping)):
        result[row, window] = 1
    return result


@array_function(
    "FractionalMaxPlaces",
    lambda x, rows, columns, **_: TensorSpec.of(
        (
            (x.dims or (None,))[0],
            _count(rows),
            _count(columns),
            (x.dims or (None,))[-1],
        ),
        dtypes.int64,
    ),
    np.arange(12.0).reshape((1, 3, 2, 2)),
    [0, 1, 3],
    [0, 1, 2],
    overlapping=True,
)
def max_places(x: Any, rows: Any, columns: Any, overlapping: bool) -> Any:
    """Which element of all is the largest of each window; the first of equal ones."""
    batch, depth = x.shape[0], x.shape[3]
    result = np.empty((batch, len(rows) - 1, len(columns) - 1, depth), np.int64)
    numbers = np.arange(x.size).reshape(x.shape)
    for i, down in enumerate(_windows(rows, overlapping)):
        for j, across in enumerate(_windows(columns, overlapping)):
            values = x[:, down, across].reshape(batch, -1, depth)
            own = numbers[:, down, across].reshape(batch, -1, depth)
            best = values.argmax(axis=1)[:, None]
            result[:, i, j] = np.take_along_axis(own, best, axis=1)[:, 0]
    return result


def _prepared(value: Any, ratios: Any, pseudo_random: bool, seed: int) -> Any:
    x = convert(value)
    if x.dtype.name not in _KINDS:
        raise errors.invalid(
            "FractionalPool",
            f"Value for attr 'T' of {dtypes.short_name(x.dtype)} is not in the list of "
            "allowed values: float, double, int32, int64",
        )
    if x.ndim not in (None, 4):
        raise errors.invalid(
            "FractionalPool", f"tensor_in must be 4-dimensional, got shape {x.shape}"
        )
    stream = Stream(*op_seeds(seed)) if seed else stream_for("FractionalPool", None)
    rows, columns = sequences(
        shape(x),
        ratios=tuple(map(float, ratios)),
        pseudo_random=bool(pseudo_random),
        stream=stream,
        # With a seed of its own an op always draws the same windows.
        repeats=bool(seed),
    )
    if x.ndim == 4:
        for begins, axis in ((rows, 1), (columns, 2)):
            known = x.static_shape[axis]
            if known is not None and begins.static_shape == (None,):
                begins.set_shape([math.floor(known / ratios[axis]) + 1])
    return x, rows, columns


def _check_ratios(ratios: Any) -> list[float]:
    """Return the ratio of each axis.

    Raises:
        ValueError: A ratio is below 1, or not 1 for batch or channels.
    """
    if isinstance(ratios, list | tuple):
        if ratios[0] != 1.0 or ratios[-1] != 1.0:
            raise ValueError(
                "`pooling_ratio` should have first and last elements with value 1.0. "
                f"Received: pooling_ratio={ratios}"
            )
        if min(ratios) < 1.0:
            raise ValueError(
                "`pooling_ratio` elements should be >= 1.0. Received: "
                f"pooling_ratio={ratios}"
            )
        return list(ratios)
    if not isinstance(ratios, int | float):
        raise ValueError(
            "`pooling_ratio` should be an int or a list of ints. Received: "
            f"pooling_ratio={ratios}"
        )
    if ratios < 1.0:
        raise ValueError(
            f"`pooling_ratio` should be >= 1.0. Received: pooling_ratio={ratios}"
        )
    return [1.0, float(ratios), float(ratios), 1.0]


@export("nn.fractional_max_pool")
def fractional_max_pool(
    value: Any,
    pooling_ratio: Any,
    pseudo_random: bool = False,
    overlapping: bool = False,
    seed: int = 0,
    name: str | None = None,
) -> FractionalMaxPool:
    """Return the largest elements of windows of different sizes.

    Args:
        value: [batch, height, width, channels].
        pooling_ratio: How much smaller the result is: one number, or one for each axis.
        pseudo_random: Whether sizes of windows follow each other evenly.
        overlapping: Whether windows share the elements at their borders.
        seed: The op's seed; 0 for none.
        name: A name for the node, in a graph.

    Raises:
        ValueError: A ratio is below 1, or not 1 for batch or channels; or there is no
            seed, and ops were asked to be deterministic.
        InvalidArgumentError: The value has another rank or dtype.
    """
    ratios = _check_ratios(pooling_ratio)
    if not seed and config_options.is_op_determinism_enabled():
        raise ValueError(
            "tf.nn.fractional_max_pool requires a non-zero seed to be passed in when "
            f"determinism is enabled, but got seed={seed}. Please pass in a non-zero "
            'seed, e.g. by passing "seed=1".'
        )
    x, rows, columns = _prepared(value, ratios, pseudo_random, seed)
    places = max_places(x, rows, columns, overlapping=bool(overlapping))
    output = gather(reshape(x, shape=(-1,)), places, axis=0, batch_dims=0)
    return FractionalMaxPool(output, rows, columns)


@export("nn.fractional_avg_pool")
def fractional_avg_pool(
    value: Any,
    pooling_ratio: Any,
    pseudo_random: bool = False,
    overlapping: bool = False,
    seed: int = 0,
    name: str | None = None,
) -> FractionalAvgPool:
    """Return the means of windows of different sizes.

    See `tf.nn.fractional_max_pool` for the arguments; the ratio is one for each axis.

    Raises:
        TypeError: The ratio is no list.
        InvalidArgumentError: The value has another rank or dtype.
    """
    if not isinstance(pooling_ratio, list | tuple):
        raise TypeError(
            "Expected list for 'pooling_ratio' argument to 'fractional_avg_pool' Op, "
            f"not {pooling_ratio}."
        )
    ratios = list(pooling_ratio)
    x, rows, columns = _prepared(value, ratios, pseudo_random, seed)
    down, across = (
        cast(window_matrix(b, overlapping=bool(overlapping)), dtype=x.dtype)
        for b in (rows, columns)
    )
    total = einsum("bhwc,ih,jw->bijc", x, down, across)
    sizes = [get_op("Sum")(m, axis=(1,), keepdims=False) for m in (down, across)]
    count = reshape(einsum("i,j->ij", *sizes), shape=_one_each(sizes))
    divide = get_op("RealDiv" if x.dtype.is_floating else "FloorDiv")
    return FractionalAvgPool(divide(total, count), rows, columns)


def _one_each(sizes: list[Any]) -> Any:
    """Return the shape in which counts of windows broadcast over batch and channels."""
    dims = [s.static_shape[0] for s in sizes]
    if None not in dims:
        return (1, *dims, 1)
    return as_static_shape([1, shape(sizes[0])[0], shape(sizes[1])[0], 1])
