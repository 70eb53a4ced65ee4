"""Functions of whole matrices: exponential, logarithm, square root."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.registry import NON_DIFFERENTIABLE, Sample, register
from tensor.ops.array import concat, shape_for, zeros_like
from tensor.ops.linalg.inverse import SquareOp, as_square, product
from tensor.ops.linalg.matmul import adjoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensor.core.tensor_spec import TensorSpec

# Coefficients of the diagonal Padé approximant of degree 13 to exp, which is exact to
# double precision up to the norm below (Higham, 2005).
_PADE = (
    64764752532480000.0,
    32382376266240000.0,
    7771770303897600.0,
    1187353796428800.0,
    129060195264000.0,
    10559470521600.0,
    670442572800.0,
    33522128640.0,
    1323241920.0,
    40840800.0,
    960960.0,
    16380.0,
    182.0,
    1.0,
)
_PADE_NORM = 5.37


def exponential(x: np.ndarray) -> np.ndarray:
    """Return e to the power of each matrix, by scaling and squaring."""
    size = x.shape[-1]
    if not x.size:
        return x
    norm = np.abs(x).sum(axis=-2).max(axis=-1)
    halvings = np.ceil(np.log2(np.maximum(norm / _PADE_NORM, 1))).astype(int)
    halvings = np.where(np.isfinite(norm), halvings, 0)
    a = x / (2.0**halvings)[..., None, None]
    eye = np.eye(size, dtype=x.dtype)
    a2 = a @ a
    a4 = a2 @ a2
    a6 = a4 @ a2
    c = _PADE
    odd = a @ (
        a6 @ (c[13] * a6 + c[11] * a4 + c[9] * a2)
        + c[7] * a6
        + c[5] * a4
        + c[3] * a2
        + c[1] * eye
    )
    even = (
        a6 @ (c[12] * a6 + c[10] * a4 + c[8] * a2)
        + c[6] * a6
        + c[4] * a4
        + c[2] * a2
        + c[0] * eye
    )
    result = np.linalg.solve(even - odd, even + odd)
    for i in range(int(halvings.max(initial=0))):
        again = (halvings > i)[..., None, None]
        result = np.where(again, result @ result, result)
    return result


class MatrixExponential(SquareOp):
    """e to the power of each square matrix."""

    names = ("linalg.expm",)

    def kernel(self, x: Any) -> Any:
        wide = np.result_type(x.dtype, np.float64)
        return exponential(x.astype(wide)).astype(x.dtype)

    def infer(self, x: TensorSpec) -> TensorSpec:
        return x

    def gradient(self, call: Any, dz: Any) -> Any:
        # exp of [[Aᴴ, dz], [0, Aᴴ]] holds the derivative at Aᴴ in direction dz, which
        # is the gradient, in its upper right block.
        a = adjoint(call.inputs[0])
        size = shape_for(a)[-1]
        top = concat(a, dz, axis=-1)
        bottom = concat(zeros_like(a), a, axis=-1)
        return expm(concat(top, bottom, axis=-2))[..., :size, size:]

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3, 3)))
        yield Sample(rng.normal(size=(2, 2)) * 10)


def square_root(x: np.ndarray) -> np.ndarray:
    """Return the principal square root of one complex matrix.

    By eigenvalues where eigenvectors are well conditioned, otherwise by the scaled
    Denman-Beavers iteration, which needs no eigenvectors.
    """
    values, vectors = np.linalg.eig(x)
    if np.linalg.cond(vectors) < 1e6:
        return (vectors * np.sqrt(values)) @ np.linalg.inv(vectors)
    y, z = x, np.eye(len(x), dtype=x.dtype)
    for _ in range(100):
        next_y = (y + np.linalg.inv(z)) / 2
        z = (z + np.linalg.inv(y)) / 2
        done = np.abs(next_y - y).max() <= 1e-15 * np.abs(next_y).max()
        y = next_y
        if done:
            break
    return y


def _each(function: Any, x: Any) -> Any:
    """Apply a function of one matrix to each of a stack, in double precision."""
    if not x.size:
        return x
    wide = x.astype(np.complex128).reshape(-1, *x.shape[-2:])
    results = [function(m) for m in wide]
    stacked = np.array(results, np.complex128).reshape(x.shape)
    if x.dtype.kind == "c":
        return stacked.astype(x.dtype)
    # A real matrix whose result is complex has none among real matrices.
    size = np.abs(stacked).max(axis=(-2, -1), keepdims=True, initial=1e-300)
    is_real = (np.abs(stacked.imag) <= 1e-9 * size).all(axis=(-2, -1), keepdims=True)
    return np.where(is_real, stacked.real, np.nan).astype(x.dtype)


class MatrixSquareRoot(SquareOp):
    """The principal square root of each matrix: X with X X = A."""

    names = ("linalg.sqrtm", "matrix_square_root")
    keeps_inputs = False
    keeps_output = True

    def kernel(self, x: Any) -> Any:
        try:
            return _each(square_root, x)
        except np.linalg.LinAlgError:
            raise errors.invalid(
                self.type_name,
                "The matrix has no square root.",
            ) from None

    def infer(self, x: TensorSpec) -> TensorSpec:
        return as_square(x)

    def gradient(self, call: Any, dz: Any) -> Any:
        return sylvester(adjoint(call.output), dz)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(2, 3, 3))
        yield Sample(x @ np.swapaxes(x, -1, -2) + np.eye(3))


class Sylvester(SquareOp):
    """The solution X of A X + X A = C."""

    keeps_inputs = (0,)
    keeps_output = True

    def kernel(self, a: Any, c: Any) -> Any:
        size = a.shape[-1]
        eye = np.eye(size, dtype=a.dtype)
        # Row by row, A X is (A ⊗ I) x and X A is (I ⊗ Aᵀ) x.
        left = a[..., :, None, :, None] * eye[:, None, :]
        right = np.swapaxes(a, -1, -2)[..., None, :, None, :] * eye[:, None, :, None]
        system = (left + right).reshape(*a.shape[:-2], size**2, size**2)
        flat = np.linalg.solve(system, c.reshape(*c.shape[:-2], size**2, 1))
        return flat.reshape(c.shape)

    def infer(self, a: TensorSpec, c: TensorSpec) -> TensorSpec:
        return c

    def gradient(self, call: Any, dz: Any) -> Any:
        a, x = call.inputs[0], call.output
        grad_c = sylvester(adjoint(a), dz)
        grad_a = -(product(grad_c, adjoint(x)) + product(adjoint(x), grad_c))
        return grad_a, grad_c

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        a = rng.normal(size=(2, 3, 3)) + 4 * np.eye(3)
        yield Sample(a, rng.normal(size=(2, 3, 3)))


def logarithm(x: np.ndarray) -> np.ndarray:
    """Return the principal logarithm of one complex matrix.

    Square roots bring the matrix near the identity, where an integral for the logarithm
    is summed by Gauss and Legendre's rule: log(I + E) = Σ w E (I + t E)⁻¹.
    """
    eye = np.eye(len(x), dtype=x.dtype)
    roots = 0
    while np.abs(x - eye).sum(axis=0).max() > 0.25 and roots < 60:
        x = square_root(x)
        roots += 1
    nodes, weights = np.polynomial.legendre.leggauss(10)
    e = x - eye
    total = np.zeros_like(x)
    for t, w in zip((nodes + 1) / 2, weights / 2, strict=True):
        total += w * np.linalg.solve(eye + t * e, e)
    return total * 2.0**roots


class MatrixLogarithm(SquareOp):
    """The principal logarithm of each complex matrix: the inverse of `expm`."""

    names = ("linalg.logm",)
    allows = "c"
    gradient = NON_DIFFERENTIABLE

    def kernel(self, x: Any) -> Any:
        return _each(logarithm, x)

    def infer(self, x: TensorSpec) -> TensorSpec:
        return x

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(2, 3, 3)) + 1j * rng.normal(size=(2, 3, 3))
        yield Sample(x + 5 * np.eye(3))


expm = register(MatrixExponential)
sqrtm = register(MatrixSquareRoot)
sylvester = register(Sylvester)
logm = register(MatrixLogarithm)
