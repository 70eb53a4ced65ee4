"""Lengths of frames and transforms, which may be known only when a graph runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes
from tensor.core.convert import convert
from tensor.core.registry import Op, Sample, register
from tensor.core.shapes import to_text
from tensor.core.tensor import EagerTensor, Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import shape_op
from tensor.ops.array_functions import array_function
from tensor.ops.families import shape_of

if TYPE_CHECKING:
    from collections.abc import Iterator


def length_of(value: Any) -> Any:
    """Return a length or step as a number, or as a symbolic scalar.

    Raises:
        ValueError: It is no scalar.
    """
    given = convert(value, hint=dtypes.int32)
    if given.static_shape not in ((), None):
        raise ValueError(f"Shape {to_text(given.static_shape)} must have rank 0")
    if isinstance(given, EagerTensor):
        return int(given)
    known = given.static_vector()
    return known if isinstance(known, int) else given


def is_number(*lengths: Any) -> bool:
    """Return whether lengths are all known."""
    return not any(isinstance(n, Tensor) for n in lengths)


def size_along(x: Any, axis: int) -> Any:
    """Return the size of a tensor along an axis: a number, or a symbolic scalar."""
    dims = shape_of(x)
    size = None if dims is None else dims[axis]
    return shape_op(x, out_type=dtypes.int32)[axis] if size is None else size


class FitLength(Op):
    """Signals cut off, or filled up with zeros, to a length along the last axis."""

    keeps_inputs = False

    def kernel(self, x: Any, length: Any) -> Any:
        missing = max(0, int(length) - x.shape[-1])
        widths = [(0, 0)] * (x.ndim - 1) + [(0, missing)]
        cut = x[..., : int(length)]
        return np.pad(cut, widths) if missing else cut

    def infer(self, x: TensorSpec, length: Any) -> TensorSpec:
        if x.dims is None:
            return x
        size = length if is_number(length) else None
        return TensorSpec.of((*x.dims[:-1], size), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return fit_length(dz, length=size_along(call.inputs[0], -1))

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for length in (2, 3, 5):
            yield Sample(rng.normal(size=(2, 3)), length=length)


fit_length = register(FitLength)


@array_function(
    "EnclosingPowerOfTwo", lambda _: TensorSpec.of((), dtypes.int32), np.int32(5)
)
def _enclosing(length: Any) -> Any:
    """The smallest power of two that is not below a length."""
    return np.int32(1 << max(0, int(length) - 1).bit_length())


def enclosing_power_of_two(length: Any) -> Any:
    """Return the smallest power of two that is not below a length."""
    return (
        _enclosing(length)
        if not is_number(length)
        else int(_enclosing(np.int32(length)))
    )
