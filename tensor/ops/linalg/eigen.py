"""Eigenvalues and eigenvectors, of self-adjoint matrices and of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import cast
from tensor.ops.linalg.diagonals import (
    band_part,
    diagonal_matrix,
    main_diagonal,
)
from tensor.ops.linalg.inverse import (
    FACTORABLE,
    as_square,
    product,
    solve,
)
from tensor.ops.linalg.matmul import adjoint
from tensor.ops.linalg.not_numbers import hold_nan
from tensor.ops.math import divide_no_nan, real_op
from tensor.ops.math.complex_numbers import conj_for_gradient, dtype_of

if TYPE_CHECKING:
    from collections.abc import Iterator
from tensor.ops.linalg.factorizations import (
    matrices,
    pairwise_differences,
    scale_columns,
    with_diagonal,
)

_FAILED = "decomposition was not successful. The input might not be valid."


def _check_self_adjoint(x: Any) -> None:
    """Check that matrices have eigenvalues.

    Raises:
        InvalidArgumentError: An element is NaN.
    """
    if hold_nan(x).any():
        raise errors.invalid("SelfAdjointEigV2", f"Self-adjoint eigen {_FAILED}")


class SelfAdjointEig(Op):
    """Eigenvalues (smallest first) and eigenvectors of self-adjoint matrices.

    Only the lower triangle is read.
    """

    type_name = "SelfAdjointEigV2"
    allows = FACTORABLE
    keeps_inputs = False
    keeps_output = True

    def kernel(self, x: Any) -> Any:
        _check_self_adjoint(x)
        values, vectors = np.linalg.eigh(x)
        return values, vectors

    def infer(self, x: TensorSpec) -> Any:
        x = as_square(x)
        dims = None if x.dims is None else x.dims[:-1]
        return TensorSpec.of(dims, x.dtype.real_dtype), x

    def gradient(self, call: Any, de: Any, dv: Any) -> Any:
        e, v = call.output
        gaps = pairwise_differences(cast(e, dtype=dtype_of(v)))
        core = divide_no_nan(product(adjoint(v), dv), gaps)
        core = core + diagonal_matrix(cast(de, dtype=dtype_of(v)))
        return lower_gradient(product(product(v, core), adjoint(v)))

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(2, 3, 3))
        yield Sample(x + np.swapaxes(x, -1, -2))


def lower_gradient(grad: Any) -> Any:
    """Return a gradient as that of the lower triangle alone, which stands for both."""
    both = band_part(grad + adjoint(grad), lower=-1, upper=0)
    return with_diagonal(both, main_diagonal(both) * 0.5)


class SelfAdjointEigenvalues(Op):
    """The eigenvalues of self-adjoint matrices, smallest first."""

    allows = FACTORABLE

    def kernel(self, x: Any) -> Any:
        _check_self_adjoint(x)
        return np.linalg.eigvalsh(x)

    def infer(self, x: TensorSpec) -> TensorSpec:
        return self_adjoint_eig.infer(x)[0]

    def gradient(self, call: Any, de: Any) -> Any:
        _, v = self_adjoint_eig(call.inputs[0])
        scaled = scale_columns(v, cast(de, dtype=dtype_of(v)))
        return lower_gradient(product(scaled, adjoint(v)))

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield from self_adjoint_eig.samples(rng)


class Eig(Op):
    """Eigenvalues and unit eigenvectors of square matrices, as complex numbers."""

    allows = FACTORABLE
    keeps_inputs = False
    keeps_output = True

    def kernel(self, x: Any) -> Any:
        if not np.isfinite(x).all():
            raise errors.invalid("Eig", f"Eigen {_FAILED}")
        values, vectors = np.linalg.eig(x)
        dtype = np.result_type(x.dtype, np.complex64)
        return values.astype(dtype), vectors.astype(dtype)

    def infer(self, x: TensorSpec) -> Any:
        single = x.dtype in (dtypes.float32, dtypes.complex64)
        dtype = dtypes.complex64 if single else dtypes.complex128
        x = as_square(x)
        dims = None if x.dims is None else x.dims[:-1]
        return TensorSpec.of(dims, dtype), TensorSpec.of(x.dims, dtype)

    def gradient(self, call: Any, de: Any, dv: Any) -> Any:
        e, v = call.output
        gaps = conj_for_gradient(pairwise_differences(e))
        own = product(adjoint(v), dv)
        real_diagonal = cast(real_op(main_diagonal(own)), dtype=dtype_of(v))
        core = own - scale_columns(product(adjoint(v), v), real_diagonal)
        core = divide_no_nan(core, gaps)
        core = with_diagonal(core, de)
        grad = solve(v, product(core, adjoint(v)), adjoint=True)
        dtype = dtype_of(call.inputs[0])
        return grad if dtype.is_complex else cast(real_op(grad), dtype=dtype)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        # Phases of eigenvectors are free: tests compose the gradient by hand.
        yield Sample(rng.normal(size=(2, 3, 3)).astype(np.float32))


self_adjoint_eig = register(SelfAdjointEig)
self_adjoint_eigenvalues = register(SelfAdjointEigenvalues)
eig_op = register(Eig)


@export("linalg.eigh")
def eigh(tensor: Any, name: str | None = None) -> Any:
    """Return eigenvalues (smallest first) and eigenvectors of self-adjoint matrices."""
    return self_adjoint_eig(matrices(self_adjoint_eig, tensor, square=True), name=name)


@export("linalg.eigvalsh")
def eigvalsh(tensor: Any, name: str | None = None) -> Any:
    """Return the eigenvalues of self-adjoint matrices, smallest first."""
    x = matrices(self_adjoint_eigenvalues, tensor, square=True)
    return self_adjoint_eigenvalues(x, name=name)


@export("linalg.eig", "eig")
def eig(tensor: Any, name: str | None = None) -> Any:
    """Return eigenvalues and eigenvectors of square matrices, as complex numbers."""
    return eig_op(matrices(eig_op, tensor, square=True), name=name)


@export("linalg.eigvals", "eigvals")
def eigvals(tensor: Any, name: str | None = None) -> Any:
    """Return the eigenvalues of square matrices, as complex numbers."""
    return eig_op(matrices(eig_op, tensor, square=True), name=name)[0]
