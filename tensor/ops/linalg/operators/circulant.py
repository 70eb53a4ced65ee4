"""Circulant operators, whose products are Fourier transforms in up to three axes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tensor.core import dtypes
from tensor.core.convert import convert
from tensor.core.public_api import export, names_in
from tensor.ops.array import reshape, shape_op, zeros_like
from tensor.ops.assertions import assert_near, assert_none_equal, assert_positive
from tensor.ops.casting import cast_
from tensor.ops.creation import eye
from tensor.ops.joining import concat_
from tensor.ops.linalg.matmul import adjoint_
from tensor.ops.linalg.operators.diagonal import of_field
from tensor.ops.linalg.operators.hints import require
from tensor.ops.linalg.operators.operator import LinearOperator
from tensor.ops.math.arithmetic import absolute
from tensor.ops.math.complex_numbers import conj, imag_op, real_op
from tensor.ops.math.exponential import log
from tensor.ops.math.powers import sqrt
from tensor.ops.reduce import (
    broadcast_to,
    reduce_max,
    reduce_mean,
    reduce_min,
    reduce_prod,
    reduce_sum,
)

if TYPE_CHECKING:
    from tensor.core.shapes import TensorShape

import_module("tensor.ops.signal")  # publishes the transforms
_SIGNAL = names_in("signal")
_TRANSFORMS = {
    depth: (_SIGNAL[f"fft{suffix}"], _SIGNAL[f"ifft{suffix}"])
    for depth, suffix in ((1, ""), (2, "2d"), (3, "3d"))
}


class _Circulant(LinearOperator):
    """Fᴴ diag(spectrum) F, where F is the discrete Fourier transform.

    Args:
        spectrum: The eigenvalues, of shape [..., n] or a block of more dimensions.
        input_output_dtype: The dtype of what it is applied to, complex64 by default.
        is_non_singular: Whether no eigenvalue is 0.
        is_self_adjoint: Whether all eigenvalues are real.
        is_positive_definite: Whether all have a positive real part.
        is_square: True, always.
        name: Its name.

    Raises:
        ValueError: A hint cannot be.
    """

    _depth = 1

    def __init__(
        self,
        spectrum: Any,
        input_output_dtype: Any = dtypes.complex64,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool = True,
        name: str | None = None,
    ) -> None:
        self._spectrum = of_field("spectrum", spectrum, rank=self._depth)
        is_square = require(is_square, "A circulant operator is always square.")
        if not self._spectrum.dtype.is_complex:
            is_self_adjoint = require(
                is_self_adjoint,
                "A real spectrum always corresponds to a self-adjoint operator.",
            )
        super().__init__(
            input_output_dtype,
            None,
            is_non_singular,
            is_self_adjoint,
            is_positive_definite,
            is_square,
            name,
            {"spectrum": spectrum, "input_output_dtype": input_output_dtype},
        )

    @property
    def spectrum(self) -> Any:
        """The eigenvalues."""
        return self._spectrum

    @property
    def block_depth(self) -> int:
        """In how many dimensions it is circulant."""
        return self._depth

    @property
    def block_shape(self) -> TensorShape:
        """The shape of one block of eigenvalues."""
        return self._spectrum.shape[-self._depth :]

    def block_shape_tensor(self) -> Any:
        """Return the shape of one block of eigenvalues as a vector."""
        shape = shape_op(convert(self._spectrum), out_type=dtypes.int32)
        return shape[-self._depth :]

    def convolution_kernel(self, name: str = "convolution_kernel") -> Any:
        """Return what a product convolves with: the transformed eigenvalues."""
        return cast_(_TRANSFORMS[self._depth][1](self._complex()), self.dtype)

    def assert_hermitian_spectrum(self, name: str = "assert_hermitian_spectrum") -> Any:
        """Check that products with real tensors are real.

        Raises:
            InvalidArgumentError: They are not.
        """
        kernel = imag_op(_TRANSFORMS[self._depth][1](self._complex()))
        message = "Spectrum was not Hermitian."
        return assert_near(kernel, zeros_like(kernel), message=message, atol=1e-5)

    def _complex(self) -> Any:
        spectrum = convert(self._spectrum)
        if spectrum.dtype.is_complex:
            return spectrum
        wide = spectrum.dtype.name == "float64"
        return cast_(spectrum, dtypes.complex128 if wide else dtypes.complex64)

    def _size(self) -> Any:
        known = self.block_shape.num_elements()
        return reduce_prod.public(self.block_shape_tensor()) if known is None else known

    def _shape(self) -> TensorShape:
        batch = self._spectrum.shape[: -self._depth]
        return batch.concatenate([self.block_shape.num_elements()] * 2)

    def _shape_tensor(self) -> Any:
        shape = shape_op(convert(self._spectrum), out_type=dtypes.int32)
        size = self._size()
        return concat_([shape[: -self._depth], convert([size, size], dtypes.int32)], 0)

    def _apply(self, x: Any, factor: Any, adjoint_arg: bool) -> Any:
        """Return the product with another spectrum."""
        x = adjoint_(x) if adjoint_arg else x
        forward, backward = _TRANSFORMS[self._depth]
        # Columns become the last block, so that transforms run along all of them.
        rows = cast_(_swap(x), factor.dtype)
        shape = shape_op(rows, out_type=dtypes.int32)
        blocks = reshape.public(
            rows, concat_([shape[:-1], self.block_shape_tensor()], 0)
        )
        lead = (..., None, *[slice(None)] * self._depth)
        product = backward(forward(blocks) * factor[lead])
        out = shape_op(product, out_type=dtypes.int32)[: -self._depth]
        flat = reshape.public(product, concat_([out, [self._size()]], 0))
        return cast_(_swap(flat), self.dtype)

    def _matmul(self, x: Any, adjoint: bool, adjoint_arg: bool) -> Any:
        spectrum = self._complex()
        return self._apply(
            x, conj.public(spectrum) if adjoint else spectrum, adjoint_arg
        )

    def _solve(self, rhs: Any, adjoint: bool, adjoint_arg: bool) -> Any:
        spectrum = 1 / self._complex()
        factor = conj.public(spectrum) if adjoint else spectrum
        return self._apply(rhs, factor, adjoint_arg)

    def _to_dense(self) -> Any:
        return self._apply(eye(self._size(), dtype=self.dtype), self._complex(), False)

    def _axes(self) -> list[int]:
        return list(range(-self._depth, 0))

    def _determinant(self) -> Any:
        return cast_(reduce_prod.public(self._complex(), self._axes()), self.dtype)

    def _log_abs_determinant(self) -> Any:
        logs = log.public(absolute.public(self._complex()))
        return cast_(reduce_sum.public(logs, self._axes()), self.dtype)

    def _diag_part(self) -> Any:
        mean = reduce_mean.public(self._complex(), self._axes())[..., None]
        whole = broadcast_to.public(mean, self.batch_and(self._size()))
        return cast_(whole, self.dtype)

    def _eigvals(self) -> Any:
        spectrum = convert(self._spectrum)
        return reshape.public(spectrum, self.batch_and(self._size()))

    def _cond(self) -> Any:
        sizes = absolute.public(self._complex())
        largest = reduce_max.public(sizes, self._axes())
        return cast_(largest / reduce_min.public(sizes, self._axes()), self.dtype)

    def _assert_non_singular(self) -> Any:
        message = "Singular operator: Spectrum contained zero values."
        zero = convert(0, self._complex().dtype)
        return assert_none_equal(self._complex(), zero, message=message)

    def _assert_positive_definite(self) -> Any:
        return assert_positive(
            real_op(self._complex()),
            message="Not positive definite: the spectrum's real part has to be.",
        )

    def _like(self, spectrum: Any, **hints: Any) -> LinearOperator:
        return type(self)(spectrum, self.dtype, **hints)

    def _adjoint(self) -> LinearOperator:
        return self._like(conj.public(convert(self._spectrum)))

    def _inverse(self) -> LinearOperator:
        return self._like(1 / convert(self._spectrum), is_non_singular=True)

    def _cholesky(self) -> LinearOperator:
        if self._spectrum.dtype.is_complex:
            return super()._cholesky()
        return self._like(sqrt.public(convert(self._spectrum)))


def _swap(x: Any) -> Any:
    from tensor.ops.linalg.matmul import matrix_transpose

    return matrix_transpose(x)


@export("linalg.LinearOperatorCirculant")
class LinearOperatorCirculant(_Circulant):
    """A circulant matrix, given by its eigenvalues."""


@export("linalg.LinearOperatorCirculant2D")
class LinearOperatorCirculant2D(_Circulant):
    """A matrix of circulant blocks that is circulant itself, given by eigenvalues."""

    _depth = 2


@export("linalg.LinearOperatorCirculant3D")
class LinearOperatorCirculant3D(_Circulant):
    """Circulant in three dimensions, given by its eigenvalues."""

    _depth = 3
