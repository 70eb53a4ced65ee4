"""Operators given by their matrix, or by a vector that stands for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import dtypes
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.ops.array import shape_op
from tensor.ops.casting import cast_
from tensor.ops.creation import eye
from tensor.ops.gather import gather_
from tensor.ops.linalg.diagonal_functions import band_part_, diag_part
from tensor.ops.linalg.inverse import triangular_solve_
from tensor.ops.linalg.matmul import adjoint_, matmul_
from tensor.ops.linalg.operators.diagonal import of_field
from tensor.ops.linalg.operators.hints import require
from tensor.ops.linalg.operators.operator import LinearOperator, broadcast_batches
from tensor.ops.math.arithmetic import absolute
from tensor.ops.math.complex_numbers import conj
from tensor.ops.math.exponential import log
from tensor.ops.one_hot import one_hot
from tensor.ops.reduce import reduce_prod, reduce_sum
from tensor.ops.sorting import argsort

if TYPE_CHECKING:
    from tensor.core.shapes import TensorShape


@export("linalg.LinearOperatorFullMatrix")
class LinearOperatorFullMatrix(LinearOperator):
    """A matrix given by all its elements, or a batch of them.

    Raises:
        ValueError: It has fewer than two dimensions.
    """

    def __init__(
        self,
        matrix: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorFullMatrix",
    ) -> None:
        self._matrix = of_field("`matrix`", matrix, rank=2)
        super().__init__(
            self._matrix.dtype,
            None,
            is_non_singular,
            is_self_adjoint,
            is_positive_definite,
            is_square,
            name,
            {"matrix": matrix},
        )

    @property
    def matrix(self) -> Any:
        """The matrix."""
        return self._matrix

    def _shape(self) -> TensorShape:
        return self._matrix.shape

    def _shape_tensor(self) -> Any:
        return shape_op(convert(self._matrix), out_type=dtypes.int32)

    def _to_dense(self) -> Any:
        return convert(self._matrix)


@export("linalg.LinearOperatorLowerTriangular")
class LinearOperatorLowerTriangular(LinearOperator):
    """A lower triangular matrix; what `tril` has above the diagonal is not read.

    Raises:
        ValueError: It has fewer than two dimensions, or `is_square` is False.
    """

    def __init__(
        self,
        tril: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorLowerTriangular",
    ) -> None:
        is_square = require(
            is_square, "Only square lower triangular operators supported at this time."
        )
        self._tril = of_field("tril", tril, rank=2)
        super().__init__(
            self._tril.dtype,
            None,
            is_non_singular,
            is_self_adjoint,
            is_positive_definite,
            is_square,
            name,
            {"tril": tril},
        )

    @property
    def tril(self) -> Any:
        """The matrix as given, with whatever is above the diagonal."""
        return self._tril

    def _shape(self) -> TensorShape:
        return self._tril.shape

    def _shape_tensor(self) -> Any:
        return shape_op(convert(self._tril), out_type=dtypes.int32)

    def _to_dense(self) -> Any:
        return band_part_(convert(self._tril), -1, 0)

    def _diag_part(self) -> Any:
        return diag_part(convert(self._tril))

    def _determinant(self) -> Any:
        return reduce_prod.public(self._diag_part(), -1)

    def _log_abs_determinant(self) -> Any:
        return reduce_sum.public(log.public(absolute.public(self._diag_part())), -1)

    def _eigvals(self) -> Any:
        return self._diag_part()

    def _solve(self, rhs: Any, adjoint: bool, adjoint_arg: bool) -> Any:
        rhs = adjoint_(rhs) if adjoint_arg else rhs
        tril, rhs = broadcast_batches(convert(self._tril), rhs)
        return triangular_solve_(tril, rhs, lower=True, adjoint=adjoint)


@export("linalg.LinearOperatorPermutation")
class LinearOperatorPermutation(LinearOperator):
    """A permutation: row i of the product is row `perm[i]` of the argument.

    Raises:
        TypeError: `perm` does not hold integers.
        ValueError: A hint cannot be.
    """

    def __init__(
        self,
        perm: Any,
        dtype: Any = dtypes.float32,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorPermutation",
    ) -> None:
        is_square = require(is_square, "A Permutation operator is always square.")
        require(is_non_singular, "A Permutation operator is always non-singular.")
        self._perm = convert(perm)
        if not self._perm.dtype.is_integer:
            raise TypeError(f"Argument `perm` must be integer dtype. Received: {perm}.")
        if self._perm.ndim == 0:
            raise ValueError("Argument perm must have at least 1 dimension. Found: 0")
        super().__init__(
            dtype,
            None,
            is_non_singular,
            is_self_adjoint,
            is_positive_definite,
            is_square,
            name,
            {"perm": perm, "dtype": dtype},
        )

    @property
    def perm(self) -> Any:
        """The row of the argument that each row of a product is."""
        return self._perm

    def _shape(self) -> TensorShape:
        shape = self._perm.shape
        return shape.concatenate(shape[-1:])

    def _to_dense(self) -> Any:
        perm = self._perm
        return one_hot(
            perm, shape_op(perm, out_type=dtypes.int32)[-1], dtype=self.dtype
        )

    def _matmul(self, x: Any, adjoint: bool, adjoint_arg: bool) -> Any:
        x = adjoint_(x) if adjoint_arg else x
        perm = argsort(self._perm, axis=-1) if adjoint else self._perm
        if perm.ndim == 1:
            return gather_(x, perm, axis=-2)
        return matmul_(self.to_dense(), x, adjoint_a=adjoint)

    def _solve(self, rhs: Any, adjoint: bool, adjoint_arg: bool) -> Any:
        return self._matmul(rhs, not adjoint, adjoint_arg)

    def _log_abs_determinant(self) -> Any:
        return reduce_sum.public(self.diag_part() * 0, -1)

    def _cond(self) -> Any:
        return self._log_abs_determinant() + 1


@export("linalg.LinearOperatorHouseholder")
class LinearOperatorHouseholder(LinearOperator):
    """The reflection at the plane that a vector is normal to.

    Raises:
        ValueError: A hint cannot be.
    """

    def __init__(
        self,
        reflection_axis: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorHouseholder",
    ) -> None:
        self._axis = of_field("reflection_axis", reflection_axis, rank=1)
        is_self_adjoint = require(
            is_self_adjoint, "A Householder operator is always self adjoint."
        )
        if is_positive_definite:
            raise ValueError(
                "A Householder operator is always non-positive definite. Leave "
                "is_positive_definite out."
            )
        is_square = require(is_square, "A Householder operator is always square.")
        is_non_singular = require(
            is_non_singular, "A Householder operator is always non-singular."
        )
        super().__init__(
            self._axis.dtype,
            None,
            is_non_singular,
            is_self_adjoint,
            False,
            is_square,
            name,
            {"reflection_axis": reflection_axis},
        )

    @property
    def reflection_axis(self) -> Any:
        """The vector that the plane is normal to."""
        return self._axis

    def _unit(self) -> Any:
        axis = convert(self._axis)
        squares = reduce_sum.public(axis * conj.public(axis), -1, keepdims=True)
        from tensor.ops.math.powers import sqrt

        return axis / sqrt.public(squares)

    def _shape(self) -> TensorShape:
        shape = self._axis.shape
        return shape.concatenate(shape[-1:])

    def _matmul(self, x: Any, adjoint: bool, adjoint_arg: bool) -> Any:
        x = adjoint_(x) if adjoint_arg else x
        unit = self._unit()[..., None]
        return x - 2 * unit * matmul_(unit, x, adjoint_a=True)

    def _solve(self, rhs: Any, adjoint: bool, adjoint_arg: bool) -> Any:
        return self._matmul(rhs, adjoint, adjoint_arg)

    def _inverse(self) -> LinearOperator:
        return self

    def _to_dense(self) -> Any:
        unit = self._unit()[..., None]
        size = shape_op(unit, out_type=dtypes.int32)[-2]
        return eye(size, dtype=self.dtype) - 2 * matmul_(unit, unit, adjoint_b=True)

    def _determinant(self) -> Any:
        return self._log_abs_determinant() - 1

    def _log_abs_determinant(self) -> Any:
        return cast_(reduce_sum.public(convert(self._axis) * 0, -1), self.dtype)

    def _cond(self) -> Any:
        return self._log_abs_determinant() + 1
