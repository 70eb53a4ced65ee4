"""The conjugate gradient method, which needs only products with an operator."""

from __future__ import annotations

from typing import Any, NamedTuple

from tensor.core import dtypes
from tensor.core.convert import convert
from tensor.core.public_api import export, names_in
from tensor.ops.creation import zeros_like_
from tensor.ops.math.complex_numbers import conj, real_op
from tensor.ops.reduce import reduce_any, reduce_sum


class CGState(NamedTuple):
    """Where the method is: steps taken, x, the residual, the direction, its weight."""

    i: Any
    x: Any
    r: Any
    p: Any
    gamma: Any


@export("linalg.experimental.conjugate_gradient")
def conjugate_gradient(
    operator: Any,
    rhs: Any,
    preconditioner: Any = None,
    x: Any = None,
    tol: float = 1e-5,
    max_iter: int = 20,
    name: str = "conjugate_gradient",
) -> CGState:
    """Solve A x = rhs for a positive definite operator A, in steps.

    Args:
        operator: A, self-adjoint and positive definite.
        rhs: Vectors of shape [..., n].
        preconditioner: An operator close to the inverse of A.
        x: Where to start; 0 by default.
        tol: Stop when the residual is this small beside `rhs`.
        max_iter: Stop after so many steps.
        name: A name for the node, in a graph.

    Returns:
        The state after the last step; its `x` is the solution.

    Raises:
        ValueError: The operator is not known to be self-adjoint and positive definite.
    """
    from tensor.core.registry import get_op

    for what, one in (("operator", operator), ("preconditioner", preconditioner)):
        if one is not None and not (one.is_self_adjoint and one.is_positive_definite):
            raise ValueError(f"Expected a self-adjoint, positive definite {what}.")
    rhs = convert(rhs)
    start = zeros_like_(rhs) if x is None else convert(x)

    def dot(a: Any, b: Any) -> Any:
        return reduce_sum.public(conj.public(a) * b, -1)

    def norm(v: Any) -> Any:
        return get_op("Sqrt")(real_op(dot(v, v)) if v.dtype.is_complex else dot(v, v))

    def refined(r: Any) -> Any:
        return r if preconditioner is None else preconditioner.matvec(r)

    r = rhs if x is None else rhs - operator.matvec(start)
    p = refined(r)
    limit = norm(rhs) * tol
    state = CGState(convert(0, dtypes.int32), start, r, p, dot(r, p))

    def goes_on(state: CGState) -> Any:
        return (state.i < max_iter) & reduce_any.public(norm(state.r) > limit)

    def step(state: CGState) -> list[CGState]:
        z = operator.matvec(state.p)
        alpha = (state.gamma / dot(state.p, z))[..., None]
        residual = state.r - alpha * z
        q = refined(residual)
        gamma = dot(residual, q)
        beta = (gamma / state.gamma)[..., None]
        x = state.x + alpha * state.p
        return [CGState(state.i + 1, x, residual, q + beta * state.p, gamma)]

    loop = names_in("")["while_loop"]  # graphs are made further up
    return loop(goes_on, step, [state])[0]
