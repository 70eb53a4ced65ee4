"""Products of vectors, matrices and arrays."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.core.public_api import export
from tensor.experimental.numpy.elementwise import functions
from tensor.experimental.numpy.promotion import (
    array,
    asarray,
    broadcast,
    promote,
    rank_of,
)
from tensor.experimental.numpy.reductions import sum_
from tensor.experimental.numpy.shaping import diagonal, moveaxis, ravel


@export("experimental.numpy.dot")
def dot(a: Any, b: Any) -> Any:
    """Return sums of products over the last axis of `a` and the last but one of `b`."""
    a, b = promote(a, b)
    if 0 in (rank_of(a, "dot"), rank_of(b, "dot")):
        return a * b
    return tf.tensordot(a, b, [[-1], [-1 if b.shape.rank == 1 else -2]])


@export("experimental.numpy.inner")
def inner(a: Any, b: Any) -> Any:
    """Return sums of products over the last axes."""
    a, b = promote(a, b)
    if 0 in (rank_of(a, "inner"), rank_of(b, "inner")):
        return a * b
    return tf.tensordot(a, b, [[-1], [-1]])


@export("experimental.numpy.vdot")
def vdot(a: Any, b: Any) -> Any:
    """Return the sum of the products of all elements, those of `a` conjugated."""
    a, b = promote(a, b)
    return dot(tf.math.conj(ravel(a)), ravel(b))


@export("experimental.numpy.matmul")
def matmul(x1: Any, x2: Any) -> Any:
    """Return products of matrices, or with vectors.

    Raises:
        ValueError: The inner dimensions differ.
    """
    x1, x2 = promote(x1, x2)
    rank1, rank2 = rank_of(x1, "matmul"), rank_of(x2, "matmul")
    if rank2 == 1:
        return tf.tensordot(x1, x2, 1)
    if rank1 == 1:
        return tf.tensordot(x1, x2, [[0], [-2]])
    return tf.matmul(x1, x2)


@export("experimental.numpy.tensordot")
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """Return sums of products over some axes of both."""
    a, b = promote(a, b)
    return tf.tensordot(a, b, axes)


@export("experimental.numpy.einsum")
def einsum(subscripts: str, *operands: Any, **kwargs: Any) -> Any:
    """Return the sums of products that Einstein's notation names.

    Raises:
        ValueError: `casting` or `optimize` has no meaning here.
    """
    casting, optimize = kwargs.get("casting", "safe"), kwargs.get("optimize", False)
    if casting not in ("safe", "no"):
        raise ValueError(
            'Invalid value for argument `casting`. Expected casting="safe" or '
            f'casting="no". Received: casting={casting}'
        )
    if optimize not in (True, False, "greedy", "optimal"):
        raise ValueError(
            "Invalid value for argument `optimize`. Expected one of "
            f'{{True, "greedy", "optimal"}}. Received: optimize={optimize}'
        )
    tensors = promote(*operands) if casting == "safe" else map(asarray, operands)
    how = "optimal" if optimize == "optimal" else "greedy"
    return tf.einsum(subscripts, *tensors, optimize=how)


@export("experimental.numpy.outer")
def outer(a: Any, b: Any) -> Any:
    """Return the products of each element of `a` with each of `b`."""
    a, b = promote(a, b)
    return functions["multiply"](ravel(a)[:, tf.newaxis], ravel(b))


@export("experimental.numpy.kron")
def kron(a: Any, b: Any) -> Any:
    """Return `b` multiplied by each element of `a`, side by side."""
    a, b = promote(a, b)
    rank = max(rank_of(a, "kron"), rank_of(b, "kron"))
    a, b = [x[(tf.newaxis,) * (rank - x.shape.rank)] for x in (a, b)]
    ones = tf.ones([rank], tf.int32)
    sizes_a = tf.reshape(tf.stack([tf.shape(a), ones], 1), [-1])
    sizes_b = tf.reshape(tf.stack([ones, tf.shape(b)], 1), [-1])
    products = tf.reshape(a, sizes_a) * tf.reshape(b, sizes_b)
    return tf.reshape(products, tf.shape(a) * tf.shape(b))


@export("experimental.numpy.cross")
def cross(
    a: Any,
    b: Any,
    axisa: int = -1,
    axisb: int = -1,
    axisc: int = -1,
    axis: int | None = None,
) -> Any:
    """Return vector products; of two vectors in a plane, their one coordinate.

    Raises:
        ValueError: The vectors have neither two nor three coordinates.
    """
    a, b = promote(a, b)
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = moveaxis(a, axisa, -1), moveaxis(b, axisb, -1)
    lengths = (a.shape[-1], b.shape[-1])
    if not {2, 3}.issuperset(lengths):
        raise ValueError(
            "incompatible dimensions for cross product (dimension must be 2 or 3), got "
            f"{lengths[0]} and {lengths[1]}."
        )
    a, b = broadcast([_in_space(a), _in_space(b)])
    product = tf.linalg.cross(a, b)
    if lengths == (2, 2):
        return product[..., 2]
    return moveaxis(product, -1, axisc)


def _in_space(vectors: Any) -> Any:
    """Return vectors with a third coordinate."""
    if vectors.shape[-1] == 3:
        return vectors
    return tf.concat([vectors, tf.zeros_like(vectors[..., :1])], -1)


@export("experimental.numpy.trace")
def trace(
    a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None
) -> Any:
    """Return the sums of diagonals."""
    return sum_(diagonal(array(a, dtype), offset, axis1, axis2), -1, dtype)
