"""Where the largest or smallest element is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.call import is_symbolic
from tensor.core.convert import convert
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.families import (
    REAL,
    bracketed,
    check_kind,
    known_or_symbolic,
    reduced_shape,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


class ArgMax(Op):
    """The index of the largest element along one axis; the first among equals."""

    names = ("argmax", "math.argmax")
    kind = "reduction"
    gradient = NON_DIFFERENTIABLE
    function: Any = staticmethod(np.argmax)
    worst = -np.inf

    def kernel(self, x: Any, axis: Any, output_type: dtypes.DType) -> Any:
        axis = int(axis)
        if x.shape[axis] == 0:
            raise errors.invalid(
                self.type_name,
                f"Reduction axis {axis} is empty in shape {bracketed(x.shape)}",
            )
        index = self.function(x, axis=axis)
        if x.dtype.kind in "fV":
            # NumPy stops at the first NaN; TensorFlow passes over them.
            found = np.take_along_axis(x, np.expand_dims(index, axis), axis)
            if np.isnan(found).any():
                known = np.where(np.isnan(x), x.dtype.type(self.worst), x)
                index = self.function(known, axis=axis)
        return index.astype(output_type.numpy_dtype)

    def infer(self, x: TensorSpec, axis: Any, output_type: dtypes.DType) -> TensorSpec:
        if is_symbolic(axis):
            dims = None if x.dims is None else (None,) * (len(x.dims) - 1)
            return TensorSpec.of(dims, output_type)
        return TensorSpec.of(reduced_shape(x.dims, (axis,), False), output_type)

    def public(
        self,
        input: Any,  # TensorFlow's name
        axis: Any = None,
        output_type: Any = dtypes.int64,
        name: str | None = None,
    ) -> Any:
        x = convert(input)
        check_kind(self, x, REAL + "b")
        output_type = dtypes.as_dtype(output_type)
        if output_type.name not in ("int16", "uint16", "int32", "int64"):
            raise errors.invalid(
                self.type_name,
                f"Value for attr 'output_type' of {dtypes.short_name(output_type)} is "
                "not in the list of allowed values: int16, uint16, int32, int64",
            )
        at = 0 if axis is None else known_or_symbolic(axis)
        if is_symbolic(at):
            return self(x, axis=at, output_type=output_type, name=name)
        if np.ndim(at) or np.asarray(at).dtype.kind not in "iu":
            raise TypeError(
                f"axis must be int or Tensor with integer datatype, got {axis!r}"
            )
        at = int(at)
        rank = x.ndim
        if rank is not None and not -rank <= at < rank:
            raise errors.invalid(
                self.type_name,
                f"Expected dimension in the range [{-rank}, {rank}), but got {at}",
            )
        at = at + rank if rank is not None and at < 0 else at
        return self(x, axis=at, output_type=output_type, name=name)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for axis in (0, 1):
            yield Sample(rng.normal(size=(3, 4)), axis=axis, output_type=dtypes.int64)


class ArgMin(ArgMax):
    """The index of the smallest element along one axis; the first among equals."""

    names = ("argmin", "math.argmin")
    function = staticmethod(np.argmin)
    worst = np.inf


argmax = register(ArgMax)
argmin = register(ArgMin)
