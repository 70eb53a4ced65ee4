"""Least squares: the x that brings `matrix @ x` closest to `rhs`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, register
from tensor.core.shapes import are_compatible, merge
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import zeros_like
from tensor.ops.families import bracketed, operands, shape_of
from tensor.ops.linalg.diagonals import diagonal_matrix, main_diagonal
from tensor.ops.linalg.factorizations import cholesky
from tensor.ops.linalg.inverse import FACTORABLE, adjoint_array, product, solve
from tensor.ops.linalg.matmul import adjoint
from tensor.ops.linalg.norms import pinv

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensor.core.shapes import Dims


class MatrixSolveLs(Op):
    """The X that minimises |A X - B|² + `regularizer` |X|², by the normal equations.

    A has full rank, or `regularizer` is positive. Where many X do, it is the smallest.
    """

    allows = FACTORABLE
    keeps_output = True

    def kernel(self, a: Any, b: Any, regularizer: float) -> Any:
        self._check(a.shape, b.shape)
        rows, columns = a.shape[-2:]
        is_tall, a_h = rows >= columns, adjoint_array(a)
        gram = a_h @ a if is_tall else a @ a_h
        if regularizer:
            gram = gram + np.eye(gram.shape[-1], dtype=a.dtype) * a.dtype.type(
                regularizer
            )
        factor = cholesky.kernel(gram)
        half = np.linalg.solve(factor, a_h @ b if is_tall else b)
        solved = np.linalg.solve(adjoint_array(factor), half)
        return solved if is_tall else a_h @ solved

    def infer(self, a: TensorSpec, b: TensorSpec, regularizer: float) -> TensorSpec:
        if a.dims is None or b.dims is None:
            return TensorSpec.of(None, b.dtype)
        self._check(a.dims, b.dims)
        batch = merge(a.dims[:-2], b.dims[:-2]) or ()
        return TensorSpec.of((*batch, a.dims[-1], b.dims[-1]), b.dtype)

    def _check(self, a: Dims, b: Dims) -> None:
        if len(a) < 2 or len(a) != len(b) or not are_compatible(a[:-1], b[:-1]):
            raise errors.invalid(
                self.type_name,
                f"Input matrix and rhs are incompatible: {bracketed(a)} and "
                f"{bracketed(b)}. Expected the same dimensions but for the last.",
            )

    def gradient(self, call: Any, dz: Any) -> Any:
        (a, b), x = call.inputs, call.output
        regularizer = call.attrs["regularizer"]
        flipped = adjoint(a)
        # The gradient of b solves the adjoint system.
        grad_b = lstsq_op(flipped, dz, regularizer=regularizer)
        grad_a = -product(grad_b, adjoint(x))
        rest = b - product(a, x)
        if regularizer:
            gram = product(flipped, a)
            ridge = diagonal_matrix(zeros_like(main_diagonal(gram)) + regularizer)
            inner = solve(gram + ridge, dz, adjoint=False)
            return grad_a + product(rest, adjoint(inner)), grad_b
        # One of the two has no rest: with full rank, tall or wide.
        inner = lstsq_op(a, grad_b, regularizer=0.0)
        outer = lstsq_op(flipped, x, regularizer=0.0)
        missing = dz - product(flipped, grad_b)
        grad_a = grad_a + product(rest, adjoint(inner))
        return grad_a + product(outer, adjoint(missing)), grad_b

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for rows, columns in ((4, 2), (2, 4), (3, 3)):
            a, b = rng.normal(size=(2, rows, columns)), rng.normal(size=(2, rows, 2))
            for regularizer in (0.0, 0.5):
                yield Sample(a, b, regularizer=regularizer)


lstsq_op = register(MatrixSolveLs)


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
    a, b = operands(lstsq_op, matrix, rhs)
    a, b = convert(a), convert(b)
    if fast:
        return lstsq_op(a, b, regularizer=float(l2_regularizer), name=name)
    if None not in (shape_of(a), shape_of(b)):
        lstsq_op.infer(*(TensorSpec.of(shape_of(v), v.dtype) for v in (a, b)), 0.0)
    return product(pinv(a), b)
