"""Sums, products, signs and extremes, element by element, and sums of many tensors."""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.call import is_symbolic
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.indexed_slices import IndexedSlices
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, register
from tensor.core.shape_algebra import mismatch
from tensor.core.shapes import TensorShape, are_compatible, merge, to_text
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import cast, identity, where, zeros_like
from tensor.ops.families import (
    NUMERIC,
    REAL,
    BinaryElementwise,
    UnaryElementwise,
    bracketed,
    check_kind,
    dtype_kind,
    operands,
    shape_of,
    sum_to,
)
from tensor.ops.joining import unstack
from tensor.ops.math.complex_numbers import (
    conj,
    conj_for_gradient,
    dtype_of,
    real_op,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

# TensorFlow has no negative or absolute value of unsigned integers.
SIGNED = "ifVc"


def _plus(x: Any, y: Any) -> Any:
    """Return x + y; the sum of two single strings is an array too."""
    z = x + y
    return np.array(z, object) if type(z) is bytes else z


class Add(BinaryElementwise):
    """Sum, element by element, broadcasting as NumPy does; strings are joined."""

    type_name = "AddV2"
    names = ("add", "math.add")
    ufunc = np.add
    operator = staticmethod(_plus)
    allows = NUMERIC + "O"
    keeps_inputs = False

    def gradient(self, call: Any, dz: Any) -> Any:
        x, y = call.inputs
        wants_x, wants_y = call.wants
        return (
            sum_to(dz, x) if wants_x else None,
            sum_to(dz, y) if wants_y else None,
        )


class Subtract(BinaryElementwise):
    """Difference x - y, element by element, broadcasting as NumPy does."""

    type_name = "Sub"
    names = ("subtract", "math.subtract")
    ufunc = np.subtract
    operator = operator.sub
    keeps_inputs = False

    def gradient(self, call: Any, dz: Any) -> Any:
        x, y = call.inputs
        wants_x, wants_y = call.wants
        return (
            sum_to(dz, x) if wants_x else None,
            sum_to(-dz, y) if wants_y else None,
        )


class Multiply(BinaryElementwise):
    """Product, element by element, broadcasting as NumPy does."""

    type_name = "Mul"
    names = ("multiply", "math.multiply")
    ufunc = np.multiply
    operator = operator.mul

    def gradient(self, call: Any, dz: Any) -> Any:
        x, y = call.inputs
        wants_x, wants_y = call.wants
        return (
            sum_to(dz * conj_for_gradient(y), x) if wants_x else None,
            sum_to(dz * conj_for_gradient(x), y) if wants_y else None,
        )


class SquaredDifference(BinaryElementwise):
    """(x - y)², element by element; of complex numbers, |x - y|²."""

    names = ("math.squared_difference",)

    def kernel(self, x: Any, y: Any, out: Any = None) -> Any:
        difference = np.subtract(x, y) if out is None else np.subtract(x, y, out=out)
        if difference.dtype.kind == "c":
            return np.multiply(difference, difference.conj(), out=out)
        return difference * difference if out is None else np.square(out, out=out)

    def gradient(self, call: Any, dz: Any) -> Any:
        x, y = call.inputs
        wants_x, wants_y = call.wants
        slope = dz * ((x - y) * 2)
        return (
            sum_to(slope, x) if wants_x else None,
            sum_to(-slope, y) if wants_y else None,
        )


class Negative(UnaryElementwise):
    """Minus x, element by element."""

    type_name = "Neg"
    names = ("negative", "math.negative")
    ufunc = np.negative
    operator = operator.neg
    allows = SIGNED
    keeps_inputs = False

    def gradient(self, call: Any, dz: Any) -> Any:
        return -dz


class Absolute(UnaryElementwise):
    """Absolute value, element by element; of complex numbers, the magnitude."""

    type_name = "Abs"
    names = ("abs", "math.abs")
    ufunc = np.absolute
    allows = SIGNED

    def infer(self, x: TensorSpec) -> TensorSpec:
        return TensorSpec.of(x.dims, x.dtype.real_dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        # The slope at 0 is 0, as in TensorFlow.
        x = call.inputs[0]
        if dtype_kind(x) == "c":
            return cast(dz, dtype=dtype_of(x)) * sign(x)
        return dz * sign(x)


class Sign(UnaryElementwise):
    """-1, 0 or 1 by the sign of x; for complex x, x / |x|."""

    names = ("sign", "math.sign")
    ufunc = np.sign
    allows = SIGNED

    def gradient(self, call: Any, dz: Any) -> Any:
        x = call.inputs[0]
        if dtype_kind(x) != "c":
            return zeros_like(dz)
        z, dtype = sign(x), dtype_of(x)
        along = cast(real_op(dz * conj(z)), dtype=dtype)  # changes the size, not z
        is_zero = x == 0
        size = where(is_zero, zeros_like(x) + 1, cast(absolute(x), dtype=dtype))
        return where(is_zero, zeros_like(dz), (dz - along * z) / size)


class Maximum(BinaryElementwise):
    """The larger of x and y, element by element; NaN if either is."""

    names = ("maximum", "math.maximum")
    ufunc = np.maximum
    allows = REAL

    def gradient(self, call: Any, dz: Any) -> Any:
        # At a tie the gradient goes to x, as in TensorFlow.
        return _choose(call, dz, call.inputs[0] >= call.inputs[1])


class Minimum(BinaryElementwise):
    """The smaller of x and y, element by element; NaN if either is."""

    names = ("minimum", "math.minimum")
    ufunc = np.minimum
    allows = REAL

    def gradient(self, call: Any, dz: Any) -> Any:
        return _choose(call, dz, call.inputs[0] <= call.inputs[1])


def _choose(call: Any, dz: Any, takes_x: Any) -> Any:
    x, y = call.inputs
    wants_x, wants_y = call.wants
    zeros = zeros_like(dz)
    return (
        sum_to(where(takes_x, dz, zeros), x) if wants_x else None,
        sum_to(where(takes_x, zeros, dz), y) if wants_y else None,
    )


class AddN(Op):
    """Sum of several tensors of one shape and dtype."""

    kind = "elementwise"
    allows = NUMERIC
    keeps_inputs = False

    def kernel(self, *values: Any) -> Any:
        if len(values) == 1:
            return values[0]
        total = values[0] + values[1]
        for v in values[2:]:
            total += v
        return total

    def infer(self, *values: TensorSpec) -> TensorSpec:
        dims = functools.reduce(merge, [v.dims for v in values])
        return TensorSpec.of(dims, values[0].dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return (dz,) * len(call.inputs)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(*rng.normal(size=(3, 2, 2)))
        yield Sample(rng.normal(size=()))


add = register(Add)
subtract = register(Subtract)
multiply = register(Multiply)
squared_difference = register(SquaredDifference)
negative = register(Negative)
absolute = register(Absolute)
sign = register(Sign)
maximum = register(Maximum)
minimum = register(Minimum)
add_n_op = register(AddN)


def _tensors_of_one_dtype(inputs: Any) -> list[Any]:
    values = unstack(inputs) if is_symbolic(inputs) else list(inputs)
    dense = [v.to_dense() if isinstance(v, IndexedSlices) else v for v in values]
    dtype = next((v.dtype for v in dense if hasattr(v, "static_shape")), None)
    tensors = [
        convert(v) if hasattr(v, "static_shape") or dtype is None else convert(v, dtype)
        for v in dense
    ]
    for t in tensors[1:]:
        if t.dtype is not tensors[0].dtype:
            operands(add_n_op, tensors[0], t)  # raises, naming both dtypes
    return tensors


@export("add_n", "math.add_n")
@takes_composites
def add_n(inputs: Any, name: str | None = None) -> Any:
    """Return the sum of a list of tensors of one shape and dtype; nothing broadcasts.

    Raises:
        ValueError: `inputs` is empty.
        InvalidArgumentError: Shapes or dtypes differ.
    """
    if not hasattr(inputs, "static_shape") and not list(inputs):
        raise ValueError(
            "Inputs must be an iterable of at least one Tensor/IndexedSlices with the "
            "same dtype and shape."
        )
    tensors = _tensors_of_one_dtype(inputs)
    check_kind(add_n_op, tensors[0], NUMERIC)
    first = shape_of(tensors[0])
    for i, t in enumerate(tensors[1:], 1):
        if not are_compatible(first, shape_of(t)):
            raise errors.because(
                errors.InvalidArgumentError,
                "Inputs to operation AddN of type AddN must have the same size and "
                f"shape.  Input 0: {bracketed(first)} != input {i}: "
                f"{bracketed(shape_of(t))}. {mismatch(first, shape_of(t))} [Op:AddN]",
            )
    return tensors[0] if len(tensors) == 1 else add_n_op(*tensors, name=name)


@export("math.accumulate_n")
def accumulate_n(
    inputs: Any, shape: Any = None, tensor_dtype: Any = None, name: str | None = None
) -> Any:
    """Return the sum of a list of tensors, which must have one shape and dtype.

    Raises:
        ValueError: `inputs` is empty, or shapes or dtypes differ from each other or
            from `shape`.
        TypeError: `tensor_dtype` is not the dtype of the inputs.
    """
    problem = (
        "inputs must be a list of at least one Tensor with the same dtype and shape"
    )
    if not isinstance(inputs, list | tuple) or not inputs:
        raise ValueError(problem)
    tensors = [convert(v) for v in inputs]
    if any(t.dtype is not tensors[0].dtype for t in tensors):
        raise ValueError(problem)
    dims = TensorShape(shape)._dims
    for t in tensors:
        if not are_compatible(dims, t.static_shape):
            raise ValueError(
                f"Shapes {to_text(dims)} and {to_text(t.static_shape)} are not "
                "compatible"
            )
        dims = merge(dims, t.static_shape)
    if tensor_dtype is not None and tensors[0].dtype != tensor_dtype:
        raise TypeError(
            f"tensor_dtype is {tensor_dtype}, but input is of type {tensors[0].dtype}"
        )
    if len(tensors) == 1:
        return identity(tensors[0], name=name)
    return add_n_op(*tensors, name=name)


@export("scalar_mul", "math.scalar_mul")
@takes_composites
def scalar_mul(scalar: Any, x: Any, name: str | None = None) -> Any:
    """Multiply a tensor, or the values of IndexedSlices, by a number.

    Raises:
        ValueError: `scalar` has dimensions.
    """
    dtype = x.dtype if hasattr(x, "dtype") else convert(x).dtype
    scalar = convert(scalar, dtype_of(x) if hasattr(x, "dtype") else dtype)
    if shape_of(scalar) not in ((), None):
        raise ValueError(
            "The input scalar must be a 0-D value. Received shape "
            f"{to_text(shape_of(scalar))}."
        )
    if isinstance(x, IndexedSlices):
        return IndexedSlices(scalar * x.values, x.indices, x.dense_shape)
    return multiply(scalar, convert(x), name=name)
