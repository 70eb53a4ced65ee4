"""Inverses, determinants and linear systems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tensor.core import errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, register
from tensor.core.shapes import Dims, are_compatible, broadcast
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.families import bracketed, check_kind, operands, shape_of, sum_to
from tensor.ops.layout import expand_dims
from tensor.ops.linalg.diagonals import band_part
from tensor.ops.linalg.matmul import adjoint, matmul
from tensor.ops.linalg.not_numbers import hold_nan
from tensor.ops.math.complex_numbers import conj_for_gradient

if TYPE_CHECKING:
    from collections.abc import Iterator

# LAPACK works in single and double precision.
FACTORABLE = "fc"


def product(a: Any, b: Any) -> Any:
    """Return the matrix product of tensors or arrays."""
    return matmul(a, b, transpose_a=False, transpose_b=False)


def check_square(op_type: str, dims: Dims | None) -> None:
    """Check that a static shape is one of square matrices.

    Raises:
        InvalidArgumentError: It is not.
    """
    if dims is None:
        return
    if len(dims) < 2:
        raise errors.invalid(
            op_type,
            f"Input tensor 0 must have rank >= 2, got {len(dims)}. Shape must be at "
            f"least rank 2 but is rank {len(dims)}.",
        )
    rows, columns = dims[-2:]
    if None not in (rows, columns) and rows != columns:
        raise errors.invalid(
            op_type,
            f"Input matrix must be square. Got shape {bracketed(dims)}. Dimensions "
            f"must be equal, but are {rows} and {columns}",
        )


def as_square(x: TensorSpec) -> TensorSpec:
    """Return the spec of matrices that are known to be square."""
    if x.dims is None or len(x.dims) < 2:
        return x
    rows, columns = x.dims[-2:]
    size = columns if rows is None else rows
    return TensorSpec.of((*x.dims[:-2], size, size), x.dtype)


def adjoint_array(x: Any) -> Any:
    """Return the conjugate transpose of an array of matrices."""
    return np.swapaxes(x.conj(), -1, -2)


class SquareOp(Op):
    """An op on square matrices."""

    allows = FACTORABLE

    def public(self, input: Any, name: str | None = None) -> Any:
        x = convert(input)
        check_kind(self, x, self.allows)
        check_square(self.type_name, shape_of(x))
        return self(x, name=name)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3, 3)) + 3 * np.eye(3))
        yield Sample(rng.normal(size=(1, 1)) + 3)


class MatrixInverse(SquareOp):
    """The inverse of each matrix, or of its conjugate transpose (`adjoint`)."""

    names = ("linalg.inv",)
    keeps_inputs = False
    keeps_output = True

    def kernel(self, x: Any, adjoint: bool) -> Any:
        try:
            result = np.linalg.inv(x)
        except np.linalg.LinAlgError:
            raise errors.invalid(
                self.type_name, "Input is not invertible. tf.linalg.pinv is for such."
            ) from None
        return adjoint_array(result) if adjoint else result

    def infer(self, x: TensorSpec, adjoint: bool) -> TensorSpec:
        return as_square(x)

    def gradient(self, call: Any, dz: Any) -> Any:
        inverse = call.output
        result = -product(adjoint(inverse), product(dz, adjoint(inverse)))
        return adjoint(result) if call.attrs["adjoint"] else result

    def public(self, input: Any, adjoint: bool = False, name: str | None = None) -> Any:
        x = convert(input)
        check_kind(self, x, self.allows)
        check_square(self.type_name, shape_of(x))
        return self(x, adjoint=bool(adjoint), name=name)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for sample in super().samples(rng):
            for flips in (False, True):
                yield Sample(*sample.inputs, adjoint=flips)


class MatrixDeterminant(SquareOp):
    """The determinant of each matrix."""

    names = ("linalg.det",)
    keeps_output = True

    def kernel(self, x: Any) -> Any:
        found = np.asarray(np.linalg.det(x), x.dtype)
        return np.where(hold_nan(x), x.dtype.type(np.nan), found)[()]

    def infer(self, x: TensorSpec) -> TensorSpec:
        return TensorSpec.of(None if x.dims is None else x.dims[:-2], x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        scale = dz * conj_for_gradient(call.output)
        return _as_matrices(scale) * inverse(call.inputs[0], adjoint=True)


def _as_matrices(x: Any) -> Any:
    return expand_dims(expand_dims(x, axis=-1), axis=-1)


class LogMatrixDeterminant(Op):
    """Sign and logarithm of the magnitude of each determinant."""

    allows = FACTORABLE

    def kernel(self, x: Any) -> Any:
        spoilt, nan = hold_nan(x), x.dtype.type(np.nan)
        found = [np.asarray(v, x.dtype) for v in np.linalg.slogdet(x)]
        return tuple([np.where(spoilt, nan, v)[()] for v in found])

    def infer(self, x: TensorSpec) -> Any:
        spec = TensorSpec.of(None if x.dims is None else x.dims[:-2], x.dtype)
        return spec, spec

    def gradient(self, call: Any, dsign: Any, dlog: Any) -> Any:
        return _as_matrices(dlog) * inverse(call.inputs[0], adjoint=True)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3, 3)))


class MatrixSolve(Op):
    """The solution X of A X = B, or of Aᴴ X = B (`adjoint`)."""

    allows = FACTORABLE
    keeps_inputs = (0,)
    keeps_output = True

    def kernel(self, a: Any, b: Any, adjoint: bool) -> Any:
        try:
            return np.linalg.solve(adjoint_array(a) if adjoint else a, b)
        except np.linalg.LinAlgError:
            raise errors.invalid(
                self.type_name,
                "Input matrix is not invertible. tf.linalg.lstsq with fast=False "
                "is for such.",
            ) from None

    def infer(self, a: TensorSpec, b: TensorSpec, adjoint: bool) -> TensorSpec:
        return TensorSpec.of(b.dims, b.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        a, x = call.inputs[0], call.output
        grad_b = solve(a, dz, adjoint=not call.attrs["adjoint"])
        left, right = (x, grad_b) if call.attrs["adjoint"] else (grad_b, x)
        return -product(left, adjoint(right)), grad_b

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for flips in (False, True):
            a = rng.normal(size=(2, 3, 3)) + 3 * np.eye(3)
            yield Sample(a, rng.normal(size=(2, 3, 2)), adjoint=flips)


def substitute(triangle: Any, b: Any, from_top: bool) -> Any:
    """Solve triangular systems row by row; a 0 on the diagonal gives inf and NaN."""
    size = triangle.shape[-1]
    batch = np.broadcast_shapes(triangle.shape[:-2], b.shape[:-2])
    x = np.array(np.broadcast_to(b, (*batch, *b.shape[-2:])))
    for i in range(size) if from_top else reversed(range(size)):
        done = slice(0, i) if from_top else slice(i + 1, size)
        known = triangle[..., i : i + 1, done] @ x[..., done, :]
        x[..., i, :] = (x[..., i, :] - known[..., 0, :]) / triangle[..., i, i, None]
    return x


class MatrixTriangularSolve(Op):
    """The solution X of A X = B where A is triangular; its other triangle is not read.

    Batch dimensions broadcast.
    """

    allows = FACTORABLE
    keeps_inputs = (0,)
    keeps_output = True

    def kernel(self, a: Any, b: Any, lower: bool, adjoint: bool) -> Any:
        triangle = np.tril(a) if lower else np.triu(a)
        triangle = adjoint_array(triangle) if adjoint else triangle
        if np.all(np.diagonal(a, axis1=-2, axis2=-1)):
            return np.linalg.solve(triangle, b)
        return substitute(triangle, b, from_top=lower is not adjoint)

    def infer(
        self, a: TensorSpec, b: TensorSpec, lower: bool, adjoint: bool
    ) -> TensorSpec:
        if a.dims is None or b.dims is None:
            return TensorSpec.of(None, b.dtype)
        batch = broadcast(a.dims[:-2], b.dims[:-2]) or ()
        size = next((n for n in (*a.dims[-2:], b.dims[-2]) if n is not None), None)
        return TensorSpec.of((*batch, size, b.dims[-1]), b.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        a, x = call.inputs[0], call.output
        lower, flips = call.attrs["lower"], call.attrs["adjoint"]
        grad_b = triangular_solve(a, dz, lower=lower, adjoint=not flips)
        left, right = (x, grad_b) if flips else (grad_b, x)
        full = -product(left, adjoint(right))
        triangle = {"lower": -1, "upper": 0} if lower else {"lower": 0, "upper": -1}
        grad_a = band_part(full, **triangle)
        return sum_to(grad_a, a), sum_to(grad_b, call.inputs[1])

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        a = rng.normal(size=(2, 3, 3)) + 3 * np.eye(3)
        b = rng.normal(size=(2, 3, 2))
        for lower in (False, True):
            for flips in (False, True):
                yield Sample(a, b, lower=lower, adjoint=flips)
        yield Sample(a[0], b, lower=True, adjoint=False)


inverse = register(MatrixInverse)
determinant = register(MatrixDeterminant)
log_determinant = register(LogMatrixDeterminant)
solve = register(MatrixSolve)
triangular_solve = register(MatrixTriangularSolve)


class LogDeterminant(NamedTuple):
    """Sign and logarithm of the magnitude of determinants."""

    sign: Any
    log_abs_determinant: Any


LogDeterminant.__name__ = LogDeterminant.__qualname__ = "LogMatrixDeterminant"


@export("linalg.slogdet")
def slogdet(input: Any, name: str | None = None) -> Any:
    """Return sign and logarithm of the magnitude of each determinant.

    Raises:
        InvalidArgumentError: The matrices are not square.
    """
    x = convert(input)
    check_kind(log_determinant, x, FACTORABLE)
    check_square("LogMatrixDeterminant", shape_of(x))
    return LogDeterminant(*log_determinant(x, name=name))


def _system(op: Op, matrix: Any, rhs: Any) -> tuple[Any, Any]:
    """Return matrix and right-hand sides as tensors that fit each other.

    Raises:
        InvalidArgumentError: They do not.
    """
    a, b = operands(op, matrix, rhs)
    a, b = convert(a), convert(b)
    dims_a, dims_b = shape_of(a), shape_of(b)
    if dims_a is None or dims_b is None:
        return a, b
    if len(dims_a) != len(dims_b) and op is solve:
        raise errors.invalid(
            op.type_name,
            "All input tensors must have the same rank. "
            f"Got shapes {bracketed(dims_a)} and {bracketed(dims_b)}.",
        )
    if op is solve and not are_compatible(dims_a[:-2], dims_b[:-2]):
        raise errors.invalid(
            op.type_name,
            "All input tensors must have the same outer dimensions. "
            f"Got shapes {bracketed(dims_a)} and {bracketed(dims_b)}.",
        )
    if len(dims_a) < 2 or len(dims_b) < 2:
        raise errors.invalid(
            op.type_name,
            f"In[0] and In[1] ndims must be >= 2: {bracketed(dims_a)}, "
            f"{bracketed(dims_b)}",
        )
    rows, columns = dims_a[-2:]
    if None not in (rows, columns) and rows != columns:
        raise errors.invalid(
            op.type_name,
            f"First input (lhs) must be a square matrix. In[0] matrices in the last "
            f"dimensions must be square ({rows} =/= {columns})",
        )
    if None not in (rows, dims_b[-2]) and rows != dims_b[-2]:
        raise errors.invalid(
            op.type_name,
            "Input matrix and rhs are incompatible. In[0] shape "
            f"{bracketed(dims_a)}, In[1] "
            f"shape {bracketed(dims_b)}. Dimensions must be equal, but are {rows} and "
            f"{dims_b[-2]} rows.",
        )
    return a, b


@export("linalg.solve")
def solve_(
    matrix: Any, rhs: Any, adjoint: bool = False, name: str | None = None
) -> Any:
    """Solve the linear systems `matrix @ x = rhs`.

    Args:
        matrix: Square matrices.
        rhs: The right-hand sides, as columns of matrices.
        adjoint: Whether to solve with the conjugate transpose of `matrix`.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: A matrix is not invertible, or shapes do not fit.
    """
    a, b = _system(solve, matrix, rhs)
    return solve(a, b, adjoint=bool(adjoint), name=name)


@export("linalg.triangular_solve")
def triangular_solve_(
    matrix: Any,
    rhs: Any,
    lower: bool = True,
    adjoint: bool = False,
    name: str | None = None,
) -> Any:
    """Solve `matrix @ x = rhs` for triangular matrices; batch dimensions broadcast.

    Args:
        matrix: Square matrices, of which only one triangle is read.
        rhs: The right-hand sides, as columns of matrices.
        lower: Whether the lower triangle counts, else the upper one.
        adjoint: Whether to solve with the conjugate transpose of `matrix`.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: Shapes do not fit.
    """
    a, b = _system(triangular_solve, matrix, rhs)
    return triangular_solve(a, b, lower=bool(lower), adjoint=bool(adjoint), name=name)
