"""Fourier transforms of complex and real signals.

Every transform is linear, so its gradient is its adjoint. That of a complex transform
is the opposite transform, scaled; the adjoints of the real ones are ops of their own,
whose gradients lead back.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes
from tensor.core.registry import Op, Sample, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import as_static_shape, shape_for, shape_op, static_value
from tensor.ops.casting import cast_
from tensor.ops.families import shape_of
from tensor.ops.signal.lengths import size_along

if TYPE_CHECKING:
    from collections.abc import Iterator

Axes = tuple[int, ...]
Lengths = Any  # a tuple of integers, None, or a vector that only the graph knows


def _complex_of(dtype: dtypes.DType) -> dtypes.DType:
    return dtypes.complex64 if dtype is dtypes.float32 else dtypes.complex128


def fit(x: np.ndarray, lengths: Any, axes: Axes) -> np.ndarray:
    """Return `x` cut off or filled up with zeros to given lengths along axes."""
    widths = [(0, 0)] * x.ndim
    cut = [slice(None)] * x.ndim
    for axis, length in zip(axes, lengths, strict=True):
        widths[axis] = (0, max(0, length - x.shape[axis]))
        cut[axis] = slice(0, length)
    return np.pad(x[tuple(cut)], widths)


def _known(lengths: Lengths) -> tuple[int, ...] | None:
    """Return the lengths that a kernel is given as numbers."""
    return None if lengths is None else tuple(int(n) for n in lengths)


def _halved(dims: Any, axes: Axes, lengths: Any) -> tuple[Any, ...]:
    """Return the shape of the half spectrum of signals of these lengths."""
    result = list(dims)
    for axis, size in zip(axes, lengths, strict=True):
        result[axis] = size
    if result[axes[-1]]:
        result[axes[-1]] = result[axes[-1]] // 2 + 1
    return tuple(result)


class FourierTransform(Op):
    """The discrete Fourier transform of complex signals along axes, or its inverse."""

    type_name = "FFT"
    allows = "c"
    keeps_inputs = False

    def kernel(self, x: Any, axes: Axes, inverse: bool) -> Any:
        transform = np.fft.ifftn if inverse else np.fft.fftn
        if not x.size:
            return x
        return transform(x, axes=axes).astype(x.dtype, copy=False)

    def infer(self, x: TensorSpec, axes: Axes, inverse: bool) -> TensorSpec:
        return x

    def gradient(self, call: Any, dz: Any) -> Any:
        axes, inverse = call.attrs["axes"], call.attrs["inverse"]
        x = call.inputs[0]
        dims = shape_of(x)
        sizes = [None if dims is None else dims[a] for a in axes]
        if None not in sizes:
            count: Any = math.prod(sizes)
        else:
            lengths = shape_op(x, out_type=dtypes.int32)
            count = cast_(math.prod(lengths[a] for a in axes), x.dtype)
        opposite = fourier(dz, axes=axes, inverse=not inverse)
        return opposite / count if inverse else opposite * count

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(2, 3, 4)) + 1j * rng.normal(size=(2, 3, 4))
        for inverse in (False, True):
            yield Sample(x, axes=(-2, -1), inverse=inverse)


class RealTransform(Op):
    """The Fourier transform of real signals: the half that determines the rest.

    `lengths` says to which lengths the axes are cut or filled; None leaves them.
    """

    type_name = "RFFT"
    keeps_inputs = False

    def kernel(self, x: Any, axes: Axes, lengths: Lengths) -> Any:
        lengths = _known(lengths) or tuple(x.shape[a] for a in axes)
        target = np.complex64 if x.dtype == np.float32 else np.complex128
        if not all(lengths):
            return np.zeros(_halved(x.shape, axes, lengths), target)
        return np.fft.rfftn(fit(x, lengths, axes), axes=axes).astype(target, copy=False)

    def infer(self, x: TensorSpec, axes: Axes, lengths: Lengths) -> TensorSpec:
        dtype = _complex_of(x.dtype)
        if x.dims is None:
            return TensorSpec.of(None, dtype)
        sizes = [x.dims[a] for a in axes]
        if lengths is not None:
            sizes = static_value(lengths) or [None] * len(axes)
        return TensorSpec.of(_halved(x.dims, axes, sizes), dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return real_adjoint(dz, shape=shape_for(call.inputs[0]), **call.attrs)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(2, 3, 5))
        for axes, lengths in (
            ((-1,), None),
            ((-1,), (8,)),
            ((-1,), (3,)),
            ((-2, -1), (4, 4)),
        ):
            yield Sample(x, axes=axes, lengths=lengths)


class RealTransformAdjoint(Op):
    """The adjoint of `RealTransform` for signals of a shape."""

    type_name = "RFFTGrad"
    keeps_inputs = False

    def kernel(self, dz: Any, shape: Any, axes: Axes, lengths: Lengths) -> Any:
        shape = tuple(shape)
        lengths = _known(lengths) or tuple(shape[a] for a in axes)
        if not all(lengths):
            return np.zeros(shape, dz.real.dtype)
        full = fit(dz, lengths, axes)
        count = math.prod(lengths)
        real = np.fft.ifftn(full, axes=axes).real * count
        result = fit(real, [shape[a] for a in axes], axes)
        return result.astype(dz.real.dtype, copy=False)

    def infer(
        self, dz: TensorSpec, shape: Any, axes: Axes, lengths: Lengths
    ) -> TensorSpec:
        return TensorSpec.of(static_value(shape), dz.dtype.real_dtype)

    def gradient(self, call: Any, dx: Any) -> Any:
        attrs = {k: v for k, v in call.attrs.items() if k != "shape"}
        return real_transform(dx, **attrs)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for sample in real_transform.samples(rng):
            dz = real_transform.kernel(sample.inputs[0], **sample.attrs)
            yield Sample(dz, shape=sample.inputs[0].shape, **sample.attrs)


class InverseRealTransform(Op):
    """The real signals whose Fourier transform is given by half; `lengths` long."""

    type_name = "IRFFT"
    keeps_inputs = False

    def kernel(self, x: Any, axes: Axes, lengths: Lengths) -> Any:
        lengths = self.lengths(x.shape, axes, _known(lengths))
        if not all(lengths):
            dims = list(x.shape)
            for axis, size in zip(axes, lengths, strict=True):
                dims[axis] = size
            return np.zeros(dims, x.real.dtype)
        halves = (*lengths[:-1], lengths[-1] // 2 + 1)
        signal = np.fft.irfftn(fit(x, halves, axes), s=lengths, axes=axes)
        return signal.astype(x.real.dtype, copy=False)

    @staticmethod
    def lengths(shape: Any, axes: Axes, lengths: Lengths) -> Any:
        """Return the lengths of the signals: by default the even ones that fit."""
        if lengths is not None:
            return static_value(lengths) or (None,) * len(axes)
        sizes = [shape[a] for a in axes]
        last = None if sizes[-1] is None else max(0, 2 * (sizes[-1] - 1))
        return (*sizes[:-1], last)

    def infer(self, x: TensorSpec, axes: Axes, lengths: Lengths) -> TensorSpec:
        if x.dims is None:
            return TensorSpec.of(None, x.dtype.real_dtype)
        dims = list(x.dims)
        found = self.lengths(x.dims, axes, lengths)
        for axis, length in zip(axes, found, strict=True):
            dims[axis] = length
        return TensorSpec.of(tuple(dims), x.dtype.real_dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        shape = shape_for(call.inputs[0])
        return inverse_real_adjoint(dz, shape=shape, **call.attrs)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(2, 3, 4)) + 1j * rng.normal(size=(2, 3, 4))
        for axes, lengths in (
            ((-1,), None),
            ((-1,), (5,)),
            ((-1,), (12,)),
            ((-2, -1), (4, 6)),
        ):
            yield Sample(x, axes=axes, lengths=lengths)


class InverseRealTransformAdjoint(Op):
    """The adjoint of `InverseRealTransform` for half spectra of a shape."""

    type_name = "IRFFTGrad"
    keeps_inputs = False

    def kernel(self, dz: Any, shape: Any, axes: Axes, lengths: Lengths) -> Any:
        shape = tuple(shape)
        sizes = tuple(dz.shape[a] for a in axes)
        target = np.complex64 if dz.dtype == np.float32 else np.complex128
        if not all(sizes):
            return np.zeros(shape, target)
        half = np.fft.rfftn(dz, axes=axes) / max(1, math.prod(sizes))
        # Each value inside the half spectrum stands for two of the whole.
        weights = np.full(sizes[-1] // 2 + 1, 2.0)
        weights[0] = 1
        if sizes[-1] % 2 == 0:
            weights[-1] = 1
        at = [1] * half.ndim
        at[axes[-1]] = -1
        result = fit(half * weights.reshape(at), [shape[a] for a in axes], axes)
        return result.astype(target, copy=False)

    def infer(
        self, dz: TensorSpec, shape: Any, axes: Axes, lengths: Lengths
    ) -> TensorSpec:
        return TensorSpec.of(static_value(shape), _complex_of(dz.dtype))

    def gradient(self, call: Any, dx: Any) -> Any:
        dz, axes = call.inputs[0], call.attrs["axes"]
        lengths = as_static_shape([size_along(dz, a) for a in axes])
        return inverse_real(dx, axes=call.attrs["axes"], lengths=lengths)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for sample in inverse_real.samples(rng):
            dz = inverse_real.kernel(sample.inputs[0], **sample.attrs)
            yield Sample(dz, shape=sample.inputs[0].shape, **sample.attrs)


fourier = register(FourierTransform)
real_transform = register(RealTransform)
real_adjoint = register(RealTransformAdjoint)
inverse_real = register(InverseRealTransform)
inverse_real_adjoint = register(InverseRealTransformAdjoint)
