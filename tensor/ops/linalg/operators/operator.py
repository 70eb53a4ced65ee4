"""LinearOperator: a batch of matrices, and all that can be asked of one.

A kind of operator defines `_shape` and `_to_dense`, and whatever it can do without the
dense matrix: `_matmul`, `_solve`, `_determinant` and so on. What it leaves out is
computed from the dense matrix.
"""

from __future__ import annotations

from typing import Any

from tensor.core import dtypes
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.ops.array import shape_op
from tensor.ops.assertions import assert_equal, assert_positive
from tensor.ops.casting import cast_
from tensor.ops.creation import eye
from tensor.ops.facts import broadcast_dynamic_shape
from tensor.ops.joining import concat_
from tensor.ops.layout import expand_dims_, squeeze_
from tensor.ops.linalg.diagonal_functions import diag_part
from tensor.ops.linalg.eigen import eigvalsh
from tensor.ops.linalg.factorizations import cholesky, cholesky_solve, svd
from tensor.ops.linalg.inverse import determinant, slogdet, solve_
from tensor.ops.linalg.matmul import adjoint_, matmul_
from tensor.ops.linalg.operators.facts import OperatorFacts
from tensor.ops.math.arithmetic import absolute
from tensor.ops.math.complex_numbers import real_op
from tensor.ops.math.exponential import log
from tensor.ops.reduce import broadcast_to, reduce_max, reduce_min, reduce_sum


@export("linalg.LinearOperator")
class LinearOperator(OperatorFacts):
    """A matrix, or a batch of them, of shape [..., range, domain].

    Args:
        dtype: The dtype of its elements.
        graph_parents: Accepted for compatibility.
        is_non_singular: Whether it is known to have an inverse.
        is_self_adjoint: Whether it is known to be its own conjugate transpose.
        is_positive_definite: Whether it is known to be: xᴴ A x > 0 for all x but 0.
        is_square: Whether it is known to be square.
        name: Its name.
        parameters: The arguments it was made with.

    Raises:
        ValueError: The hints contradict each other.
    """

    # ---- checks of its elements

    def assert_non_singular(self, name: str = "assert_non_singular") -> Any:
        """Check that no matrix is singular, by its singular values.

        Raises:
            InvalidArgumentError: One is.
        """
        return self._assert_non_singular()

    def _assert_non_singular(self) -> Any:
        values = svd(self.to_dense(), compute_uv=False)
        small = reduce_min.public(values, -1)
        limit = reduce_max.public(values, -1) * _epsilon(values.dtype)
        return assert_positive(
            small - limit, message="Singular matrix up to precision epsilon."
        )

    def assert_positive_definite(self, name: str = "assert_positive_definite") -> Any:
        """Check that x^H A x > 0, by a Cholesky decomposition or the diagonal.

        Raises:
            InvalidArgumentError: It is not.
        """
        return self._assert_positive_definite()

    def _assert_positive_definite(self) -> Any:
        if not self.is_self_adjoint:
            self.assert_self_adjoint()
        pivots = diag_part(cholesky.public(self.to_dense()))
        return assert_positive(real_op(pivots), message="Not positive definite.")

    def assert_self_adjoint(self, name: str = "assert_self_adjoint") -> Any:
        """Check that it is its own conjugate transpose.

        Raises:
            InvalidArgumentError: It is not.
        """
        return self._assert_self_adjoint()

    def _assert_self_adjoint(self) -> Any:
        dense = self.to_dense()
        message = "Matrix was not equal to its adjoint."
        return assert_equal(dense, adjoint_(dense), message=message)

    # ---- products

    def _matmul(self, x: Any, adjoint: bool, adjoint_arg: bool) -> Any:
        return matmul_(self.to_dense(), x, adjoint_a=adjoint, adjoint_b=adjoint_arg)

    def matmul(
        self,
        x: Any,
        adjoint: bool = False,
        adjoint_arg: bool = False,
        name: str = "matmul",
    ) -> Any:
        """Return A x, or Aᴴ x, for matrices x; an operator for an operator x.

        Raises:
            ValueError: The dimensions do not fit.
            TypeError: `x` has another dtype.
        """
        if isinstance(x, LinearOperator):
            from tensor.ops.linalg.operators.algebra import product

            left = self.adjoint() if adjoint else self
            right = x.adjoint() if adjoint_arg else x
            check_fit("x", left.columns, right.rows)
            return product(left, right)
        x = self._argument(x, "x", adjoint, adjoint_arg)
        return self._matmul(x, adjoint, adjoint_arg)

    def __matmul__(self, other: Any) -> Any:
        return self.matmul(other)

    def matvec(self, x: Any, adjoint: bool = False, name: str = "matvec") -> Any:
        """Return A x, or Aᴴ x, for vectors x."""
        column = expand_dims_(convert(x, self.dtype), -1)
        return squeeze_(self.matmul(column, adjoint=adjoint), -1)

    def _argument(self, x: Any, what: str, adjoint: bool, adjoint_arg: bool) -> Any:
        """Return what A is applied to, checked."""
        x = convert(x, hint=self.dtype)
        if self.dtype is not None and x.dtype != self.dtype:
            raise TypeError(
                f"Expected argument to have dtype {self.dtype!s}. Found: {x.dtype!s} "
                f"in tensor {x}"
            )
        if x.static_shape is not None and self.shape.rank is not None:
            is_solve = what == "rhs"
            own = self.shape[-2] if adjoint != is_solve else self.shape[-1]
            check_fit(what, own, x.static_shape[-1 if adjoint_arg else -2])
        return x

    # ---- solutions

    def _solve(self, rhs: Any, adjoint: bool, adjoint_arg: bool) -> Any:
        rhs = adjoint_(rhs) if adjoint_arg else rhs
        dense = self.to_dense()
        matrix, rhs = broadcast_batches(dense, rhs)
        if self.is_positive_definite and self.is_self_adjoint:
            return cholesky_solve(cholesky.public(matrix), rhs)
        return solve_(matrix, rhs, adjoint=adjoint)

    def solve(
        self,
        rhs: Any,
        adjoint: bool = False,
        adjoint_arg: bool = False,
        name: str = "solve",
    ) -> Any:
        """Return the matrices x for which A x, or Aᴴ x, is `rhs`.

        Raises:
            NotImplementedError: A is known to be singular, or not to be square.
            ValueError: The dimensions do not fit.
        """
        for holds, problem in (
            (self.is_non_singular, "be singular"),
            (self.is_square, "not be square"),
        ):
            if holds is False:
                raise NotImplementedError(
                    "Exact solve not implemented for an operator that is expected to "
                    f"{problem}."
                )
        if isinstance(rhs, LinearOperator):
            from tensor.ops.linalg.operators.algebra import quotient

            left = self.adjoint() if adjoint else self
            right = rhs.adjoint() if adjoint_arg else rhs
            check_fit("rhs", left.columns, right.rows)
            return quotient(left, right)
        rhs = self._argument(rhs, "rhs", adjoint, adjoint_arg)
        return self._solve(rhs, adjoint, adjoint_arg)

    def solvevec(self, rhs: Any, adjoint: bool = False, name: str = "solve") -> Any:
        """Return the vectors x for which A x, or Aᴴ x, is `rhs`."""
        column = expand_dims_(convert(rhs, self.dtype), -1)
        return squeeze_(self.solve(column, adjoint=adjoint), -1)

    # ---- numbers

    def _require_square(self, what: str) -> None:
        if self.is_square is False:
            raise NotImplementedError(
                f"{what} not implemented for an operator that is expected to not be "
                "square."
            )

    def _determinant(self) -> Any:
        return determinant.public(self.to_dense())

    def determinant(self, name: str = "det") -> Any:
        """Return the determinant of every matrix."""
        self._require_square("Determinant")
        return self._determinant()

    def _log_abs_determinant(self) -> Any:
        if self.is_positive_definite and self.is_self_adjoint:
            pivots = diag_part(cholesky.public(self.to_dense()))
            return 2 * reduce_sum.public(log.public(absolute.public(pivots)), -1)
        return slogdet(self.to_dense())[1]

    def log_abs_determinant(self, name: str = "log_abs_det") -> Any:
        """Return log |det A| of every matrix."""
        self._require_square("Determinant")
        return self._log_abs_determinant()

    def trace(self, name: str = "trace") -> Any:
        """Return the sum of the main diagonal of every matrix."""
        return self._trace()

    def _trace(self) -> Any:
        return reduce_sum.public(self.diag_part(), -1)

    def diag_part(self, name: str = "diag_part") -> Any:
        """Return the main diagonal of every matrix."""
        return self._diag_part()

    def _diag_part(self) -> Any:
        return diag_part(self.to_dense())

    def eigvals(self, name: str = "eigvals") -> Any:
        """Return the eigenvalues of a self-adjoint operator.

        Raises:
            NotImplementedError: It is not known to be self-adjoint.
        """
        if not self.is_self_adjoint:
            raise NotImplementedError(
                "Only self-adjoint matrices are supported. Pass is_self_adjoint=True "
                "if this is one."
            )
        return self._eigvals()

    def _eigvals(self) -> Any:
        return eigvalsh(self.to_dense())

    def cond(self, name: str = "cond") -> Any:
        """Return the ratio of the largest to the smallest singular value."""
        return self._cond()

    def _cond(self) -> Any:
        if self.is_self_adjoint:
            values = absolute.public(self.eigvals())
        else:
            values = svd(self.to_dense(), compute_uv=False)
        ratio = reduce_max.public(values, -1) / reduce_min.public(values, -1)
        return cast_(ratio, self.dtype)

    # ---- other forms

    def _to_dense(self) -> Any:
        size = self.columns
        size = self.domain_dimension_tensor() if size is None else size
        return self.matmul(eye(size, dtype=self.dtype))

    def to_dense(self, name: str = "to_dense") -> Any:
        """Return the matrices as a tensor."""
        return self._to_dense()

    def add_to_tensor(self, x: Any, name: str = "add_to_tensor") -> Any:
        """Return A + x."""
        return self._add_to_tensor(convert(x, self.dtype))

    def _add_to_tensor(self, x: Any) -> Any:
        return self.to_dense() + x

    def adjoint(self, name: str = "adjoint") -> LinearOperator:
        """Return the conjugate transpose, as an operator."""
        return self if self.is_self_adjoint else self._adjoint()

    H = property(adjoint)

    def _adjoint(self) -> LinearOperator:
        from tensor.ops.linalg.operators.derived import LinearOperatorAdjoint

        return LinearOperatorAdjoint(self)

    def inverse(self, name: str = "inverse") -> LinearOperator:
        """Return the inverse, as an operator.

        Raises:
            ValueError: It is known to have none.
        """
        for holds, problem in (
            (self.is_square, "non square"),
            (self.is_non_singular, "singular"),
        ):
            if holds is False:
                raise ValueError(
                    "Cannot take the Inverse: This operator represents a "
                    f"{problem} matrix."
                )
        return self._inverse()

    def _inverse(self) -> LinearOperator:
        from tensor.ops.linalg.operators.derived import LinearOperatorInversion

        return LinearOperatorInversion(self)

    def cholesky(self, name: str = "cholesky") -> LinearOperator:
        """Return the lower triangular L for which L Lᴴ is this, as an operator.

        Raises:
            ValueError: It is not known to be positive definite and self-adjoint.
        """
        if not (self.is_positive_definite and self.is_self_adjoint):
            raise ValueError(
                "Cannot take the Cholesky decomposition: Not a positive definite self "
                "adjoint matrix."
            )
        return self._cholesky()

    def _cholesky(self) -> LinearOperator:
        from tensor.ops.linalg.operators.dense import LinearOperatorLowerTriangular

        return LinearOperatorLowerTriangular(
            cholesky.public(self.to_dense()), is_non_singular=True, is_square=True
        )


def broadcast_batches(matrix: Any, rhs: Any) -> tuple[Any, Any]:
    """Return two batches of matrices with the batch dimensions of both."""
    a, b = shape_op(matrix, out_type=dtypes.int32), shape_op(rhs, out_type=dtypes.int32)
    dims = matrix.static_shape, rhs.static_shape
    if None not in dims and dims[0][:-2] == dims[1][:-2]:
        return matrix, rhs
    batch = broadcast_dynamic_shape(a[:-2], b[:-2])
    return (
        broadcast_to.public(matrix, concat_([batch, a[-2:]], 0)),
        broadcast_to.public(rhs, concat_([batch, b[-2:]], 0)),
    )


def check_fit(what: str, own: Any, other: Any) -> None:
    """Check that two dimensions are equal, as far as they are known.

    Raises:
        ValueError: They are not.
    """
    if own is not None and other is not None and own != other:
        raise ValueError(
            f"Dimensions {own} and {other} are not compatible. Expected `{what}` to "
            f"have dimension {own}."
        )


def _epsilon(dtype: Any) -> float:
    return {"float64": 2.2e-16, "float16": 9.8e-4}.get(dtype.name, 1.2e-7)
