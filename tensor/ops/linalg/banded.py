"""Bands of diagonals: triangular systems, and eigenvalues of tridiagonal matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import Sample, register
from tensor.ops.array import Identity, concat, pack, shape_for
from tensor.ops.compare import greater, less_equal
from tensor.ops.families import bracketed, shape_of
from tensor.ops.gather import gather
from tensor.ops.layout import squeeze
from tensor.ops.linalg.diagonals import (
    matrix_diag,
    place_diagonals,
)
from tensor.ops.linalg.eigen import eigh, eigvalsh
from tensor.ops.linalg.inverse import triangular_solve_
from tensor.ops.linalg.matmul import adjoint
from tensor.ops.math import logical_and
from tensor.ops.selection import nonzero

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensor.core.tensor_spec import TensorSpec


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
