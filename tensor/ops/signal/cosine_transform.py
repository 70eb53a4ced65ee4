"""The discrete cosine transform as one op: a linear map along the last axis.

With c(t) = cos(pi t), over N elements:

    I    y[k] = x[0] + c(k) x[N-1] + 2 sum over 0 < n < N-1 of x[n] c(n k / (N-1))
    II   y[k] = 2 sum of x[n] c((2n+1) k / 2N)
    III  y[k] = x[0] + 2 sum over n > 0 of x[n] c(n (2k+1) / 2N)
    IV   y[k] = 2 sum of x[n] c((2n+1) (2k+1) / 4N)

All are computed by Fourier transforms of twice the length.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.registry import Op, Sample, register

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensor.core.tensor_spec import TensorSpec


def _turns(phases: np.ndarray, like: np.ndarray) -> np.ndarray:
    """Return exp(-i pi phases), complex numbers as precise as `like`."""
    return np.exp(-1j * np.pi * phases).astype(np.result_type(like, np.complex64))


def _ends(size: int, first: float, rest: float, last: float) -> np.ndarray:
    """Return weights of which the first and the last are special."""
    weights = np.full(size, rest)
    weights[0], weights[-1] = first, last
    return weights


def _type_1(x: np.ndarray) -> np.ndarray:
    whole = np.concatenate([x, x[..., -2:0:-1]], axis=-1)
    return np.fft.rfft(whole).real


def _type_2(x: np.ndarray) -> np.ndarray:
    size = x.shape[-1]
    spectrum = np.fft.rfft(x, 2 * size)[..., :size]
    return 2 * (spectrum * _turns(np.arange(size) / (2 * size), x)).real


def _type_3(x: np.ndarray) -> np.ndarray:
    size = x.shape[-1]
    turned = x * _turns(np.arange(size) / (2 * size), x)
    return 2 * np.fft.fft(turned, 2 * size)[..., :size].real - x[..., :1]


def _type_4(x: np.ndarray) -> np.ndarray:
    size = x.shape[-1]
    places = np.arange(size)
    turned = x * _turns((2 * places + 1) / (4 * size), x)
    spectrum = np.fft.fft(turned, 2 * size)[..., :size]
    return 2 * (spectrum * _turns(places / (2 * size), x)).real


_TYPES = {1: _type_1, 2: _type_2, 3: _type_3, 4: _type_4}


def _weights(
    size: int, form: int, is_orthogonal: bool, transposed: bool
) -> tuple[int, Any, Any]:
    """Return the transform that a map is made of, and weights before and after it.

    Types I and IV are their own transposes, II and III each other's, but for the weight
    of the first element, and of the last in type I.
    """
    if is_orthogonal:
        form = {2: 3, 3: 2}.get(form, form) if transposed else form
        rest = math.sqrt(0.5 / size)
        weights = _ends(size, rest, rest, rest)
        weights[0] *= {2: math.sqrt(0.5), 3: math.sqrt(2)}.get(form, 1)
        return (form, weights, 1) if form == 3 else (form, 1, weights)
    if not transposed or form == 4:
        return form, 1, 1
    if form == 1:
        return 1, _ends(size, 1, 0.5, 1), _ends(size, 1, 2, 1)
    first = np.ones(size)
    first[0] = 2 if form == 2 else 0.5
    return (3, first, 1) if form == 2 else (2, 1, first)


class CosineTransform(Op):
    """A discrete cosine transform along the last axis, or its transpose."""

    type_name = "DCT"
    keeps_inputs = False

    def kernel(self, x: Any, form: int, is_orthogonal: bool, transposed: bool) -> Any:
        size = x.shape[-1]
        if not size:
            return x
        form, before, after = _weights(size, form, is_orthogonal, transposed)
        z = _TYPES[form]((x * before).astype(x.dtype, copy=False)) * after
        return z.astype(x.dtype, copy=False)

    def infer(self, x: TensorSpec, **attrs: Any) -> TensorSpec:
        return x

    def gradient(self, call: Any, dz: Any) -> Any:
        attrs = call.attrs | {"transposed": not call.attrs["transposed"]}
        return cosine_transform(dz, **attrs)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for form in _TYPES:
            for is_orthogonal in (False, True)[: 1 if form == 1 else 2]:
                attrs = {"form": form, "is_orthogonal": is_orthogonal}
                x = rng.normal(size=(2, 4 + form))
                yield Sample(x, **attrs, transposed=False)
                yield Sample(x, **attrs, transposed=True)


cosine_transform = register(CosineTransform)
