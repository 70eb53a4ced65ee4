"""Matrices with few diagonals: tridiagonal and banded triangular systems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, register
from tensor.core.shapes import are_compatible
from tensor.ops.array import Identity, concat, pack, shape_for, zeros_like
from tensor.ops.compare import greater, less_equal
from tensor.ops.families import bracketed, shape_of
from tensor.ops.gather import gather
from tensor.ops.layout import expand_dims, squeeze
from tensor.ops.linalg.diagonals import (
    matrix_diag,
    matrix_diag_part,
    place_diagonals,
)
from tensor.ops.linalg.eigen import eigh, eigvalsh
from tensor.ops.linalg.inverse import FACTORABLE, triangular_solve_
from tensor.ops.linalg.matmul import adjoint, swap_last
from tensor.ops.math import conj, conj_for_gradient, logical_and
from tensor.ops.reduce import reduce_sum
from tensor.ops.selection import nonzero

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensor.core.tensor_spec import TensorSpec


class TridiagonalSolve(Op):
    """The solution X of T X = B, where T is given by its three diagonals.

    The diagonals are rows of one array: above (its last element unused), main, below
    (its first element unused).
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
        if not np.all(main):
            raise errors.invalid(self.type_name, "The matrix is not invertible.")
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
        if dims is not None and (len(dims) < 2 or dims[-2] not in (3, None)):
            raise ValueError(f"Expected 3 diagonals got a tensor of shape {dims}")
        return x
    if layout == "sequence":
        if not isinstance(diagonals, tuple | list) or len(diagonals) != 3:
            raise ValueError(
                f"Expected diagonals to be a sequence of length 3. Got {diagonals!r}."
            )
        above, main, below = (convert(d) for d in diagonals)
        none = zeros_like(main[..., :1])
        if _is_shorter(above, main):
            above = concat(above, none, axis=-1)
        if _is_shorter(below, main):
            below = concat(none, below, axis=-1)
        return pack(above, main, below, axis=-2)
    if layout == "matrix":
        x = convert(diagonals)
        dims = shape_of(x)
        if dims is not None and (
            len(dims) < 2 or not are_compatible(dims[-1:], dims[-2:-1])
        ):
            raise ValueError(
                f"Expected last two dimensions of diagonals to be same, got {dims}"
            )
        return matrix_diag_part(x, k=(-1, 1), align="LEFT_RIGHT", padding=0)
    raise ValueError(f"Unrecognized diagonals_format: {layout}")


def _is_shorter(x: Any, main: Any) -> bool:
    """Return whether a diagonal beside the main one is known to have no padding."""
    length, size = (shape_of(v)[-1] if shape_of(v) else None for v in (x, main))  # type: ignore[index]
    return None not in (length, size) and length == size - 1  # type: ignore[operator]


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
    is_vector = None not in (x.ndim, b.ndim) and b.ndim == x.ndim - 1
    if conjugate_rhs:
        b = conj(b) if b.dtype.is_complex else b
    if is_vector:
        b = expand_dims(b, axis=-1)
    elif transpose_rhs:
        b = swap_last(b)
    size, rows = (shape_of(x) or (None,))[-1], (shape_of(b) or (None, None))[-2]
    if None not in (size, rows) and size != rows:
        raise ValueError(
            "Expected number of left-hand sided and right-hand side rows to be equal, "
            f"got {size} and {rows}"
        )
    result = tridiagonal_solve_op(x, b, pivoting=bool(partial_pivoting), name=name)
    return squeeze(result, axis=(-1,)) if is_vector else result


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
    none = zeros_like(b[..., :1, :])
    later = concat(b[..., 1:, :], none, axis=-2)
    earlier = concat(none, b[..., :-1, :], axis=-2)
    above, main, below = (expand_dims(x[..., i, :], axis=-1) for i in range(3))
    return above * later + main * b + below * earlier


@export("linalg.banded_triangular_solve")
def banded_triangular_solve(
    bands: Any,
    rhs: Any,
    lower: bool = True,
    adjoint: bool = False,
    name: str | None = None,
) -> Any:
    """Solve triangular systems given by their bands.

    Args:
        bands: The diagonals as rows, the main one first if `lower`, else last.
        rhs: The right-hand sides, as columns of matrices.
        lower: Whether the matrices are lower triangular.
        adjoint: Whether to solve with the conjugate transposes.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: A system is singular or shapes do not fit.
    """
    x = convert(bands)
    b = convert(rhs, None if hasattr(rhs, "dtype") else x.dtype)
    full = _band_matrix(x, lower)
    return triangular_solve_(full, b, lower=lower, adjoint=adjoint, name=name)


class NonzeroDiagonal(Identity):
    """The diagonals of matrices, of which the one in `row` is checked to have no 0."""

    names = ()
    takes_slices = False

    def kernel(self, x: Any, row: int) -> Any:
        if not np.all(x[..., row, :]):
            raise errors.invalid(
                "BandedTriangularSolve", "Input matrix is not invertible."
            )
        return x

    def infer(self, x: TensorSpec, row: int) -> TensorSpec:
        return x

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3)), row=-1)


nonzero_diagonal = register(NonzeroDiagonal)


def _band_matrix(x: Any, lower: bool) -> Any:
    """Return the triangular matrices whose bands are the rows of x."""
    dims = shape_of(x)
    if dims is not None and len(dims) < 2:
        raise errors.invalid(
            "BandedTriangularSolve",
            f"bands must be at least 2-dim, received shape: {bracketed(dims)}. Shape "
            f"must be at least rank 2 but is rank {len(dims)}",
        )
    shape: Any = shape_for(x)
    if isinstance(shape, tuple):
        count, size = shape[-2:]
        if count > size:
            raise errors.invalid(
                "BandedTriangularSolve",
                "The number of bands cannot exceed the matrix size",
            )
        band: Any = (1 - count, 0) if lower else (0, count - 1)
        target: Any = (*shape[:-2], size, size)
    else:
        count, size = shape[-2], shape[-1:]
        band = pack(1 - count, 0, axis=0) if lower else pack(0, count - 1, axis=0)
        target = concat(shape[:-2], size, size, axis=0)
    align = "LEFT_RIGHT" if lower else "LEFT_LEFT"
    x = nonzero_diagonal(x, row=0 if lower else -1)
    return place_diagonals(x, shape=target, k=band, align=align)


@export("linalg.eigh_tridiagonal")
def eigh_tridiagonal(
    alpha: Any,
    beta: Any,
    eigvals_only: bool = True,
    select: str = "a",
    select_range: Any = None,
    tol: Any = None,
    name: str | None = None,
) -> Any:
    """Return eigenvalues of self-adjoint tridiagonal matrices, smallest first.

    Args:
        alpha: The main diagonal.
        beta: The diagonal above it.
        eigvals_only: Whether to return eigenvalues alone, not eigenvectors too.
        select: "a" for all, "i" for those numbered in `select_range`, "v" for those in
            the half-open interval `select_range`.
        select_range: Two numbers.
        tol: Accepted for compatibility; results are as exact as the dtype allows.
        name: A name for the node, in a graph.

    Raises:
        ValueError: `select` or `select_range` is malformed.
    """
    if select not in ("a", "i", "v"):
        raise ValueError(f"`select` must be one of 'a', 'i', 'v', got {select!r}.")
    if select != "a" and select_range is None:
        raise ValueError(f"`select_range` is needed with select={select!r}.")
    main, off = convert(alpha), convert(beta)
    upper = _on_diagonal(off, 1)
    matrix = _on_diagonal(main, 0) + upper + adjoint(upper)
    values, vectors = (eigvalsh(matrix), None) if eigvals_only else eigh(matrix)
    if select == "i":
        first, last = select_range
        chosen = slice(first, last + 1)
        values = values[..., chosen]
        return values if vectors is None else (values, vectors[..., chosen])
    if select == "v":
        low, high = (convert(v, values.dtype) for v in select_range)
        places = nonzero(logical_and(greater(values, low), less_equal(values, high)))
        inside = squeeze(places, axis=(1,))
        values = gather(values, inside, axis=0, batch_dims=0)
        if vectors is not None:
            vectors = gather(vectors, inside, axis=1, batch_dims=0)
    return values if vectors is None else (values, vectors)


def _on_diagonal(x: Any, k: int) -> Any:
    """Return square matrices with x on a diagonal."""
    return matrix_diag(x, k=(k, k), size=(-1, -1), align="LEFT_LEFT", padding=0)
