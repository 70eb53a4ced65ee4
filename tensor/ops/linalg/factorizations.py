"""Cholesky, QR, singular value and eigenvalue decompositions.

Gradients treat what a decomposition leaves free (signs, phases, degenerate subspaces)
as fixed: terms that divide by the difference of equal values are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tensor.core import errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import cast, concat, ones_like
from tensor.ops.families import check_kind, shape_of
from tensor.ops.layout import expand_dims
from tensor.ops.linalg.diagonals import (
    band_part,
    diagonal_matrix,
    main_diagonal,
    set_diagonals,
)
from tensor.ops.linalg.inverse import (
    FACTORABLE,
    SquareOp,
    adjoint_array,
    as_square,
    check_square,
    product,
    triangular_solve,
    triangular_solve_,
)
from tensor.ops.linalg.matmul import adjoint
from tensor.ops.linalg.not_numbers import nan_for_nan
from tensor.ops.math import divide_no_nan, log, real_op
from tensor.ops.math.complex_numbers import dtype_of
from tensor.ops.reduce import reduce_sum

if TYPE_CHECKING:
    from collections.abc import Iterator


def with_diagonal(x: Any, diagonal: Any) -> Any:
    """Return square matrices with another main diagonal."""
    return set_diagonals(x, diagonal, k=(0, 0), align="RIGHT_LEFT")


def scale_columns(x: Any, factors: Any) -> Any:
    """Return `x @ diag(factors)`."""
    return x * expand_dims(factors, axis=-2)


def pairwise_differences(values: Any) -> Any:
    """Return the matrix of `values[j] - values[i]`."""
    return expand_dims(values, axis=-2) - expand_dims(values, axis=-1)


def cholesky_or_nan(x: np.ndarray) -> np.ndarray:
    """Return the Cholesky factor of a matrix, NaN if it is not positive definite."""
    try:
        return np.linalg.cholesky(x)
    except np.linalg.LinAlgError:
        return np.tril(np.full_like(x, np.nan))


class Cholesky(SquareOp):
    """The lower triangular L with L Lᴴ = A; only the lower triangle of A is read.

    Of a matrix that is not positive definite, L is NaN.
    """

    names = ("linalg.cholesky",)
    keeps_inputs = False
    keeps_output = True

    def kernel(self, x: Any) -> Any:
        try:
            return np.linalg.cholesky(x)
        except np.linalg.LinAlgError:
            matrices = x.reshape(-1, *x.shape[-2:])
            return np.array([cholesky_or_nan(m) for m in matrices]).reshape(x.shape)

    def infer(self, x: TensorSpec) -> TensorSpec:
        return as_square(x)

    def gradient(self, call: Any, dz: Any) -> Any:
        factor = call.output
        middle = product(adjoint(factor), dz)
        middle = with_diagonal(middle, main_diagonal(middle) * 0.5)
        middle = band_part(middle, lower=-1, upper=0)
        # L⁻ᴴ middle L⁻¹, by two triangular systems.
        left = triangular_solve(factor, middle, lower=True, adjoint=True)
        right = triangular_solve(factor, adjoint(left), lower=True, adjoint=True)
        return (right + adjoint(right)) * 0.5

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        # The gradient is that of symmetric matrices, which a random direction is not:
        # single precision keeps the generated check away; tests compose it by hand.
        x = rng.normal(size=(2, 3, 3))
        yield Sample((x @ np.swapaxes(x, -1, -2) + np.eye(3)).astype(np.float32))


class Qr(Op):
    """Orthonormal Q and upper triangular R with Q R = A."""

    allows = FACTORABLE
    keeps_inputs = False
    keeps_output = True

    def kernel(self, x: Any, full_matrices: bool) -> Any:
        return tuple(np.linalg.qr(x, "complete" if full_matrices else "reduced"))

    def infer(self, x: TensorSpec, full_matrices: bool) -> Any:
        if x.dims is None:
            return TensorSpec.of(None, x.dtype), TensorSpec.of(None, x.dtype)
        *batch, rows, columns = x.dims
        inner = rows if full_matrices else smaller(rows, columns)
        return (
            TensorSpec.of((*batch, rows, inner), x.dtype),
            TensorSpec.of((*batch, inner, columns), x.dtype),
        )

    def gradient(self, call: Any, dq: Any, dr: Any) -> Any:
        q, r = call.output
        rows, columns = (shape_of(call.inputs[0]) or (None, None))[-2:]
        if rows is None or columns is None:
            raise NotImplementedError("The gradient of qr needs a known shape.")
        if rows < columns:
            # A = [X Y]: only X has a QR decomposition of its own; R = [U V].
            y = product(q, r[..., rows:])
            dq = dq + product(y, adjoint(dr[..., rows:]))
            grad_y = product(q, dr[..., rows:])
            grad_x = _qr_gradient(q, r[..., :rows], dq, dr[..., :rows])
            return concat(grad_x, grad_y, axis=-1)
        if call.attrs["full_matrices"] and rows != columns:
            raise NotImplementedError(
                "QrGrad not implemented when nrows > ncols and full_matrices is true. "
                f"Received nrows={rows} and ncols={columns}."
            )
        return _qr_gradient(q, r, dq, dr)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for shape in ((3, 3), (2, 4, 3), (2, 4)):
            yield Sample(rng.normal(size=shape), full_matrices=False)


def _qr_gradient(q: Any, r: Any, dq: Any, dr: Any) -> Any:
    """Return the gradient of a QR decomposition of matrices that are not wide."""
    m = product(r, adjoint(dr)) - product(adjoint(dq), q)
    # copyltu: the lower triangle, mirrored.
    strict = band_part(m, lower=-1, upper=0)
    symmetric = strict + adjoint(strict)
    symmetric = with_diagonal(symmetric, main_diagonal(m))
    whole = dq + product(q, symmetric)
    # whole R⁻ᴴ
    return adjoint(triangular_solve(r, adjoint(whole), lower=False, adjoint=False))


def smaller(x: int | None, y: int | None) -> int | None:
    """Return the smaller of two dimensions, None if that is unknown."""
    return None if x is None or y is None else min(x, y)


class Svd(Op):
    """Singular values S (largest first), U and V with U diag(S) Vᴴ = A."""

    allows = FACTORABLE
    keeps_inputs = False
    keeps_output = True

    def kernel(self, x: Any, full_matrices: bool) -> Any:
        def decompose(x: Any) -> Any:
            return tuple(np.linalg.svd(x, full_matrices=full_matrices))

        u, s, vh = nan_for_nan(decompose, x)
        return s, u, adjoint_array(vh)

    def infer(self, x: TensorSpec, full_matrices: bool) -> Any:
        real = x.dtype.real_dtype
        if x.dims is None:
            return (
                TensorSpec.of(None, real),
                TensorSpec.of(None, x.dtype),
                TensorSpec.of(None, x.dtype),
            )
        *batch, rows, columns = x.dims
        inner = smaller(rows, columns)
        return (
            TensorSpec.of((*batch, inner), real),
            TensorSpec.of((*batch, rows, rows if full_matrices else inner), x.dtype),
            TensorSpec.of(
                (*batch, columns, columns if full_matrices else inner), x.dtype
            ),
        )

    def gradient(self, call: Any, ds: Any, du: Any, dv: Any) -> Any:
        s, u, v = call.output
        if dtype_of(u).is_complex:
            raise NotImplementedError(
                "The gradient of svd with U and V is defined for real matrices only."
            )
        inner = (shape_of(s) or (None,))[-1]
        if call.attrs["full_matrices"]:
            u, v = u[..., :inner], v[..., :inner]
            du, dv = du[..., :inner], dv[..., :inner]
        squares = s * s
        gaps = pairwise_differences(squares)
        core_u, core_v = product(adjoint(u), du), product(adjoint(v), dv)
        core = scale_columns(divide_no_nan(core_u - adjoint(core_u), gaps), s)
        turn_v = divide_no_nan(core_v - adjoint(core_v), gaps)
        core = core + turn_v * expand_dims(s, axis=-1)
        core = core + diagonal_matrix(ds)
        inverse_s = divide_no_nan(ones_like(s), s)
        # What of dU lies outside the span of U, and of dV outside that of V.
        outer_u = scale_columns(du - product(u, core_u), inverse_s)
        outer_v = scale_columns(dv - product(v, core_v), inverse_s)
        left = product(u, core) + outer_u
        return product(left, adjoint(v)) + product(u, adjoint(outer_v))

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for shape in ((3, 3), (2, 4, 3), (2, 4)):
            yield Sample(rng.normal(size=shape), full_matrices=False)


class SingularValues(Op):
    """The singular values of matrices, largest first."""

    allows = FACTORABLE

    def kernel(self, x: Any) -> Any:
        return nan_for_nan(lambda x: (np.linalg.svd(x, compute_uv=False),), x)[0]

    def infer(self, x: TensorSpec) -> TensorSpec:
        return svd_op.infer(x, full_matrices=False)[0]

    def gradient(self, call: Any, ds: Any) -> Any:
        _, u, v = svd_op(call.inputs[0], full_matrices=False)
        scaled = scale_columns(u, cast(ds, dtype=dtype_of(u)))
        return product(scaled, adjoint(v))

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 4, 3)))


cholesky = register(Cholesky)
qr_op = register(Qr)
svd_op = register(Svd)
singular_values = register(SingularValues)


def matrices(op: Op, value: Any, square: bool) -> Any:
    """Return an argument as a tensor of matrices, which may have to be square.

    Raises:
        InvalidArgumentError: Dtype or shape do not fit.
    """
    x = convert(value)
    check_kind(op, x, FACTORABLE)
    dims = shape_of(x)
    if square:
        check_square(op.type_name, dims)
    elif dims is not None and len(dims) < 2:
        raise errors.invalid(
            op.type_name,
            f"Input tensor 0 must have rank >= 2, got {len(dims)}. "
            f"Shape must be at least rank 2 but is rank {len(dims)}",
        )
    return x


@export("linalg.cholesky_solve")
def cholesky_solve(chol: Any, rhs: Any, name: str | None = None) -> Any:
    """Solve `A @ x = rhs`, given the Cholesky factor of A.

    Raises:
        InvalidArgumentError: Shapes do not fit.
    """
    half = triangular_solve_(chol, rhs, lower=True)
    return triangular_solve_(chol, half, lower=True, adjoint=True, name=name)


@export("linalg.logdet")
def logdet(matrix: Any, name: str | None = None) -> Any:
    """Return the logarithm of the determinant of positive definite matrices.

    Raises:
        InvalidArgumentError: A matrix is not positive definite.
    """
    factor = cholesky.public(matrix)
    diagonal = main_diagonal(factor)
    diagonal = real_op(diagonal) if diagonal.dtype.is_complex else diagonal
    return reduce_sum(log(diagonal), axis=(-1,), keepdims=False, name=name) * 2.0


class QrResult(NamedTuple):
    """Orthonormal and upper triangular factor."""

    q: Any
    r: Any


QrResult.__name__ = QrResult.__qualname__ = "Qr"


@export("linalg.qr")
def qr(input: Any, full_matrices: bool = False, name: str | None = None) -> Any:
    """Decompose matrices into orthonormal Q and upper triangular R.

    Args:
        input: A tensor of at least two dimensions.
        full_matrices: Whether Q is square, completed to a whole basis.
        name: A name for the node, in a graph.
    """
    x = matrices(qr_op, input, square=False)
    return QrResult(*qr_op(x, full_matrices=bool(full_matrices), name=name))


@export("linalg.svd")
def svd(
    tensor: Any,
    full_matrices: bool = False,
    compute_uv: bool = True,
    name: str | None = None,
) -> Any:
    """Return the singular values s of matrices, and u and v with `u diag(s) vᴴ = a`.

    Args:
        tensor: A tensor of at least two dimensions.
        full_matrices: Whether u and v are square, completed to whole bases.
        compute_uv: Whether to return u and v too.
        name: A name for the node, in a graph.
    """
    x = matrices(svd_op, tensor, square=False)
    if compute_uv:
        return svd_op(x, full_matrices=bool(full_matrices), name=name)
    return singular_values(x, name=name)
