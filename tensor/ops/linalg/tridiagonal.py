"""Tridiagonal matrices: products with them, and systems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, register
from tensor.core.shapes import are_compatible
from tensor.ops.array import concat, pack, zeros_like
from tensor.ops.families import bracketed, shape_of
from tensor.ops.layout import expand_dims, squeeze
from tensor.ops.linalg.diagonals import (
    matrix_diag_part,
)
from tensor.ops.linalg.inverse import FACTORABLE
from tensor.ops.linalg.matmul import swap_last
from tensor.ops.math import conj, conj_for_gradient
from tensor.ops.reduce import reduce_sum

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensor.core.tensor_spec import TensorSpec


class TridiagonalSolve(Op):
    """The solution X of T X = B, where T is given by its three diagonals.

    The diagonals are rows of one array: above (its last element unused), main, below
    (its first element unused). Where a matrix is singular, X is NaN.
    """

    allows = FACTORABLE
    keeps_inputs = (0,)
    keeps_output = True

    def kernel(self, diagonals: Any, b: Any, pivoting: bool) -> Any:
        above, main, below = (np.array(diagonals[..., i, :]) for i in range(3))
        size = main.shape[-1]
        # `second` holds what swapping rows brings two places right of the diagonal.
        second = np.zeros_like(main)
        x = np.array(b)
        for i in range(size - 1):
            low = below[..., i + 1].copy()
            if pivoting:
                swaps = np.abs(low) > np.abs(main[..., i])
                _swap_rows(swaps, i, main, above, second, low, x)
            factor = low / main[..., i]
            main[..., i + 1] -= factor * above[..., i]
            above[..., i + 1] -= factor * second[..., i]
            x[..., i + 1, :] -= factor[..., None] * x[..., i, :]
        x[~np.all(main, axis=-1)] = np.nan
        for i in range(size - 1, -1, -1):
            if i + 1 < size:
                x[..., i, :] -= above[..., i, None] * x[..., i + 1, :]
            if i + 2 < size:
                x[..., i, :] -= second[..., i, None] * x[..., i + 2, :]
            x[..., i, :] /= main[..., i, None]
        return x

    def infer(self, diagonals: TensorSpec, b: TensorSpec, pivoting: bool) -> TensorSpec:
        return b

    def gradient(self, call: Any, dz: Any) -> Any:
        diagonals, x = conj_for_gradient(call.inputs[0]), call.output
        grad_b = tridiagonal_solve_op(transposed(diagonals), dz, **call.attrs)
        # Each diagonal of -grad_b Xᴴ.
        x = conj_for_gradient(x)
        none = zeros_like(x[..., :1, :])
        later = concat(x[..., 1:, :], none, axis=-2)
        earlier = concat(none, x[..., :-1, :], axis=-2)
        rows = [
            reduce_sum(grad_b * v, axis=(-1,), keepdims=False)
            for v in (later, x, earlier)
        ]
        return -pack(*rows, axis=-2), grad_b

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        diagonals = rng.normal(size=(2, 3, 4))
        diagonals[:, 1] += 1
        yield Sample(diagonals, rng.normal(size=(2, 4, 2)), pivoting=True)


def _swap_rows(
    swaps: np.ndarray,
    i: int,
    main: np.ndarray,
    above: np.ndarray,
    second: np.ndarray,
    low: np.ndarray,
    x: np.ndarray,
) -> None:
    """Exchange rows i and i + 1 where the lower one has the larger pivot."""
    main[..., i], low[...] = (
        np.where(swaps, low, main[..., i]),
        np.where(swaps, main[..., i], low),
    )
    above[..., i], main[..., i + 1] = (
        np.where(swaps, main[..., i + 1], above[..., i]),
        np.where(swaps, above[..., i], main[..., i + 1]),
    )
    second[..., i], above[..., i + 1] = (
        np.where(swaps, above[..., i + 1], second[..., i]),
        np.where(swaps, second[..., i], above[..., i + 1]),
    )
    across = swaps[..., None]
    x[..., i, :], x[..., i + 1, :] = (
        np.where(across, x[..., i + 1, :], x[..., i, :]),
        np.where(across, x[..., i, :], x[..., i + 1, :]),
    )


def transposed(diagonals: Any) -> Any:
    """Return the diagonals of the transposed tridiagonal matrices."""
    above, main, below = (diagonals[..., i : i + 1, :] for i in range(3))
    none = zeros_like(main[..., :1])
    lower = concat(none, above[..., :-1], axis=-1)
    upper = concat(below[..., 1:], none, axis=-1)
    return concat(upper, main, lower, axis=-2)


tridiagonal_solve_op = register(TridiagonalSolve)


def _compact(diagonals: Any, layout: str) -> Any:
    """Return three diagonals as rows of one tensor.

    Raises:
        ValueError: The layout is unknown or the shape does not fit it.
    """
    if layout == "compact":
        x = convert(diagonals)
        dims = shape_of(x)
        if dims is not None and len(dims) < 2:
            raise ValueError(
                f"Expected diagonals to have rank at least 2, got {len(dims)}"
            )
        if dims is not None and dims[-2] not in (3, None):
            raise ValueError(f"Expected 3 diagonals got {dims[-2]}")
        return x
    if layout == "sequence":
        if not isinstance(diagonals, tuple | list) or len(diagonals) != 3:
            raise ValueError(
                f"Expected diagonals to be a sequence of length 3. Got {diagonals!r}."
            )
        above, main, below = (convert(d) for d in diagonals)
        none = zeros_like(main[..., :1])
        if _is_shorter(above, main, "superdiagonal"):
            above = concat(above, none, axis=-1)
        if _is_shorter(below, main, "subdiagonal"):
            below = concat(none, below, axis=-1)
        return pack(above, main, below, axis=-2)
    if layout == "matrix":
        x = convert(diagonals)
        dims = shape_of(x)
        if dims is not None and (
            len(dims) < 2 or not are_compatible(dims[-1:], dims[-2:-1])
        ):
            raise ValueError(
                "Expected last two dimensions of diagonals to be same, got "
                f"{' and '.join(str(d) for d in dims[:-3:-1])}"
            )
        return matrix_diag_part(x, k=(-1, 1), align="LEFT_RIGHT", padding=0)
    raise ValueError(f"Unrecognized diagonals_format: {layout}")


def _is_shorter(x: Any, main: Any, name: str) -> bool:
    """Return whether a diagonal beside the main one is known to have no padding.

    Raises:
        ValueError: They are known not to belong together.
    """
    if not shape_of(x) or not shape_of(main):
        return False
    (*batch, length), (*others, size) = shape_of(x), shape_of(main)  # type: ignore[misc]
    if not are_compatible(tuple(batch), tuple(others)):
        raise ValueError(
            "Tensors representing the three diagonals must have the same shape, except "
            f"for the last dimension, got {shape_of(x)} and {shape_of(main)}"
        )
    if length is None or size is None:
        return False
    if length not in (size, size - 1):
        raise ValueError(
            f"Expected {name} to be have length {size} or {size - 1}, got {length}."
        )
    return length == size - 1


@export("linalg.tridiagonal_solve")
def tridiagonal_solve(
    diagonals: Any,
    rhs: Any,
    diagonals_format: str = "compact",
    transpose_rhs: bool = False,
    conjugate_rhs: bool = False,
    name: str | None = None,
    partial_pivoting: bool = True,
    perturb_singular: bool = False,
) -> Any:
    """Solve tridiagonal systems.

    Args:
        diagonals: The diagonals above, on and below the main one: rows of one tensor
            ("compact"), three tensors ("sequence"), or whole matrices ("matrix").
        rhs: A vector per system, or a matrix of columns.
        diagonals_format: How `diagonals` are given.
        transpose_rhs: Whether to transpose `rhs` first.
        conjugate_rhs: Whether to conjugate `rhs` first.
        name: A name for the node, in a graph.
        partial_pivoting: Whether to exchange rows for numerical stability.
        perturb_singular: Not available on CPUs.

    Raises:
        ValueError: The format is unknown or shapes do not fit it.
        InvalidArgumentError: A system is singular.
    """
    if perturb_singular:
        raise ValueError(
            "perturb_singular=True is not supported on CPUs. Leave it out."
        )
    x = _compact(diagonals, diagonals_format)
    b = convert(rhs, None if hasattr(rhs, "dtype") else x.dtype)
    is_vector = _is_vector(x, b)
    if conjugate_rhs:
        b = conj(b) if b.dtype.is_complex else b
    if is_vector:
        b = expand_dims(b, axis=-1)
    elif transpose_rhs:
        b = swap_last(b)
    size, rows = (shape_of(x) or (None,))[-1], (shape_of(b) or (None, None))[-2]
    if None not in (size, rows) and size != rows:
        raise ValueError(
            "Expected number of left-hand sided and right-hand sides to be equal, got "
            f"{size} and {rows}"
        )
    result = tridiagonal_solve_op(x, b, pivoting=bool(partial_pivoting), name=name)
    return squeeze(result, axis=(-1,)) if is_vector else result


def _is_vector(x: Any, b: Any) -> bool:
    """Return whether b is one right-hand side for each of the packed diagonals x.

    Raises:
        ValueError: They are known not to belong together.
    """
    left, right = shape_of(x), shape_of(b)
    if left is None or right is None:
        return False
    rank = len(left)
    if len(right) not in (rank - 1, rank):
        raise ValueError(
            f"Expected the rank of rhs to be {rank - 1} or {rank}, got {len(right)}"
        )
    batch, others = left[:-2], right[: rank - 2]
    if not are_compatible(batch, others):
        raise ValueError(f"Batch shapes {batch} and {others} are incompatible")
    return len(right) == rank - 1


@export("linalg.tridiagonal_matmul")
def tridiagonal_matmul(
    diagonals: Any, rhs: Any, diagonals_format: str = "compact", name: str | None = None
) -> Any:
    """Multiply tridiagonal matrices with matrices.

    Args:
        diagonals: The diagonals above, on and below the main one: rows of one tensor
            ("compact"), three tensors ("sequence"), or whole matrices ("matrix").
        rhs: Matrices.
        diagonals_format: How `diagonals` are given.
        name: A name for the node, in a graph.

    Raises:
        ValueError: The format is unknown or shapes do not fit it.
    """
    x = _compact(diagonals, diagonals_format)
    b = convert(rhs, None if hasattr(rhs, "dtype") else x.dtype)
    left, right = shape_of(x), shape_of(b)
    if left is not None and right is not None:
        if len(left) != len(right):
            raise errors.invalid(
                "TridiagonalMatMul",
                "All input tensors must have the same rank. Got diagonals of shape "
                f"{bracketed(left)} and rhs of shape {bracketed(right)}.",
            )
        if not are_compatible(left[:-2], right[:-2]):
            raise errors.invalid(
                "TridiagonalMatMul",
                "All input tensors must have the same outer dimensions. Got diagonals "
                f"of shape {bracketed(left)} and rhs of shape {bracketed(right)}.",
            )
    none = zeros_like(b[..., :1, :])
    later = concat(b[..., 1:, :], none, axis=-2)
    earlier = concat(none, b[..., :-1, :], axis=-2)
    above, main, below = (expand_dims(x[..., i, :], axis=-1) for i in range(3))
    return above * later + main * b + below * earlier
