"""Norms of vectors and matrices, and cross products."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, register
from tensor.core.shapes import merge
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import cast, cast_, shape_for, where, zeros_like
from tensor.ops.families import (
    INEXACT,
    NUMERIC,
    bracketed,
    check_kind,
    normalize_axes,
    operands,
    shape_of,
)
from tensor.ops.known_ranks import knowing_ranks
from tensor.ops.layout import expand_dims, squeeze, transpose
from tensor.ops.linalg.factorizations import scale_columns, singular_values, svd_op
from tensor.ops.linalg.inverse import product
from tensor.ops.linalg.matmul import adjoint
from tensor.ops.math import absolute, conj, conj_for_gradient, power, sqrt
from tensor.ops.reduce import reduce_max, reduce_sum

if TYPE_CHECKING:
    from collections.abc import Iterator


def _is_number(order: Any) -> bool:
    return isinstance(order, int | float | np.number)


def _check_order(order: Any, is_matrix: bool) -> None:
    """Check the order of a norm.

    Raises:
        ValueError: There is no such norm.
    """
    if is_matrix:
        supported = ["euclidean", "fro", 1, 2, np.inf]
        if order not in supported:
            raise ValueError(
                "'ord' must be a supported matrix norm in ['euclidean', 'fro', 1, 2, "
                f"inf], got {order}"
            )
    elif order != "euclidean" and not (_is_number(order) and order > 0):
        raise ValueError(f"'ord' must be a supported vector norm, got {order}")


def _vector_norm(x: Any, order: Any, axes: tuple[int, ...] | None) -> Any:
    along = {"axis": axes, "keepdims": True}
    if order in ("euclidean", "fro", 2):
        if x.dtype.is_complex:
            # TensorFlow keeps the complex dtype here.
            return sqrt(reduce_sum(x * conj(x), **along))
        return sqrt(reduce_sum(x * x, **along))
    size = absolute(x)
    if order == 1:
        return reduce_sum(size, **along)
    if order == np.inf:
        return reduce_max(size, **along)
    dtype = size.dtype.as_numpy_dtype
    return power(reduce_sum(power(size, dtype(order)), **along), dtype(1 / order))


def _matrix_norm(x: Any, order: Any, axes: tuple[int, ...]) -> Any:
    if order == 2:
        return _largest_singular_value(x, axes=axes)
    summed, compared = axes if order == 1 else axes[::-1]
    sums = reduce_sum(absolute(x), axis=(summed,), keepdims=True)
    return reduce_max(sums, axis=(compared,), keepdims=True)


@knowing_ranks(None)
def _largest_singular_value(x: Any, axes: tuple[int, ...]) -> Any:
    """Return the largest singular value of matrices, with their axes as 1."""
    rank = len(shape_of(x) or ())
    axes = tuple([a % rank for a in axes])
    others = tuple(i for i in range(rank) if i not in axes)
    largest = reduce_max(
        singular_values(transpose(x, perm=(*others, *axes))), axis=(-1,), keepdims=True
    )
    for axis in sorted(axes):
        largest = expand_dims(largest, axis=axis)
    return squeeze(largest, axis=(-1,))


@export("norm", "linalg.norm")
@takes_composites
def norm(
    tensor: Any,
    ord: Any = "euclidean",
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
) -> Any:
    """Return the norm of vectors, matrices or all elements.

    Args:
        tensor: A floating point or complex tensor.
        ord: "euclidean", 1, 2, np.inf or any positive number p; of matrices
            "euclidean", "fro" (both the same), 1, 2 or np.inf.
        axis: None for all elements as one vector, an integer for vectors, a pair of
            integers for matrices.
        keepdims: Whether the axes stay, with size 1.
        name: A name for the node, in a graph.

    Raises:
        ValueError: There is no such norm, or `axis` is malformed.
    """
    is_matrix = isinstance(axis, tuple | list) and len(set(axis)) == len(axis) == 2
    is_one = axis is None or (np.ndim(axis) == 0 and not isinstance(axis, str))
    if not is_matrix and not is_one:
        raise ValueError(
            "'axis' must be None, an integer, or a tuple of 2 unique integers, got "
            f"{axis}"
        )
    x = convert(tensor)
    axes = normalize_axes(axis, x.ndim, reduce_sum)
    _check_order(ord, is_matrix)
    check_kind(sqrt, x, INEXACT)
    if is_matrix and ord in (1, 2, np.inf) and axes is not None:
        result = _matrix_norm(x, ord, axes)
    else:
        result = _vector_norm(x, ord, axes)
    if keepdims:
        return result
    # Every axis that was reduced has size 1 here: summing drops it.
    return reduce_sum(result, axis=axes, keepdims=False, name=name)


@export("linalg.normalize")
def normalize(
    tensor: Any, ord: Any = "euclidean", axis: Any = None, name: str | None = None
) -> tuple[Any, Any]:
    """Return a tensor divided by its norm along axes, and the norm.

    Raises:
        ValueError: There is no such norm, or `axis` is malformed.
    """
    x = convert(tensor)
    size = norm(x, ord, axis, keepdims=True)
    return x / size, size


class Cross(Op):
    """The cross product of vectors of three elements along the last axis."""

    allows = NUMERIC

    def kernel(self, a: Any, b: Any) -> Any:
        return np.asarray(np.cross(a, b), a.dtype)

    def infer(self, a: TensorSpec, b: TensorSpec) -> TensorSpec:
        return TensorSpec.of(merge(a.dims, b.dims), a.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        a, b = (conj_for_gradient(x) for x in call.inputs)
        return cross(b, dz), cross(dz, a)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3)), rng.normal(size=(2, 3)))


cross = register(Cross)


@export("linalg.cross")
def cross_(a: Any, b: Any, name: str | None = None) -> Any:
    """Return the cross product of vectors of three elements along the last axis.

    Raises:
        InvalidArgumentError: The shapes differ, or the last axis has not 3 elements.
    """
    a, b = operands(cross, a, b)
    a, b = convert(a), convert(b)
    dims_a, dims_b = shape_of(a), shape_of(b)
    if dims_a is not None and dims_b is not None:
        if dims_a != dims_b and None not in (*dims_a, *dims_b):
            raise errors.invalid(
                "Cross",
                f"Both inputs must be of same shape: {bracketed(dims_a)} vs. "
                f"{bracketed(dims_b)}",
            )
        if not dims_a or dims_a[-1] not in (3, None):
            raise errors.because(
                errors.FailedPreconditionError,
                "Cross-products are only defined for 3-element vectors. Got shape "
                f"{bracketed(dims_a)}. [Op:Cross]",
            )
    return cross(a, b, name=name)


@export("linalg.matrix_rank")
def matrix_rank(
    a: Any, tol: Any = None, validate_args: bool = False, name: str | None = None
) -> Any:
    """Count the singular values above a tolerance.

    Args:
        a: A tensor of at least two dimensions.
        tol: The tolerance; by default the largest singular value times the larger
            dimension times the dtype's epsilon.
        validate_args: Accepted for compatibility; arguments are always checked.
        name: A name for the node, in a graph.
    """
    x = _floating_matrix(a, dtypes.float32)
    values = singular_values(x)
    if tol is None:
        tol = reduce_max(values, axis=(-1,), keepdims=True) * _rounding(x, values.dtype)
    above = values > tol
    return reduce_sum(cast_(above, dtypes.int32), axis=(-1,), keepdims=False)


def _rounding(x: Any, dtype: dtypes.DType) -> Any:
    """Return the larger dimension of matrices times the epsilon of a dtype."""
    epsilon = float(np.finfo(dtype.as_numpy_dtype).eps)
    shape = shape_for(x)
    if isinstance(shape, tuple):
        return max(shape[-2:]) * epsilon
    return cast_(reduce_max(shape[-2:], axis=(0,), keepdims=False), dtype) * epsilon


def _floating_matrix(a: Any, hint: dtypes.DType | None = None) -> Any:
    x = convert(a, hint=hint)
    if not x.dtype.is_floating and not x.dtype.is_complex:
        raise TypeError(
            f"Input `a` must have `float`-like `dtype` (saw {x.dtype.name})."
        )
    if x.ndim is not None and x.ndim < 2:
        raise ValueError(f"Input `a` must have at least 2 dimensions (saw: {x.ndim}).")
    return x


@export("linalg.pinv")
def pinv(
    a: Any, rcond: Any = None, validate_args: bool = False, name: str | None = None
) -> Any:
    """Return the pseudo-inverse of matrices.

    Args:
        a: A tensor of at least two dimensions.
        rcond: Singular values up to this times the largest count as 0; by default 10
            times the larger dimension times the dtype's epsilon.
        validate_args: Accepted for compatibility; arguments are always checked.
        name: A name for the node, in a graph.

    Raises:
        TypeError: `a` does not hold floating point numbers.
        ValueError: `a` has fewer than two dimensions.
    """
    x = _floating_matrix(a)
    s, u, v = svd_op(x, full_matrices=False)
    if rcond is None:
        rcond = 10.0 * _rounding(x, s.dtype)
    rcond = convert(rcond, s.dtype)
    if rcond.ndim:
        rcond = expand_dims(rcond, axis=-1)
    cutoff = rcond * reduce_max(s, axis=(-1,), keepdims=True)
    above = s > cutoff
    safe = where(above, s, zeros_like(s) + 1)
    inverse_s = where(above, 1 / safe, zeros_like(s))
    scaled = scale_columns(v, cast(inverse_s, dtype=x.dtype))
    return product(scaled, adjoint(u))
