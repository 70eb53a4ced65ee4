"""What users call to transform signals: fft, rfft and their kin."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.call import is_symbolic
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.ops.array import as_static_shape
from tensor.ops.families import bracketed, check_kind, shape_of
from tensor.ops.padding import pad_
from tensor.ops.reorder import roll_
from tensor.ops.signal.fourier import (
    Axes,
    Lengths,
    fourier,
    inverse_real,
    real_transform,
)
from tensor.ops.signal.lengths import size_along

if TYPE_CHECKING:
    from collections.abc import Callable


def _check_rank(x: Any, rank: int) -> None:
    dims = shape_of(x)
    if dims is not None and len(dims) < rank:
        raise errors.invalid(
            "FFT", f"Input must have rank of at least {rank} but got: {bracketed(dims)}"
        )


def _check_real_rank(x: Any, rank: int) -> None:
    """Check the rank of signals, or of half spectra.

    Raises:
        ValueError: It is too small.
    """
    if x.ndim is not None and x.ndim < rank:
        raise ValueError(f"Shape {x.shape} must have rank at least {rank}")


def _lengths(fft_length: Any, rank: int) -> Lengths:
    """Return an `fft_length` argument as a tuple, None if it is not given.

    Raises:
        InvalidArgumentError: It has not one length for each axis, or one below 0.
    """
    if fft_length is None:
        return None
    if is_symbolic(fft_length):
        return fft_length
    lengths = np.asarray(fft_length)
    if lengths.shape != (rank,):
        raise errors.invalid(
            "FFT",
            f"fft_length must have shape [{rank}]: Shape of `fft_length` must be "
            f"({rank},), one length for each axis that is transformed. Got "
            f"{fft_length!r}.",
        )
    if (lengths < 0).any():
        raise errors.invalid(
            "FFT",
            f"fft_length[{int(np.argmax(lengths < 0))}] must >= 0, but got: "
            f"{lengths.min()}",
        )
    return tuple(int(n) for n in lengths)


def _adopted(value: Any, dtype: dtypes.DType) -> Any:
    """Return a value as a tensor; NumPy arrays become `dtype`, as in TensorFlow."""
    if isinstance(value, np.ndarray):
        value = value.astype(dtype.numpy_dtype)
    return convert(value, hint=dtype)


def _publish_complex(rank: int) -> None:
    suffix = "" if rank == 1 else f"{rank}d"
    axes = tuple(range(-rank, 0))

    def transform(inverse: bool, name_of_op: str) -> Callable[..., Any]:
        def function(input: Any, name: str | None = None) -> Any:
            is_sequence = not hasattr(input, "dtype") and np.iscomplexobj(input)
            x = convert(input) if is_sequence else _adopted(input, dtypes.complex64)
            check_kind(fourier, x, "c")
            _check_rank(x, rank)
            return fourier(x, axes=axes, inverse=inverse, name=name)

        kind = "Inverse Fourier" if inverse else "Fourier"
        function.__name__ = function.__qualname__ = name_of_op
        function.__doc__ = f"{kind} transform over the last {rank} axes."
        return function

    for name, inverse in ((f"fft{suffix}", False), (f"ifft{suffix}", True)):
        export(f"signal.{name}")(transform(inverse, name))


def check_signal(x: Any) -> None:
    """Check that a signal is one of real numbers.

    Raises:
        ValueError: It is not.
    """
    if x.dtype not in (dtypes.float32, dtypes.float64):
        raise ValueError(f"RFFT requires tf.float32 or tf.float64 inputs, got: {x}")


def check_spectrum(x: Any) -> None:
    """Check that a spectrum is one of complex numbers.

    Raises:
        ValueError: It is not.
    """
    if not x.dtype.is_complex:
        raise ValueError(
            f"IRFFT requires tf.complex64 or tf.complex128 inputs, got: {x}"
        )


def _publish_real(rank: int) -> None:
    suffix = "" if rank == 1 else f"{rank}d"
    axes = tuple(range(-rank, 0))

    def rfft(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Any:
        x = _adopted(input_tensor, dtypes.float32)
        check_signal(x)
        _check_real_rank(x, rank)
        lengths = _lengths(fft_length, rank)
        return real_transform(x, axes=axes, lengths=lengths, name=name)

    def irfft(
        input_tensor: Any, fft_length: Any = None, name: str | None = None
    ) -> Any:
        x = _adopted(input_tensor, dtypes.complex64)
        check_spectrum(x)
        _check_real_rank(x, rank)
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
        paddings[axis][1] = max(0, length - (dims or ())[axis])
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
    return roll_(x, as_static_shape([size_along(x, a) // 2 for a in found]), found)


@export("signal.ifftshift")
def ifftshift(x: Any, axes: Any = None, name: str | None = None) -> Any:
    """Move the zero frequency from the middle back to the front of axes."""
    x = convert(x)
    found = _axes_of(x, axes)
    return roll_(x, as_static_shape([-(size_along(x, a) // 2) for a in found]), found)


def _axes_of(x: Any, axes: Any) -> list[int]:
    """Return which axes to shift, by default all.

    Raises:
        InvalidArgumentError: There is no such axis.
    """
    if axes is None:
        return list(range(x.ndim))
    found = [int(a) for a in np.atleast_1d(np.asarray(axes))]
    for axis in found:
        if x.ndim is not None and not -x.ndim <= axis < x.ndim:
            raise errors.invalid(
                "StridedSlice",
                f"slice index {axis} of dimension 0 out of bounds: the shape is "
                f"{x.shape}",
            )
    return found
