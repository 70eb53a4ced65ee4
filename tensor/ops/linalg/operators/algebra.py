"""Products and quotients of operators that are simpler than a composition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.ops.linalg.operators.circulant import LinearOperatorCirculant
from tensor.ops.linalg.operators.composed import LinearOperatorComposition
from tensor.ops.linalg.operators.dense import LinearOperatorLowerTriangular
from tensor.ops.linalg.operators.derived import LinearOperatorInversion
from tensor.ops.linalg.operators.diagonal import (
    LinearOperatorDiag,
    LinearOperatorIdentity,
    LinearOperatorScaledIdentity,
)
from tensor.ops.linalg.operators.hints import all_true

if TYPE_CHECKING:
    from tensor.ops.linalg.operators.operator import LinearOperator
from tensor.ops.linalg.operators.zeros import LinearOperatorZeros


def product(a: LinearOperator, b: LinearOperator) -> LinearOperator:
    """Return a b as an operator of the simplest kind."""
    for one, other in ((a, b), (b, a)):
        if type(one) is LinearOperatorIdentity:
            return other
    for one in (a, b):
        if type(one) is LinearOperatorZeros:
            return one
    if _undo_each_other(a, b):
        return LinearOperatorIdentity(a.range_dimension_tensor(), dtype=a.dtype)
    simple = _of_one_kind(a, b)
    if simple is not None:
        return simple
    parts = [
        p
        for x in (a, b)
        for p in (x.operators if type(x) is LinearOperatorComposition else [x])
    ]
    return LinearOperatorComposition(parts, **product_hints(a, b))


def _of_one_kind(a: Any, b: Any) -> LinearOperator | None:
    """Return a b where that is diagonal, triangular or circulant again."""
    hints = product_hints(a, b)
    scaled, triangular = LinearOperatorScaledIdentity, LinearOperatorLowerTriangular
    circulant = LinearOperatorCirculant
    kinds = type(a), type(b)
    if kinds == (scaled, scaled):
        return scaled(a.size, a.multiplier * b.multiplier, **hints)
    if _is_diagonal(a) and _is_diagonal(b):
        return LinearOperatorDiag(a.diag_part() * b.diag_part(), **hints)
    if _is_diagonal(a) and kinds[1] is triangular:
        return triangular(a.diag_part()[..., None] * b.to_dense())
    if kinds[0] is triangular and _is_diagonal(b):
        return triangular(a.to_dense() * b.diag_part()[..., None, :])
    if kinds == (triangular, triangular):
        return triangular(a.matmul(b.to_dense()))
    if kinds == (circulant, circulant):
        return circulant(a.spectrum * b.spectrum, a.dtype, **hints)
    return None


def quotient(a: LinearOperator, b: LinearOperator) -> LinearOperator:
    """Return the inverse of a, times b, as an operator."""
    return product(a.inverse(), b)


def product_hints(a: Any, b: Any) -> dict[str, Any]:
    """Return what is known of a product of operators that commute, or do not."""
    commute = _is_diagonal(a) and _is_diagonal(b)
    hints: dict[str, Any] = {
        "is_non_singular": all_true([a.is_non_singular, b.is_non_singular]),
        "is_square": all_true([a.is_square, b.is_square]),
    }
    if commute:
        adjoint = all_true([a.is_self_adjoint, b.is_self_adjoint])
        positive = all_true([a.is_positive_definite, b.is_positive_definite])
        hints |= {"is_self_adjoint": adjoint, "is_positive_definite": positive}
    return hints


def _is_diagonal(x: Any) -> bool:
    return isinstance(x, LinearOperatorDiag | LinearOperatorScaledIdentity)


def _undo_each_other(a: Any, b: Any) -> bool:
    inverse = LinearOperatorInversion
    return (type(a) is inverse and a.operator is b) or (
        type(b) is inverse and b.operator is a
    )
