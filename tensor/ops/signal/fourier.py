"""Fourier transforms of complex and real signals.

Every transform is linear, so its gradient is its adjoint. That of a complex transform
is the opposite transform, scaled; the adjoints of the real ones are ops of their own,
whose gradients lead back.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import shape_for, shape_op, static_value
from tensor.ops.casting import cast_
from tensor.ops.families import bracketed, check_kind, shape_of
from tensor.ops.padding import pad_
from tensor.ops.reorder import roll_

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Axes = tuple[int, ...]
Lengths = tuple[int, ...] | None


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
        lengths = lengths or tuple(x.shape[a] for a in axes)
        target = np.complex64 if x.dtype == np.float32 else np.complex128
        return np.fft.rfftn(fit(x, lengths, axes), axes=axes).astype(target, copy=False)

    def infer(self, x: TensorSpec, axes: Axes, lengths: Lengths) -> TensorSpec:
        dtype = _complex_of(x.dtype)
        if x.dims is None:
            return TensorSpec.of(None, dtype)
        dims = list(x.dims)
        for i, axis in enumerate(axes):
            size = dims[axis] if lengths is None else lengths[i]
            is_last = i == len(axes) - 1
            dims[axis] = size // 2 + 1 if is_last and size is not None else size
        return TensorSpec.of(tuple(dims), dtype)

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
        lengths = lengths or tuple(shape[a] for a in axes)
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
        lengths = self.lengths(x.shape, axes, lengths)
        halves = (*lengths[:-1], lengths[-1] // 2 + 1)
        signal = np.fft.irfftn(fit(x, halves, axes), s=lengths, axes=axes)
        return signal.astype(x.real.dtype, copy=False)

    @staticmethod
    def lengths(shape: Any, axes: Axes, lengths: Lengths) -> Any:
        """Return the lengths of the signals: by default the even ones that fit."""
        if lengths is not None:
            return lengths
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
        half = np.fft.rfftn(dz, axes=axes) / max(1, math.prod(sizes))
        # Each value inside the half spectrum stands for two of the whole.
        weights = np.full(sizes[-1] // 2 + 1, 2.0)
        weights[0] = 1
        if sizes[-1] % 2 == 0:
            weights[-1] = 1
        at = [1] * half.ndim
        at[axes[-1]] = -1
        result = fit(half * weights.reshape(at), [shape[a] for a in axes], axes)
        target = np.complex64 if dz.dtype == np.float32 else np.complex128
        return result.astype(target, copy=False)

    def infer(
        self, dz: TensorSpec, shape: Any, axes: Axes, lengths: Lengths
    ) -> TensorSpec:
        return TensorSpec.of(static_value(shape), _complex_of(dz.dtype))

    def gradient(self, call: Any, dx: Any) -> Any:
        lengths = tuple((shape_of(call.inputs[0]) or ())[a] for a in call.attrs["axes"])
        if None in lengths:
            raise NotImplementedError("The gradient of an FFT needs known lengths.")
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


def _check_rank(x: Any, rank: int) -> None:
    dims = shape_of(x)
    if dims is not None and len(dims) < rank:
        raise errors.invalid(
            "FFT", f"Input must have rank of at least {rank} but got: {bracketed(dims)}"
        )


def _lengths(fft_length: Any, rank: int) -> Lengths:
    """Return an `fft_length` argument as a tuple, None if it is not given."""
    if fft_length is None:
        return None
    lengths = np.asarray(fft_length)
    if lengths.shape != (rank,):
        raise ValueError(
            f"Shape of `fft_length` must be ({rank},): one length for each axis that "
            f"is transformed. Got {fft_length!r}."
        )
    return tuple(int(n) for n in lengths)


def _publish_complex(rank: int) -> None:
    suffix = "" if rank == 1 else f"{rank}d"
    axes = tuple(range(-rank, 0))

    def transform(inverse: bool, name_of_op: str) -> Callable[..., Any]:
        def function(input: Any, name: str | None = None) -> Any:
            x = convert(input)
            check_kind(fourier, x, "c")
            _check_rank(x, rank)
            return fourier(x, axes=axes, inverse=inverse, name=name)

        kind = "Inverse Fourier" if inverse else "Fourier"
        function.__name__ = function.__qualname__ = name_of_op
        function.__doc__ = f"{kind} transform over the last {rank} axes."
        return function

    for name, inverse in ((f"fft{suffix}", False), (f"ifft{suffix}", True)):
        export(f"signal.{name}")(transform(inverse, name))


def _publish_real(rank: int) -> None:
    suffix = "" if rank == 1 else f"{rank}d"
    axes = tuple(range(-rank, 0))

    def rfft(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Any:
        x = convert(input_tensor)
        if x.dtype.name not in ("float32", "float64"):
            raise ValueError(
                f"RFFT requires tf.float32 or tf.float64 inputs, got: {input_tensor}"
            )
        _check_rank(x, rank)
        lengths = _lengths(fft_length, rank)
        return real_transform(x, axes=axes, lengths=lengths, name=name)

    def irfft(
        input_tensor: Any, fft_length: Any = None, name: str | None = None
    ) -> Any:
        x = convert(input_tensor)
        if not x.dtype.is_complex:
            raise ValueError(
                "IRFFT requires tf.complex64 or tf.complex128 inputs, got: "
                f"{input_tensor}"
            )
        _check_rank(x, rank)
        lengths = _lengths(fft_length, rank)
        return inverse_real(x, axes=axes, lengths=lengths, name=name)

    rfft.__doc__ = (
        f"Fourier transform of real signals over the last {rank} axes.\n\n"
        "Only the half that determines the rest is returned. `fft_length` cuts the\n"
        "signals, or fills them up with zeros, first."
    )
    irfft.__doc__ = (
        f"The real signals, over the last {rank} axes, with a given transform.\n\n"
        "`fft_length` is the length of the signals; by default the even length that\n"
        "fits the half spectrum."
    )
    for function, name in ((rfft, f"rfft{suffix}"), (irfft, f"irfft{suffix}")):
        function.__name__ = function.__qualname__ = name
        export(f"signal.{name}")(function)


for _rank in (1, 2, 3):
    _publish_complex(_rank)
    _publish_real(_rank)


def _nd(x: Any, fft_length: Any, axes: Any, norm: str | None) -> tuple[Axes, Lengths]:
    """Return axes and lengths of a transform over any axes.

    Raises:
        ValueError: The norm is unknown, or lengths and axes do not pair up.
    """
    if norm not in (None, "backward", "ortho", "forward"):
        raise ValueError(
            f"`norm` must be None, 'backward', 'ortho' or 'forward', got {norm!r}."
        )
    rank = x.ndim
    if axes is None:
        count = rank if fft_length is None else len(fft_length)
        found = tuple(range(-count, 0))
    else:
        found = tuple(int(a) - rank if a >= 0 else int(a) for a in axes)
    return found, _lengths(fft_length, len(found))


def _scale(norm: str | None, count: int, inverse: bool) -> float:
    """Return the factor that a norm adds to NumPy's backward convention."""
    if norm == "ortho":
        return math.sqrt(count) if inverse else 1 / math.sqrt(count)
    if norm == "forward":
        return count if inverse else 1 / count
    return 1.0


def _fit_tensor(x: Any, lengths: Lengths, axes: Axes) -> Any:
    """Return a tensor cut off or filled up to given lengths along axes."""
    if lengths is None:
        return x
    dims = shape_of(x)
    paddings = [[0, 0] for _ in dims or ()]
    cut = [slice(None)] * len(dims or ())
    for axis, length in zip(axes, lengths, strict=True):
        paddings[axis][1] = max(0, length - (dims or ())[axis])  # type: ignore[operator]
        cut[axis] = slice(0, length)
    return pad_(x[tuple(cut)], paddings)


def _complex_nd(
    input_tensor: Any, fft_length: Any, axes: Any, norm: str | None, inverse: bool
) -> Any:
    x = convert(input_tensor)
    check_kind(fourier, x, "c")
    found, lengths = _nd(x, fft_length, axes, norm)
    x = _fit_tensor(x, lengths, found)
    count = math.prod((shape_of(x) or ())[a] or 1 for a in found)
    factor = _scale(norm, count, inverse)
    result = fourier(x, axes=found, inverse=inverse)
    return result if factor == 1 else result * factor


@export("signal.fftnd", "fftnd")
def fftnd(
    input_tensor: Any,
    fft_length: Any = None,
    axes: Any = None,
    norm: str | None = None,
    name: str | None = None,
) -> Any:
    """Fourier transform over any axes; `norm` is None, "ortho" or "forward"."""
    return _complex_nd(input_tensor, fft_length, axes, norm, inverse=False)


@export("signal.ifftnd", "ifftnd")
def ifftnd(
    input_tensor: Any,
    fft_length: Any = None,
    axes: Any = None,
    norm: str | None = None,
    name: str | None = None,
) -> Any:
    """Inverse Fourier transform over any axes; `norm` as that of the transform."""
    return _complex_nd(input_tensor, fft_length, axes, norm, inverse=True)


@export("signal.rfftnd", "rfftnd")
def rfftnd(
    input_tensor: Any,
    fft_length: Any = None,
    axes: Any = None,
    norm: str | None = None,
    name: str | None = None,
) -> Any:
    """Fourier transform of real signals over any axes: half of the last one."""
    x = convert(input_tensor)
    found, lengths = _nd(x, fft_length, axes, norm)
    result = real_transform(x, axes=found, lengths=lengths, name=name)
    sizes = lengths or tuple((shape_of(x) or ())[a] or 1 for a in found)
    factor = _scale(norm, math.prod(sizes), inverse=False)
    return result if factor == 1 else result * factor


@export("signal.irfftnd", "irfftnd")
def irfftnd(
    input_tensor: Any,
    fft_length: Any = None,
    axes: Any = None,
    norm: str | None = None,
    name: str | None = None,
) -> Any:
    """The real signals, over any axes, with a given transform."""
    x = convert(input_tensor)
    found, lengths = _nd(x, fft_length, axes, norm)
    result = inverse_real(x, axes=found, lengths=lengths, name=name)
    count = math.prod((shape_of(result) or ())[a] or 1 for a in found)
    factor = _scale(norm, count, inverse=True)
    return result if factor == 1 else result * factor


@export("signal.fftshift")
def fftshift(x: Any, axes: Any = None, name: str | None = None) -> Any:
    """Move the zero frequency from the front to the middle of axes."""
    x = convert(x)
    found = _axes_of(x, axes)
    return roll_(x, [(shape_of(x) or ())[a] // 2 for a in found], found)  # type: ignore[operator]


@export("signal.ifftshift")
def ifftshift(x: Any, axes: Any = None, name: str | None = None) -> Any:
    """Move the zero frequency from the middle back to the front of axes."""
    x = convert(x)
    found = _axes_of(x, axes)
    return roll_(x, [-((shape_of(x) or ())[a] // 2) for a in found], found)  # type: ignore[operator]


def _axes_of(x: Any, axes: Any) -> list[int]:
    if axes is None:
        return list(range(x.ndim))
    return [int(a) for a in np.atleast_1d(np.asarray(axes))]
