"""tf.random's gamma distribution, through which gradients flow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, get_op, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import shape_for
from tensor.ops.dtype_kinds import check_attribute
from tensor.ops.families import shape_of
from tensor.ops.random import rejection
from tensor.ops.random.distributions import count_of
from tensor.ops.random.seeds import Stream, stream_for
from tensor.ops.random.shapes import as_shape_vector
from tensor.ops.random.stateful import COMMON_FLOATS
from tensor.ops.random.stateless import from_seed
from tensor.ops.random.trials import Trial, flat, lead_of, start_of
from tensor.ops.reduce import broadcast_to

if TYPE_CHECKING:
    from collections.abc import Iterator


class RandomGamma(Trial):
    """Gamma distributed numbers for the given shape parameters."""

    def kernel(self, alpha: Any, *source: Any, shape: Any, stream: Any = None) -> Any:
        lead, alpha = flat(shape), np.asarray(alpha)
        count = count_of(lead)
        key, counter = start_of(stream or source, count * alpha.size)
        drawn = rejection.gamma(key, counter, count, alpha.reshape(-1))
        return rejection.arrange(drawn, lead, alpha.shape).astype(alpha.dtype)

    # By implicit differentiation: dz/dalpha = -(dF/dalpha) / f at the drawn point.
    keeps_output = True

    def gradient(self, call: Any, dz: Any) -> Any:
        alpha, z = call.inputs[0], call.output
        slope = random_gamma_slope(alpha, z)
        rank = len(shape_of(z) or ()) - len(shape_of(alpha) or ())
        total = get_op("Sum")(dz * slope, axis=tuple(range(rank)), keepdims=False)
        return (total,) + (None,) * (len(call.inputs) - 1)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        alpha = rng.uniform(0.5, 3, size=3).astype(np.float32)
        yield Sample(alpha, shape=(2,), stream=Stream(1, 2))
        key, counter = np.array([1], np.uint64), np.array([1, 2], np.uint64)
        yield Sample(alpha, key, counter, shape=(2, 2))


class RandomGammaSlope(Op):
    """How a gamma distributed number moves as its shape parameter grows."""

    gradient = NON_DIFFERENTIABLE

    def kernel(self, alpha: Any, z: Any) -> Any:
        # dF/dalpha numerically, of the regularised incomplete gamma function.
        below = get_op("Igamma").kernel
        a, x = np.broadcast_arrays(np.asarray(alpha, np.float64), np.asarray(z))
        x = x.astype(np.float64)
        step = 1e-5 * np.maximum(a, 1e-3)
        change = (below(a + step, x) - below(a - step, x)) / (2 * step)
        log_density = (a - 1) * np.log(x) - x - get_op("Lgamma").kernel(a)
        return (-change * np.exp(-log_density)).astype(np.asarray(z).dtype)[()]

    def infer(self, alpha: TensorSpec, z: TensorSpec) -> TensorSpec:
        return TensorSpec.of(z.dims, z.dtype)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.uniform(0.5, 3, size=3), rng.uniform(0.5, 3, size=(2, 3)))


random_gamma = register(RandomGamma)
random_gamma_slope = register(RandomGammaSlope)


@export("random.gamma")
def gamma(
    shape: Any,
    alpha: Any,
    beta: Any = None,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Draw gamma distributed numbers.

    Args:
        shape: The shape of what is drawn for each pair of parameters.
        alpha: The shape parameters.
        beta: The inverse scales; they broadcast with `alpha`. 1 by default.
        dtype: A floating point dtype.
        seed: See tf.random.set_seed.
        name: A name for the node, in a graph.

    Returns:
        A tensor of shape [*shape, *shape of the parameters].

    Raises:
        TypeError: A parameter is no value of the dtype.
        InvalidArgumentError: The dtype is not floating point.
    """
    alpha, beta = _gamma_parameters(alpha, beta, dtype)
    stream = stream_for(("RandomGamma", alpha.dtype), seed)
    z = random_gamma(alpha, shape=as_shape_vector(shape), stream=stream, name=name)
    return _scaled(z, beta)


def _gamma_parameters(alpha: Any, beta: Any, dtype: Any) -> tuple[Any, Any]:
    dtype = dtypes.as_dtype(dtype)
    alpha = convert(alpha, dtype)
    beta = convert(1 if beta is None else beta, dtype)
    check_attribute(random_gamma.type_name, "dtype", dtype, COMMON_FLOATS)
    return broadcast_to(alpha, shape=shape_for(alpha + beta * 0)), beta


def _scaled(z: Any, beta: Any) -> Any:
    tiny = dtypes.float32 if z.dtype is dtypes.bfloat16 else z.dtype
    least = np.finfo(tiny.as_numpy_dtype).tiny
    return get_op("Maximum")(convert(z.dtype.as_numpy_dtype(least)), z / beta)


@export("random.stateless_gamma")
def stateless_gamma(
    shape: Any,
    seed: Any,
    alpha: Any,
    beta: Any = None,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Any:
    """Draw gamma distributed numbers from a seed of two integers.

    `shape` is that of the result; the parameters' shape must be its end.

    Raises:
        TypeError: A parameter is no value of the dtype.
        InvalidArgumentError: It is not, or the dtype is not floating point.
    """
    alpha, beta = _gamma_parameters(alpha, beta, dtype)
    lead = lead_of(shape, alpha, "StatelessRandomGammaV3")
    z = random_gamma(alpha, *from_seed(seed, "auto_select"), shape=lead, name=name)
    return _scaled(z, beta)
