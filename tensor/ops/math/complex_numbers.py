"""Complex numbers: their parts, their making, and conjugation in gradient rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, register
from tensor.core.shapes import broadcast
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import ones_like, where, zeros_like
from tensor.ops.families import (
    NUMERIC,
    UnaryElementwise,
    dtype_kind,
    incompatible,
    sum_to,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


class Conj(UnaryElementwise):
    """Complex conjugate, element by element; real values stay as they are."""

    names = ("math.conj",)
    ufunc = np.conjugate
    allows = NUMERIC
    keeps_inputs = False

    def public(self, x: Any, name: str | None = None) -> Any:
        x = convert(x)
        if dtype_kind(x) not in NUMERIC:
            raise TypeError(
                f"Expected numeric or variant tensor, got dtype {x.dtype!r}. Convert "
                "it with tf.cast."
            )
        return self(x, name=name)

    def gradient(self, call: Any, dz: Any) -> Any:
        return conj(dz)


class _Part(UnaryElementwise):
    """One real number per complex number."""

    allows = "c"
    accepts_out = False
    keeps_inputs = False

    def infer(self, x: TensorSpec) -> TensorSpec:
        return TensorSpec.of(x.dims, x.dtype.real_dtype)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3)) + 1j * rng.normal(size=(2, 3)))


class Real(_Part):
    """The real part."""

    def kernel(self, x: Any) -> Any:
        return x.real

    def gradient(self, call: Any, dz: Any) -> Any:
        return complex_op(dz, zeros_like(dz))


class Imag(_Part):
    """The imaginary part."""

    def kernel(self, x: Any) -> Any:
        return x.imag

    def gradient(self, call: Any, dz: Any) -> Any:
        # TensorFlow's convention: the gradient is the conjugate of the derivative.
        return complex_op(zeros_like(dz), dz)


class Angle(_Part):
    """The argument of a complex number, in (-π, π]."""

    keeps_inputs = True

    def kernel(self, x: Any) -> Any:
        return np.angle(x).astype(x.real.dtype)[()]

    def gradient(self, call: Any, dz: Any) -> Any:
        # d/dz arg(z) = 1 / (Im z + i Re z), as TensorFlow orders it.
        x = call.inputs[0]
        turned = complex_op(imag_op(x), real_op(x))
        return -complex_op(dz, zeros_like(dz)) / turned


class Complex(Op):
    """Complex numbers from real and imaginary parts of one floating dtype."""

    kind = "elementwise"
    keeps_inputs = False

    def kernel(self, x: Any, y: Any) -> Any:
        dtype = np.complex64 if x.dtype == np.float32 else np.complex128
        z = np.empty(np.broadcast_shapes(np.shape(x), np.shape(y)), dtype)
        z.real, z.imag = x, y
        return z[()]

    def infer(self, x: TensorSpec, y: TensorSpec) -> TensorSpec:
        single = x.dtype is dtypes.float32
        dtype = dtypes.complex64 if single else dtypes.complex128
        return TensorSpec.of(broadcast(x.dims, y.dims), dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        x, y = call.inputs
        return (
            sum_to(real_op(dz), x) if call.wants[0] else None,
            sum_to(imag_op(dz), y) if call.wants[1] else None,
        )

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3)), rng.normal(size=(3,)))
        yield Sample(rng.normal(size=()), rng.normal(size=()))

    def recover(self, error: Exception, arrays: Any, attrs: Any) -> Any:
        if isinstance(error, ValueError):
            raise incompatible(self, *arrays) from error
        return super().recover(error, arrays, attrs)


conj = register(Conj)
real_op = register(Real)
imag_op = register(Imag)
angle_op = register(Angle)
complex_op = register(Complex)


@export("complex", "dtypes.complex")
@takes_composites
def complex_(real: Any, imag: Any, name: str | None = None) -> Any:
    """Make complex numbers from their real and imaginary parts, which broadcast.

    Raises:
        TypeError: The parts are not both float32 or both float64.
    """
    real = convert(real)
    imag = convert(imag, None if hasattr(imag, "dtype") else real.dtype)
    kinds = (real.dtype, imag.dtype)
    if kinds not in (
        (dtypes.float32, dtypes.float32),
        (dtypes.float64, dtypes.float64),
    ):
        raise TypeError(
            "The `real` and `imag` components have incorrect types: "
            f"{real.dtype.name} {imag.dtype.name}. They must be consistent, and one of "
            "[tf.float32, tf.float64]"
        )
    return complex_op(real, imag, name=name)


def _numeric(value: Any) -> Any:
    """Return a value as a tensor of numbers.

    Raises:
        TypeError: It holds something else.
    """
    x = convert(value)
    if not x.dtype.is_numeric:
        raise TypeError(
            f"input must be a numeric tensor, but got tensor with dtype {x.dtype}"
        )
    return x


@export("math.real")
@takes_composites
def real(input: Any, name: str | None = None) -> Any:
    """Return the real part of complex numbers; real ones as they are."""
    x = _numeric(input)
    return real_op(x, name=name) if x.dtype.is_complex else x


@export("math.imag")
@takes_composites
def imag(input: Any, name: str | None = None) -> Any:
    """Return the imaginary part of complex numbers; zeros for real ones."""
    x = _numeric(input)
    return imag_op(x, name=name) if x.dtype.is_complex else zeros_like(x)


@export("math.angle")
@takes_composites
def angle(input: Any, name: str | None = None) -> Any:
    """Return the argument of numbers; of real ones 0, or π where they are negative."""
    x = convert(input)
    if x.dtype.is_complex:
        return angle_op(x, name=name)
    negative = x < 0
    return where(negative, ones_like(x) * np.pi, zeros_like(x))


def conj_for_gradient(x: Any) -> Any:
    """Return the complex conjugate in a gradient rule; real values pass for free."""
    if type(x) in _REAL_SCALARS or dtype_kind(x) != "c":
        return x
    return conj(x)


_REAL_SCALARS = frozenset((float, int, np.float16, np.float32, np.float64))


def dtype_of(x: Any) -> dtypes.DType:
    """Return the DType of a tensor or array."""
    return x.dtype if isinstance(x.dtype, dtypes.DType) else dtypes.from_numpy(x.dtype)
