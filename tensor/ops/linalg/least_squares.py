"""Least squares: the x that brings `matrix @ x` closest to `rhs`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.ops.families import bracketed, operands, shape_of
from tensor.ops.linalg.factorizations import cholesky, cholesky_solve
from tensor.ops.linalg.inverse import product, solve
from tensor.ops.linalg.matmul import adjoint
from tensor.ops.linalg.norms import pinv


@export("linalg.lstsq")
def lstsq(
    matrix: Any,
    rhs: Any,
    l2_regularizer: float = 0.0,
    fast: bool = True,
    name: str | None = None,
) -> Any:
    """Solve linear systems in the sense of least squares.

    Args:
        matrix: Matrices of full rank, if `fast`.
        rhs: The right-hand sides, as columns of matrices.
        l2_regularizer: The weight of |x|² in what is minimised.
        fast: Whether to solve the normal equations by Cholesky decomposition, which is
            accurate if `matrix` is well conditioned; otherwise the solution comes from
            singular values, and without regularisation.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: The shapes do not fit, or `matrix` has not full rank.
    """
    a, b = operands(solve, matrix, rhs)
    a, b = convert(a), convert(b)
    dims_a, dims_b = shape_of(a), shape_of(b)
    if dims_a is None or dims_b is None or None in dims_a[-2:]:
        raise errors.invalid("MatrixSolveLs", "lstsq needs matrices of known size.")
    if len(dims_a) != len(dims_b) or dims_a[-2] != dims_b[-2]:
        raise errors.invalid(
            "MatrixSolveLs",
            f"Input matrix and rhs are incompatible: {bracketed(dims_a)} and "
            f"{bracketed(dims_b)}.",
        )
    if not fast:
        return product(pinv(a), b)
    rows, columns = dims_a[-2:]
    is_tall = (rows or 0) >= (columns or 0)
    gram = product(adjoint(a), a) if is_tall else product(a, adjoint(a))
    if l2_regularizer:
        size = columns if is_tall else rows
        eye = np.eye(size or 0, dtype=a.dtype.as_numpy_dtype)
        gram = gram + eye * eye.dtype.type(l2_regularizer)
    factor = cholesky(gram)
    if is_tall:
        return cholesky_solve(factor, product(adjoint(a), b))
    return product(adjoint(a), cholesky_solve(factor, b))
