"""Softmax and its logarithm, along any axis, stable at every scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.families import FLOATING, check_kind
from tensor.ops.math import exp
from tensor.ops.reduce import reduce_sum

if TYPE_CHECKING:
    from collections.abc import Iterator


def softmax_array(x: Any, axis: int) -> Any:
    """Return the softmax of an array along an axis."""
    if x.size == 0:
        return np.zeros_like(x)
    powers = np.subtract(x, np.max(x, axis=axis, keepdims=True))
    np.exp(powers, out=powers)
    return np.multiply(powers, np.reciprocal(_sum(powers, axis)), out=powers)


def log_softmax_array(x: Any, axis: int) -> Any:
    """Return the logarithm of the softmax of an array along an axis."""
    if x.size == 0:
        return np.zeros_like(x)
    shifted = np.subtract(x, np.max(x, axis=axis, keepdims=True))
    return np.subtract(shifted, np.log(_sum(np.exp(shifted), axis)), out=shifted)


def _sum(x: Any, axis: int) -> Any:
    # Half precision adds up in float32: a sum of many small powers would stop growing.
    wide = np.float32 if x.dtype.itemsize == 2 else x.dtype
    return np.sum(x, axis=axis, keepdims=True, dtype=wide).astype(x.dtype)


class _AlongAxis(Op):
    """A distribution along one axis, counted from the end (a negative number)."""

    kind = "other"
    keeps_inputs = False
    keeps_output = True

    def infer(self, x: TensorSpec, axis: int) -> TensorSpec:
        return TensorSpec.of(x.dims, x.dtype)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(2, 3, 4))
        for axis in (-1, -2, -3):
            yield Sample(x, axis=axis)
        yield Sample(np.zeros((2, 0)), axis=-1)


class Softmax(_AlongAxis):
    """exp(x) divided by its sum along an axis."""

    def kernel(self, x: Any, axis: int) -> Any:
        return softmax_array(x, axis)

    def gradient(self, call: Any, dz: Any) -> Any:
        y = call.output
        mean = reduce_sum(dz * y, axis=(call.attrs["axis"],), keepdims=True)
        return (dz - mean) * y


class LogSoftmax(_AlongAxis):
    """x minus the logarithm of the sum of exp(x) along an axis."""

    def kernel(self, x: Any, axis: int) -> Any:
        return log_softmax_array(x, axis)

    def gradient(self, call: Any, dz: Any) -> Any:
        total = reduce_sum(dz, axis=(call.attrs["axis"],), keepdims=True)
        return dz - total * exp(call.output)


softmax_op = register(Softmax)
log_softmax_op = register(LogSoftmax)


@export("nn.softmax", "math.softmax")
@takes_composites
def softmax(logits: Any, axis: Any = None, name: str | None = None) -> Any:
    """Return exp(logits) / sum(exp(logits)) along `axis`, by default the last.

    Raises:
        InvalidArgumentError: `logits` has no dimensions, or no such axis.
    """
    return _along(softmax_op, logits, axis, name)


@export("nn.log_softmax", "math.log_softmax")
@takes_composites
def log_softmax(logits: Any, axis: Any = None, name: str | None = None) -> Any:
    """Return logits - log(sum(exp(logits))) along `axis`, by default the last.

    Raises:
        InvalidArgumentError: `logits` has no dimensions, or no such axis.
    """
    return _along(log_softmax_op, logits, axis, name)


def _along(op: Any, logits: Any, axis: Any, name: str | None) -> Any:
    x = convert(logits)
    check_kind(op, x, FLOATING)
    at = -1 if axis is None else int(axis)
    rank = x.ndim
    if rank is None:
        return op(x, axis=at, name=name)
    if rank == 0 and at in (-1, 0):
        raise errors.because(
            errors.InvalidArgumentError,
            f"logits must have >= 1 dimension, got [] [Op:{op.type_name}]",
        )
    if not -rank <= at < rank:
        raise errors.because(
            errors.InvalidArgumentError,
            f"`dim` must be in the range [{-rank}, {rank}) where {rank} is the number "
            f"of dimensions in the input. Received: dim={at} [Op:{op.type_name}]",
        )
    return op(x, axis=at - rank if at >= 0 else at, name=name)
