"""Activation functions: what a layer's sums go through, element by element."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, elementwise
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import Sample, get_op, register
from tensor.core.shapes import broadcast
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import cast, concat, where, zeros_like
from tensor.ops.families import (
    FLOATING,
    INEXACT,
    REAL,
    BinaryElementwise,
    UnaryElementwise,
    check_kind,
)
from tensor.ops.math import absolute, sigmoid, tanh

if TYPE_CHECKING:
    from collections.abc import Iterator

# From Klambauer et al., "Self-normalizing neural networks": with these two numbers mean
# 0 and variance 1 are a fixed point.
_SELU_ALPHA = 1.6732632423543772848170429916717
_SELU_SCALE = 1.0507009873554804934193349852946


class _Activation(UnaryElementwise):
    """One array in, one out; TensorFlow calls the argument `features`."""

    allows = FLOATING

    def public(self, features: Any, name: str | None = None) -> Any:
        x = convert(features)
        check_kind(self, x, self.allows)
        return self(x, name=name)


class Relu(_Activation):
    """max(x, 0), element by element."""

    names = ("nn.relu",)
    allows = REAL
    keeps_inputs = False
    keeps_output = True
    works_in_place = True

    def kernel(self, x: Any, out: Any = None) -> Any:
        return np.maximum(x, x.dtype.type(0), out=out)

    def gradient(self, call: Any, dz: Any) -> Any:
        return relu_grad(dz, call.output)


def _gate(dz: Any, y: Any, out: Any = None) -> Any:
    return np.multiply(dz, y > 0, out=out, dtype=dz.dtype)


class ReluGrad(BinaryElementwise):
    """dz where the result of relu is above 0, else 0."""

    works_in_place = True
    keeps_inputs = (1,)

    def kernel(self, dz: Any, y: Any, out: Any = None) -> Any:
        return elementwise.compute(_gate, dz, y, out=out)

    def gradient(self, call: Any, dz: Any) -> Any:
        _, y = call.inputs
        return relu_grad(dz, y), zeros_like(y) if call.wants[1] else None

    def infer(self, dz: TensorSpec, y: TensorSpec) -> TensorSpec:
        return TensorSpec.of(broadcast(dz.dims, y.dims), dz.dtype)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3)), rng.normal(size=(2, 3)))


class Relu6(_Activation):
    """min(max(x, 0), 6), element by element."""

    names = ("nn.relu6",)
    allows = REAL

    def kernel(self, x: Any, out: Any = None) -> Any:
        zero, six = x.dtype.type(0), x.dtype.type(6)
        return np.minimum(np.maximum(x, zero, out=out), six, out=out)

    def gradient(self, call: Any, dz: Any) -> Any:
        x = call.inputs[0]
        inside = where(x > 0, x < 6, zeros_like(x > 0))
        return where(inside, dz, zeros_like(dz))


class Elu(_Activation):
    """x where it is positive, exp(x) - 1 elsewhere."""

    names = ("nn.elu",)
    keeps_inputs = False
    keeps_output = True

    def kernel(self, x: Any, out: Any = None) -> Any:
        below = np.expm1(np.minimum(x, x.dtype.type(0)))
        return np.add(np.maximum(x, x.dtype.type(0)), below, out=out)

    def gradient(self, call: Any, dz: Any) -> Any:
        y = call.output
        return where(y < 0, dz * (y + 1), dz)


class Selu(_Activation):
    """The scaled `elu` that keeps activations near mean 0 and variance 1."""

    names = ("nn.selu",)
    keeps_inputs = False
    keeps_output = True

    def kernel(self, x: Any, out: Any = None) -> Any:
        zero, number = x.dtype.type(0), x.dtype.type
        below = np.expm1(np.minimum(x, zero)) * number(_SELU_SCALE * _SELU_ALPHA)
        return np.add(np.maximum(x, zero) * number(_SELU_SCALE), below, out=out)

    def gradient(self, call: Any, dz: Any) -> Any:
        y = call.output
        return where(y < 0, dz * (y + _SELU_SCALE * _SELU_ALPHA), dz * _SELU_SCALE)


class LeakyRelu(_Activation):
    """x where it is positive, alpha times x elsewhere."""

    allows = REAL
    accepts_out = False

    def kernel(self, x: Any, alpha: float) -> Any:
        return np.where(x > 0, x, x * x.dtype.type(alpha))[()]

    def infer(self, x: TensorSpec, alpha: float) -> TensorSpec:
        return TensorSpec.of(x.dims, x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return where(call.inputs[0] > 0, dz, dz * call.attrs["alpha"])

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3)), alpha=0.2)


class Softplus(_Activation):
    """log(exp(x) + 1), element by element; it never overflows."""

    names = ("math.softplus", "nn.softplus")

    def kernel(self, x: Any, out: Any = None) -> Any:
        return np.logaddexp(x, x.dtype.type(0), out=out)

    def gradient(self, call: Any, dz: Any) -> Any:
        return dz * sigmoid(call.inputs[0])


class Softsign(_Activation):
    """x / (|x| + 1), element by element."""

    names = ("nn.softsign", "math.softsign")

    def kernel(self, x: Any, out: Any = None) -> Any:
        return np.divide(x, np.absolute(x) + x.dtype.type(1), out=out)

    def gradient(self, call: Any, dz: Any) -> Any:
        slope = absolute(call.inputs[0]) + 1
        return dz / (slope * slope)


relu = register(Relu)
relu_grad = register(ReluGrad)
relu6 = register(Relu6)
elu = register(Elu)
selu = register(Selu)
leaky_relu_op = register(LeakyRelu)
softplus = register(Softplus)
softsign = register(Softsign)


@export("nn.leaky_relu")
@takes_composites
def leaky_relu(features: Any, alpha: Any = 0.2, name: str | None = None) -> Any:
    """Return x where it is positive, `alpha` times x elsewhere."""
    x = convert(features)
    if x.dtype.is_integer:
        x = cast(x, dtype=dtypes.float32)
    check_kind(leaky_relu_op, x, FLOATING)
    # TensorFlow keeps alpha in single precision, whatever the dtype of x.
    return leaky_relu_op(x, alpha=float(np.float32(alpha)), name=name)


@export("nn.crelu")
def crelu(features: Any, axis: int = -1, name: str | None = None) -> Any:
    """Return relu(x) and relu(-x), joined along `axis`: twice as many features."""
    x = convert(features)
    return relu.public(concat(x, get_op("Neg").public(x), axis=axis), name=name)


@export("nn.silu", "nn.swish")
@takes_composites
def silu(features: Any, beta: Any = 1.0, name: str | None = None) -> Any:
    """Return x * sigmoid(beta * x)."""
    x = convert(features)
    check_kind(sigmoid, x, INEXACT)
    beta = convert(beta, x.dtype)
    return x * sigmoid(beta * x)


@export("nn.gelu")
@takes_composites
def gelu(features: Any, approximate: bool = False, name: str | None = None) -> Any:
    """Return x times the probability that a standard normal variable is below x.

    Args:
        features: A floating point tensor.
        approximate: Use the formula with tanh instead of the error function.
        name: A name for the node, in a graph.

    Raises:
        ValueError: The dtype is not floating point.
    """
    x = convert(features)
    if not x.dtype.is_floating:
        raise ValueError(
            "`features.dtype` must be a floating point tensor.Received:"
            f"features.dtype={x.dtype}"
        )
    if approximate:
        inner = math.sqrt(2.0 / math.pi) * (x + 0.044715 * (x * x * x))
        return 0.5 * x * (1.0 + tanh(inner))
    return 0.5 * x * (1.0 + get_op("Erf")(x * math.sqrt(0.5)))
