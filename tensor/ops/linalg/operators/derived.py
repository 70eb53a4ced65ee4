"""Operators made of another: its adjoint, its inverse, and updates of low rank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.ops.creation import ones_like_
from tensor.ops.linalg.diagonal_functions import diag
from tensor.ops.linalg.inverse import inverse as matrix_inverse
from tensor.ops.linalg.matmul import adjoint_, matmul_
from tensor.ops.linalg.operators.diagonal import LinearOperatorDiag, of_field
from tensor.ops.linalg.operators.operator import LinearOperator
from tensor.ops.math.arithmetic import absolute
from tensor.ops.math.complex_numbers import conj
from tensor.ops.math.exponential import log
from tensor.ops.reduce import reduce_sum

if TYPE_CHECKING:
    from tensor.core.shapes import TensorShape


class _Of(LinearOperator):
    """An operator made of one other, whose hints hold for it too."""

    def __init__(
        self,
        operator: LinearOperator,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str | None = None,
    ) -> None:
        self._operator = operator

        def hint(given: bool | None, own: bool | None, what: str) -> bool | None:
            if given is None or own is None:
                return own if given is None else given
            if given != own:
                raise ValueError(
                    f"is_{what} is {given} for the {self._suffix}, but {own} for the "
                    "operator itself: they are always the same."
                )
            return given

        super().__init__(
            operator.dtype,
            None,
            hint(is_non_singular, operator.is_non_singular, "non_singular"),
            hint(is_self_adjoint, operator.is_self_adjoint, "self_adjoint"),
            hint(
                is_positive_definite, operator.is_positive_definite, "positive_definite"
            ),
            hint(is_square, operator.is_square, "square"),
            name or f"{operator.name}_{self._suffix}",
            {"operator": operator},
        )

    _suffix = "derived"

    @property
    def operator(self) -> LinearOperator:
        """The operator that this is made of."""
        return self._operator

    def _shape(self) -> TensorShape:
        shape = self._operator.shape
        if shape.rank is None:
            return shape
        return shape[:-2].concatenate([shape[-1], shape[-2]])


@export("linalg.LinearOperatorAdjoint")
class LinearOperatorAdjoint(_Of):
    """The conjugate transpose of an operator.

    Raises:
        ValueError: A hint contradicts the operator's.
    """

    _suffix = "adjoint"

    def _to_dense(self) -> Any:
        return adjoint_(self._operator.to_dense())

    def _matmul(self, x: Any, adjoint: bool, adjoint_arg: bool) -> Any:
        return self._operator.matmul(x, not adjoint, adjoint_arg)

    def _solve(self, rhs: Any, adjoint: bool, adjoint_arg: bool) -> Any:
        return self._operator.solve(rhs, not adjoint, adjoint_arg)

    def _determinant(self) -> Any:
        return conj.public(self._operator.determinant())

    def _log_abs_determinant(self) -> Any:
        return self._operator.log_abs_determinant()

    def _diag_part(self) -> Any:
        return conj.public(self._operator.diag_part())

    def _cond(self) -> Any:
        return self._operator.cond()

    def _adjoint(self) -> LinearOperator:
        return self._operator


@export("linalg.LinearOperatorInversion")
class LinearOperatorInversion(_Of):
    """The inverse of an operator: its product is the operator's solve.

    Raises:
        ValueError: The operator is known to have no inverse.
    """

    _suffix = "inv"

    def __init__(self, operator: LinearOperator, *args: Any, **kwargs: Any) -> None:
        if operator.is_square is False or operator.is_non_singular is False:
            raise ValueError(
                f"operator must be square and non-singular to be inverted. Found: "
                f"{operator!r}"
            )
        super().__init__(operator, *args, **kwargs)

    def _to_dense(self) -> Any:
        return matrix_inverse.public(self._operator.to_dense())

    def _matmul(self, x: Any, adjoint: bool, adjoint_arg: bool) -> Any:
        return self._operator.solve(x, adjoint, adjoint_arg)

    def _solve(self, rhs: Any, adjoint: bool, adjoint_arg: bool) -> Any:
        return self._operator.matmul(rhs, adjoint, adjoint_arg)

    def _determinant(self) -> Any:
        return 1 / self._operator.determinant()

    def _log_abs_determinant(self) -> Any:
        return -self._operator.log_abs_determinant()

    def _eigvals(self) -> Any:
        return 1 / self._operator.eigvals()

    def _cond(self) -> Any:
        return self._operator.cond()

    def _inverse(self) -> LinearOperator:
        return self._operator


@export("linalg.LinearOperatorLowRankUpdate")
class LinearOperatorLowRankUpdate(LinearOperator):
    """L + U D Vᴴ: an operator, and a product of narrow matrices.

    Args:
        base_operator: L.
        u: U, of shape [..., rows, k].
        diag_update: The diagonal of D, of shape [..., k]; the identity by default.
        v: V, of shape [..., columns, k]; U by default.
        is_diag_update_positive: Whether D is known to be positive.
        is_non_singular: Whether it is known to have an inverse.
        is_self_adjoint: Whether it is known to be its own conjugate transpose.
        is_positive_definite: Whether it is known to be positive definite.
        is_square: Whether it is known to be square.
        name: Its name.

    Raises:
        ValueError: A hint cannot be.
    """

    def __init__(
        self,
        base_operator: LinearOperator,
        u: Any,
        diag_update: Any = None,
        v: Any = None,
        is_diag_update_positive: bool | None = None,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorLowRankUpdate",
    ) -> None:
        self._base, self._u = base_operator, of_field("u", u, rank=2)
        self._v = self._u if v is None else of_field("v", v, rank=2)
        self._diag_update = (
            None if diag_update is None else of_field("d", diag_update, 1)
        )
        self.is_diag_update_positive = is_diag_update_positive or diag_update is None
        base = base_operator
        if v is None and is_self_adjoint is None and not base.dtype.is_complex:
            is_self_adjoint = base.is_self_adjoint
        if v is None and is_positive_definite is None and self.is_diag_update_positive:
            is_positive_definite = base.is_positive_definite
        super().__init__(
            base.dtype,
            None,
            is_non_singular,
            is_self_adjoint,
            is_positive_definite,
            base.is_square if is_square is None else is_square,
            name,
            {"base_operator": base, "u": u, "diag_update": diag_update, "v": v},
        )

    @property
    def base_operator(self) -> LinearOperator:
        """What the update is added to."""
        return self._base

    @property
    def u(self) -> Any:
        """The left factor of the update."""
        return self._u

    @property
    def v(self) -> Any:
        """The right factor of the update."""
        return self._v

    @property
    def diag_update(self) -> Any:
        """The diagonal between the two factors, or None."""
        return self._diag_update

    @property
    def diag_operator(self) -> LinearOperator:
        """The diagonal between the two factors, as an operator."""
        return LinearOperatorDiag(self._weights(), is_non_singular=True)

    def _weights(self) -> Any:
        if self._diag_update is None:
            return ones_like_(convert(self._u)[..., 0, :])
        return convert(self._diag_update)

    def _shape(self) -> TensorShape:
        from tensor.ops.facts import broadcast_static_shape

        batch = broadcast_static_shape(self._base.batch_shape, self._u.shape[:-2])
        batch = broadcast_static_shape(batch, self._v.shape[:-2])
        return batch.concatenate(self._base.shape[-2:])

    def _to_dense(self) -> Any:
        scaled = convert(self._u) * self._weights()[..., None, :]
        return self._base.to_dense() + matmul_(scaled, convert(self._v), adjoint_b=True)

    def _matmul(self, x: Any, adjoint: bool, adjoint_arg: bool) -> Any:
        x = adjoint_(x) if adjoint_arg else x
        u, v, weights = convert(self._u), convert(self._v), self._weights()
        if adjoint:
            u, v, weights = v, u, conj.public(weights)
        update = matmul_(u, weights[..., None] * matmul_(v, x, adjoint_a=True))
        return self._base.matmul(x, adjoint=adjoint) + update

    def _capacitance(self) -> Any:
        """Return D⁻¹ + Vᴴ L⁻¹ U, which Woodbury's identity inverts instead."""
        inner = matmul_(convert(self._v), self._base.solve(self._u), adjoint_a=True)
        return diag(1 / self._weights()) + inner

    def _solve(self, rhs: Any, adjoint: bool, adjoint_arg: bool) -> Any:
        from tensor.ops.linalg.inverse import solve_

        rhs = adjoint_(rhs) if adjoint_arg else rhs
        u, v, capacitance = convert(self._u), convert(self._v), self._capacitance()
        if adjoint:
            u, v, capacitance = v, u, adjoint_(capacitance)
        alone = self._base.solve(rhs, adjoint=adjoint)
        inner = solve_(capacitance, matmul_(v, alone, adjoint_a=True))
        return alone - self._base.solve(matmul_(u, inner), adjoint=adjoint)

    def _determinant(self) -> Any:
        from tensor.ops.linalg.inverse import determinant

        diagonal = self.diag_operator.determinant()
        return (
            determinant.public(self._capacitance())
            * diagonal
            * (self._base.determinant())
        )

    def _log_abs_determinant(self) -> Any:
        from tensor.ops.linalg.inverse import slogdet

        weights = reduce_sum.public(log.public(absolute.public(self._weights())), -1)
        inner = slogdet(self._capacitance())[1]
        return inner + weights + self._base.log_abs_determinant()
