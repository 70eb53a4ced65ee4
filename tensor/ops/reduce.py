"""Reductions: sums, means, extremes and truth along axes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.call import is_symbolic
from tensor.core.convert import convert
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, get_op, register
from tensor.core.shapes import to_brackets
from tensor.core.tensor import Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.ops import row_sums
from tensor.ops.argmax import argmax as argmax, argmin as argmin
from tensor.ops.array import (
    as_static_shape,
    ones_like,
    shape_for,
    static_value,
    where,
    zeros_like,
)
from tensor.ops.cumulative import cumprod
from tensor.ops.families import (
    REAL,
    Reduction,
    expand_reduced,
    reduced_shape,
    shape_of,
    sum_to,
)
from tensor.ops.math.complex_numbers import conj_for_gradient

if TYPE_CHECKING:
    from collections.abc import Iterator


# NumPy's functions np.sum, np.all and np.any end here, after a microsecond of Python.
_add: Any = np.add.reduce
_every: Any = np.logical_and.reduce
_any: Any = np.logical_or.reduce
_largest: Any = np.maximum.reduce
_smallest: Any = np.minimum.reduce


class ReduceSum(Reduction):
    """Sum of the elements along axes; the sum of nothing is 0."""

    type_name = "Sum"
    names = ("reduce_sum", "math.reduce_sum")
    keeps_inputs = False

    def kernel(self, x: Any, axis: Any, keepdims: bool) -> Any:
        return total(x, axis, keepdims)

    def gradient(self, call: Any, dz: Any) -> Any:
        x = call.inputs[0]
        return broadcast_to(expand_reduced(dz, x, **call.attrs), shape=shape_for(x))


def total(x: Any, axis: Any, keepdims: bool) -> Any:
    """Return the sum along axes in the dtype of x; half precision adds up in single."""
    if x.dtype.itemsize == 2 and x.dtype.kind in "fV":
        wide = np.sum(x, axis=axis, keepdims=keepdims, dtype=np.float32)
        return wide.astype(x.dtype)
    if row_sums.applies(x, axis):
        sums = row_sums.sum_rows(x, len(axis))
        return sums.reshape((1,) * len(axis) + sums.shape) if keepdims else sums
    if row_sums.applies_trailing(x, axis):
        sums = row_sums.sum_trailing(x, x.ndim if axis is None else len(axis))
        return sums.reshape(reduced_shape(x.shape, axis, True)) if keepdims else sums
    return _add(x, axis=axis, keepdims=keepdims, dtype=x.dtype)


class ReduceMean(Reduction):
    """Mean of the elements along axes; that of integers is rounded towards zero."""

    type_name = "Mean"
    names = ("reduce_mean", "math.reduce_mean")
    keeps_inputs = False

    def kernel(self, x: Any, axis: Any, keepdims: bool) -> Any:
        count = reduced_count(x.shape, axis)
        if x.dtype.kind in "iu":
            whole = np.sum(x, axis=axis, keepdims=keepdims, dtype=np.int64)
            quotient = np.abs(whole) // max(count, 1) * np.sign(whole)
            return quotient.astype(x.dtype)
        if x.dtype.itemsize == 2:
            whole = np.sum(x, axis=axis, keepdims=keepdims, dtype=np.float32)
            return (whole / np.float32(count)).astype(x.dtype)
        # A mean over nothing is NaN; np.mean would also warn in words.
        return total(x, axis, keepdims) / x.dtype.type(count)

    def gradient(self, call: Any, dz: Any) -> Any:
        x = call.inputs[0]
        shape = shape_of(x)
        spread = broadcast_to(expand_reduced(dz, x, **call.attrs), shape=shape_for(x))
        if shape is None or None in shape:
            ones = ones_like(x)
            return spread / expand_reduced(
                reduce_sum(ones, **call.attrs), x, **call.attrs
            )
        count = reduced_count(shape, call.attrs["axis"])
        return spread * (1.0 / count) if count else spread


def reduced_count(shape: Any, axis: Any) -> int:
    """Return how many elements each result of a reduction is made of."""
    if axis is None:
        axis = range(len(shape))
    return math.prod(shape[a] for a in axis)


class BroadcastTo(Op):
    """x, repeated to a shape."""

    names = ("broadcast_to",)
    kind = "view"
    keeps_inputs = False

    def kernel(self, x: Any, shape: Any) -> Any:
        return np.broadcast_to(x, tuple(shape))

    def infer(self, x: TensorSpec, shape: Any) -> TensorSpec:
        dims = static_value(shape)
        if dims is not None and x.dims is not None and is_symbolic(shape):
            # A dimension that is not 1 stays as it is.
            own = (None,) * (len(dims) - len(x.dims)) + x.dims
            dims = tuple(
                o if d is None and o != 1 else d for d, o in zip(dims, own, strict=True)
            )
        return TensorSpec.of(dims, x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return sum_to(dz, call.inputs[0])

    def public(self, input: Any, shape: Any, name: str | None = None) -> Any:
        x, target = convert(input), as_static_shape(shape)
        if isinstance(target, tuple) and np.ndim(shape) != 1:
            raise errors.invalid(
                self.type_name,
                "shape must be a vector of {int32,int64}, got shape "
                f"{to_brackets(np.shape(shape))}",
            )
        if isinstance(target, tuple) and any(d < 0 for d in target):
            raise errors.invalid(
                self.type_name, f"Dimension {min(target)} must be >= 0"
            )
        dims = x.static_shape
        if isinstance(target, tuple) and dims is not None:
            if len(dims) > len(target):
                raise errors.invalid(
                    self.type_name,
                    f"Rank of input ({len(dims)}) must be no greater than rank of "
                    f"output shape ({len(target)}).",
                )
            pairs = zip(dims[::-1], target[::-1], strict=False)
            if any(d not in (None, 1, t) for d, t in pairs):
                raise errors.invalid(
                    self.type_name,
                    f"Incompatible shapes: {to_brackets(dims)} vs. "
                    f"{to_brackets(target)}: Dimensions must be equal",
                )
        return self(x, shape=target, name=name)

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
        function = _largest if self.start == "min" else _smallest
        if np.size(x):
            return function(x, axis=axis, keepdims=keepdims)
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


class ReduceProd(Reduction):
    """Product of the elements along axes; the product of nothing is 1."""

    type_name = "Prod"
    names = ("reduce_prod", "math.reduce_prod")

    def kernel(self, x: Any, axis: Any, keepdims: bool) -> Any:
        if x.dtype.itemsize == 2 and x.dtype.kind in "fV":
            wide = np.prod(x, axis=axis, keepdims=keepdims, dtype=np.float32)
            return wide.astype(x.dtype)
        return np.prod(x, axis=axis, keepdims=keepdims, dtype=x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        # The product of all others is made of products from both ends: dividing the
        # whole product by x would fail where x is 0.
        x = conj_for_gradient(call.inputs[0])
        shape = shape_of(x)
        axes = call.attrs["axis"]
        if axes is None and shape is None:
            flat = get_op("Reshape")(x, shape=(-1,))
            slopes = get_op("Reshape")(dz, shape=(1,)) * _product_of_others(flat, 0)
            shape_vector = get_op("Shape")(x, out_type=dtypes.int32)
            return get_op("Reshape")(slopes, shape=shape_vector)
        slope = expand_reduced(dz, x, **call.attrs)
        for axis in range(len(shape or ())) if axes is None else axes:
            slope = slope * _product_of_others(x, axis)
            x = reduce_prod(x, axis=(axis,), keepdims=True)
        return slope


def _product_of_others(x: Any, axis: int) -> Any:
    before = cumprod(x, axis=axis, exclusive=True, reverse=False)
    after = cumprod(x, axis=axis, exclusive=True, reverse=True)
    return before * after


class _Truth(Reduction):
    """A statement about booleans along axes."""

    allows = "b"
    gradient = NON_DIFFERENTIABLE

    def public(
        self,
        input_tensor: Any,
        axis: Any = None,
        keepdims: bool = False,
        name: str | None = None,
    ) -> Any:
        # Arrays, unlike tensors, are cast: what is not 0 is true.
        is_tensor = isinstance(input_tensor, Tensor) or hasattr(
            input_tensor, "read_for_op"
        )
        x = convert(input_tensor, None if is_tensor else dtypes.bool_)
        if not x.dtype.is_bool:
            raise errors.invalid(
                self.type_name,
                f"cannot compute {self.type_name} as input #0(zero-based) was expected "
                f"to be a bool tensor but is a {dtypes.short_name(x.dtype)} tensor. "
                "Compare it with something, or convert it with tf.cast.",
            )
        return super().public(x, axis, keepdims, name)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for sample in super().samples(rng):
            yield Sample(sample.inputs[0] > 0, **sample.attrs)


class ReduceAll(_Truth):
    """Whether all elements along axes are true; of no elements, True."""

    type_name = "All"
    names = ("reduce_all", "math.reduce_all")

    def kernel(self, x: Any, axis: Any, keepdims: bool) -> Any:
        return _every(x, axis=axis, keepdims=keepdims)


class ReduceAny(_Truth):
    """Whether any element along axes is true; of no elements, False."""

    type_name = "Any"
    names = ("reduce_any", "math.reduce_any")

    def kernel(self, x: Any, axis: Any, keepdims: bool) -> Any:
        return _any(x, axis=axis, keepdims=keepdims)


class EuclideanNorm(Reduction):
    """The square root of the sum of |x|² along axes."""

    names = ("math.reduce_euclidean_norm",)
    keeps_output = True

    def kernel(self, x: Any, axis: Any, keepdims: bool) -> Any:
        squares = x * x.conj() if x.dtype.kind == "c" else x * x
        norm = np.sqrt(total(squares, axis, keepdims))
        return norm.astype(x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        # 0 / 0 at the origin, where the norm has no slope: NaN, as in TensorFlow.
        x = call.inputs[0]
        norm = expand_reduced(call.output, x, **call.attrs)
        return x * (expand_reduced(dz, x, **call.attrs) / norm)


reduce_sum = register(ReduceSum)
reduce_mean = register(ReduceMean)
broadcast_to = register(BroadcastTo)
sum_to_op = register(SumTo)
reshape_like_reduced = register(ReshapeLikeReduced)
reduce_max = register(ReduceMax)
reduce_min = register(ReduceMin)
reduce_prod = register(ReduceProd)
reduce_all = register(ReduceAll)
reduce_any = register(ReduceAny)
euclidean_norm = register(EuclideanNorm)
