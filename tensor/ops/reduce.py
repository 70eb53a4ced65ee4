"""Reductions: sums, means, extremes and truth along axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes
from tensor.core.convert import convert
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.shapes import canonical_axis
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import (
    as_static_shape,
    ones_like,
    shape_for,
    static_value,
    where,
    zeros_like,
)
from tensor.ops.families import (
    REAL,
    Reduction,
    check_kind,
    expand_reduced,
    reduced_shape,
    shape_of,
    sum_to,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


class ReduceSum(Reduction):
    """Sum of the elements along axes; the sum of nothing is 0."""

    type_name = "Sum"
    names = ("reduce_sum", "math.reduce_sum")
    keeps_inputs = False

    def kernel(self, x: Any, axis: Any, keepdims: bool) -> Any:
        return np.sum(x, axis=axis, keepdims=keepdims, dtype=x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        x = call.inputs[0]
        return broadcast_to(expand_reduced(dz, x, **call.attrs), shape=shape_for(x))


class ReduceMean(Reduction):
    """Mean of the elements along axes; integers divide as Python's `//`."""

    type_name = "Mean"
    names = ("reduce_mean", "math.reduce_mean")
    keeps_inputs = False

    def kernel(self, x: Any, axis: Any, keepdims: bool) -> Any:
        if x.dtype.kind in "iu":
            total = np.sum(x, axis=axis, keepdims=keepdims, dtype=x.dtype)
            count = np.size(x) // max(np.size(total), 1)
            quotient = np.trunc(np.divide(total, count)) if count else total
            return np.asarray(quotient).astype(x.dtype)[()]
        # A mean over nothing is NaN; np.mean would also warn in words.
        total = np.sum(x, axis=axis, keepdims=keepdims, dtype=x.dtype)
        count = _reduced_count(x.shape, axis)
        return np.divide(total, x.dtype.type(count))

    def gradient(self, call: Any, dz: Any) -> Any:
        x = call.inputs[0]
        shape = shape_of(x)
        spread = broadcast_to(expand_reduced(dz, x, **call.attrs), shape=shape_for(x))
        if shape is None or None in shape:
            ones = ones_like(x)
            return spread / expand_reduced(
                reduce_sum(ones, **call.attrs), x, **call.attrs
            )
        count = _reduced_count(shape, call.attrs["axis"])
        return spread * (1.0 / count) if count else spread


def _reduced_count(shape: Any, axis: Any) -> int:
    """Return how many elements each result of a reduction is made of."""
    if axis is None:
        axis = range(len(shape))
    return int(np.prod([shape[a] for a in axis], dtype=np.int64))


class BroadcastTo(Op):
    """x, repeated to a shape."""

    names = ("broadcast_to",)
    kind = "view"
    keeps_inputs = False

    def kernel(self, x: Any, shape: Any) -> Any:
        return np.broadcast_to(x, tuple(shape))

    def infer(self, x: TensorSpec, shape: Any) -> TensorSpec:
        return TensorSpec.of(static_value(shape), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return sum_to(dz, call.inputs[0])

    def public(self, input: Any, shape: Any, name: str | None = None) -> Any:
        return self(convert(input), shape=as_static_shape(shape), name=name)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(1, 3)), shape=(2, 3))
        yield Sample(rng.normal(size=()), shape=(2, 3))


class SumTo(Op):
    """x summed to a shape that broadcasts to its own: undoes broadcasting."""

    kind = "reduction"
    keeps_inputs = False

    def kernel(self, x: Any, shape: Any) -> Any:
        return sum_to(x, np.empty(tuple(shape)))

    def infer(self, x: TensorSpec, shape: Any) -> TensorSpec:
        return TensorSpec.of(static_value(shape), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return broadcast_to(dz, shape=shape_for(call.inputs[0]))

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3)), shape=(1, 3))
        yield Sample(rng.normal(size=(2, 3)), shape=())


class ReshapeLikeReduced(Op):
    """The result of a reduction with its axes back as 1, where shapes are unknown."""

    kind = "view"
    keeps_inputs = False

    def kernel(self, value: Any, x: Any, axis: Any) -> Any:
        return np.reshape(value, reduced_shape(np.shape(x), axis, True))

    def infer(self, value: TensorSpec, x: TensorSpec, axis: Any) -> TensorSpec:
        return TensorSpec.of(reduced_shape(x.dims, axis, True), value.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return reduce_sum(dz, axis=call.attrs["axis"], keepdims=False), None

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2,)), np.zeros((2, 3)), axis=(1,))


class _Extreme(Reduction):
    """The largest or smallest element; tied elements share the gradient equally."""

    allows = REAL
    keeps_output = True
    start: str

    def kernel(self, x: Any, axis: Any, keepdims: bool) -> Any:
        function = np.max if self.start == "min" else np.min
        limit = getattr(dtypes.from_numpy(x.dtype), self.start)
        if x.dtype.kind in "fV":
            limit = -np.inf if self.start == "min" else np.inf
        return function(x, axis=axis, keepdims=keepdims, initial=limit)

    def gradient(self, call: Any, dz: Any) -> Any:
        x = call.inputs[0]
        chosen = x == expand_reduced(call.output, x, **call.attrs)
        mask = where(chosen, ones_like(x), zeros_like(x))
        ties = expand_reduced(reduce_sum(mask, **call.attrs), x, **call.attrs)
        return mask / ties * expand_reduced(dz, x, **call.attrs)


class ReduceMax(_Extreme):
    """The largest element along axes; of nothing, the smallest value of the dtype."""

    type_name = "Max"
    names = ("reduce_max", "math.reduce_max")
    start = "min"


class ReduceMin(_Extreme):
    """The smallest element along axes; of nothing, the largest value of the dtype."""

    type_name = "Min"
    names = ("reduce_min", "math.reduce_min")
    start = "max"


class ArgMax(Op):
    """The index of the largest element along one axis; the first among equals."""

    names = ("argmax", "math.argmax")
    kind = "reduction"
    gradient = NON_DIFFERENTIABLE
    function = staticmethod(np.argmax)

    def kernel(self, x: Any, axis: int, output_type: dtypes.DType) -> Any:
        return self.function(x, axis=axis).astype(output_type.numpy_dtype)

    def infer(self, x: TensorSpec, axis: int, output_type: dtypes.DType) -> TensorSpec:
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
        at = 0 if axis is None else int(axis)
        if x.ndim is not None:
            at = canonical_axis(at, x.ndim)
        return self(x, axis=at, output_type=dtypes.as_dtype(output_type), name=name)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for axis in (0, 1):
            yield Sample(rng.normal(size=(3, 4)), axis=axis, output_type=dtypes.int64)


class ArgMin(ArgMax):
    """The index of the smallest element along one axis; the first among equals."""

    names = ("argmin", "math.argmin")
    function = staticmethod(np.argmin)


reduce_sum = register(ReduceSum)
reduce_mean = register(ReduceMean)
broadcast_to = register(BroadcastTo)
sum_to_op = register(SumTo)
reshape_like_reduced = register(ReshapeLikeReduced)
reduce_max = register(ReduceMax)
reduce_min = register(ReduceMin)
argmax = register(ArgMax)
argmin = register(ArgMin)
