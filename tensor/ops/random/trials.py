"""tf.random's distributions that are drawn by trial: gamma, Poisson, categorical …."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.call import is_symbolic
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.shapes import are_compatible, broadcast, to_brackets
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import cast_, static_value
from tensor.ops.dtype_kinds import check_attribute
from tensor.ops.facts import rank, size
from tensor.ops.families import FLOATING, check_kind, shape_of
from tensor.ops.operands import operands
from tensor.ops.random import rejection
from tensor.ops.random.distributions import count_of
from tensor.ops.random.seeds import Stream, stream_for
from tensor.ops.random.shapes import as_shape_vector
from tensor.ops.random.stateful import COMMON_FLOATS
from tensor.ops.random.stateless import from_seed, joined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensor.core.dtypes import DType


def start_of(source: Any, count: int) -> tuple[int, int]:
    """Return key and counter from a stream, or from arrays (key, counter)."""
    if isinstance(source, Stream):
        return source.key, source.reserve(count)
    return int(source[0][0]), joined(source[1])


class Trial(Op):
    """Draws for parameters that are inputs: [*shape, *shape of the parameters]."""

    kind = "random"
    gradient: Any = NON_DIFFERENTIABLE

    def infer(self, alpha: TensorSpec, *rest: Any, shape: Any, **_: Any) -> TensorSpec:
        lead = static_value(shape)
        dims = None if lead is None or alpha.dims is None else (*lead, *alpha.dims)
        return TensorSpec.of(dims, self.result_dtype(alpha, **_))

    def result_dtype(self, alpha: TensorSpec, **_: Any) -> DType:
        """Return the dtype of the result."""
        return _.get("dtype", alpha.dtype)


def flat(shape: Any) -> tuple[int, ...]:
    """Return a shape parameter as a kernel gets it, as a tuple of ints."""
    return tuple(int(d) for d in shape)


class RandomPoisson(Trial):
    """Poisson distributed numbers for the given rates."""

    type_name = "RandomPoissonV2"

    def kernel(
        self, rate: Any, *source: Any, shape: Any, dtype: DType, stream: Any = None
    ) -> Any:
        lead, rate = flat(shape), np.asarray(rate)
        count = count_of(lead)
        key, counter = start_of(stream or source, count * rate.size)
        drawn = rejection.poisson(key, counter, count, rate.reshape(-1))
        return rejection.arrange(drawn, lead, rate.shape).astype(dtype.numpy_dtype)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        rates = np.array([0.5, 3, 20], np.float32)
        yield Sample(rates, shape=(2,), dtype=dtypes.int32, stream=Stream(1, 2))


class StatelessRandomBinomial(Op):
    """Numbers of successes in a number of trials of equal probability."""

    kind = "random"
    gradient = NON_DIFFERENTIABLE

    def kernel(
        self, key: Any, counter: Any, n: Any, p: Any, shape: Any, dtype: DType
    ) -> Any:
        shape = flat(shape)
        n, p = np.broadcast_arrays(n, p)
        count = count_of(shape) // max(n.size, 1)
        drawn = rejection.binomial(
            int(key[0]), joined(counter), count, n.reshape(-1), p.reshape(-1)
        )
        lead = shape[: len(shape) - n.ndim]
        return rejection.arrange(drawn, lead, n.shape).astype(dtype.numpy_dtype)

    def infer(self, *inputs: TensorSpec, shape: Any, dtype: DType) -> TensorSpec:
        return TensorSpec.of(static_value(shape), dtype)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        key, counter = np.array([1], np.uint64), np.array([1, 2], np.uint64)
        n, p = np.array([5.0, 90.0], np.float32), np.array([0.7, 0.4], np.float32)
        yield Sample(key, counter, n, p, shape=(3, 2), dtype=dtypes.int32)


class Multinomial(Op):
    """Classes drawn from rows of unscaled log probabilities."""

    kind = "random"
    gradient = NON_DIFFERENTIABLE

    def kernel(
        self, logits: Any, *source: Any, count: Any, dtype: DType, stream: Any = None
    ) -> Any:
        logits, count = np.asarray(logits), int(count)
        if logits.ndim != 2:
            raise errors.because(
                errors.InvalidArgumentError,
                f"logits should be a matrix, got shape {to_brackets(logits.shape)} "
                "[Op:Multinomial]",
            )
        if logits.shape[1] == 0 and logits.shape[0] and count:
            raise errors.because(
                errors.InvalidArgumentError,
                "num_classes should be positive, got 0 [Op:Multinomial]",
            )
        # A sample takes two words; rows draw in steps of four samples.
        reserved = len(logits) * 2 * (-(-count // 4) * 4)
        key, counter = start_of(stream or source, reserved)
        drawn = rejection.categorical(key, counter, logits, count)
        return drawn.astype(dtype.numpy_dtype)

    def infer(
        self,
        logits: TensorSpec,
        *rest: Any,
        count: Any,
        dtype: DType,
        stream: Any = None,
    ) -> TensorSpec:
        rows = None if logits.dims is None else logits.dims[0]
        number = count if isinstance(count, int) else None
        return TensorSpec.of((rows, number), dtype)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        logits = rng.normal(size=(2, 3)).astype(np.float32)
        yield Sample(logits, count=5, dtype=dtypes.int64, stream=Stream(1, 2))


random_poisson = register(RandomPoisson)
stateless_binomial_op = register(StatelessRandomBinomial)
multinomial = register(Multinomial)


def lead_of(shape: Any, parameters: Any, op_name: str) -> Any:
    """Return the part of a result's shape before that of its parameters."""
    shape, dims = as_shape_vector(shape), shape_of(parameters)
    if dims is None:
        vector = convert(shape, dtypes.int32) if isinstance(shape, tuple) else shape
        count = size(vector)
        return vector[: count - cast_(rank(parameters), count.dtype)]
    if not isinstance(shape, tuple):
        return shape[: -len(dims)] if dims else shape
    check_ending(shape, dims, op_name)
    return shape[: len(shape) - len(dims)]


def check_ending(shape: Any, dims: Any, op_name: str) -> None:
    """Check that the shape of a result ends with that of its parameters.

    Raises:
        InvalidArgumentError: It does not.
    """
    if not are_compatible(shape[max(len(shape) - len(dims), 0) :], dims):
        raise errors.because(
            errors.InvalidArgumentError,
            f"Shape passed in must end with broadcasted shape. Got {list(shape)} for "
            f"parameters of shape {list(dims)} [Op:{op_name}]",
        )


_COUNTS = (*COMMON_FLOATS, dtypes.int32, dtypes.int64)


def count_dtype(op: Op, dtype: Any) -> DType:
    """Return the dtype of counts that an op draws.

    Raises:
        InvalidArgumentError: It draws none of this dtype.
    """
    result = dtypes.as_dtype(dtype)
    check_attribute(op.type_name, "dtype", result, _COUNTS)
    return result


@export("random.poisson")
def poisson(
    shape: Any,
    lam: Any,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Draw Poisson distributed numbers: [*shape, *shape of `lam`]."""
    rate = convert(lam)
    check_kind(random_poisson, rate, FLOATING + "i")
    target = count_dtype(random_poisson, dtype)
    return random_poisson(
        rate,
        shape=as_shape_vector(shape),
        dtype=target,
        stream=stream_for(("RandomPoissonV2", rate.dtype, target), seed),
        name=name,
    )


@export("random.stateless_poisson")
def stateless_poisson(
    shape: Any, seed: Any, lam: Any, dtype: Any = dtypes.int32, name: Any = None
) -> Any:
    """Draw Poisson distributed numbers from a seed of two integers.

    Raises:
        InvalidArgumentError: `shape` does not end with the shape of `lam`.
    """
    rate = convert(lam)
    lead = lead_of(shape, rate, "StatelessRandomPoisson")
    source = from_seed(seed, "auto_select")
    target = count_dtype(random_poisson, dtype)
    return random_poisson(rate, *source, shape=lead, dtype=target, name=name)


def check_binomial_shape(shape: Any, n: Any, p: Any) -> None:
    """Check, as far as they are known, that shapes of a binomial fit together.

    Raises:
        InvalidArgumentError: The parameters do not broadcast, or `shape` does not end
            with what they broadcast to.
    """
    try:
        together = broadcast(n.static_shape, p.static_shape)
    except ValueError:
        raise errors.because(
            errors.InvalidArgumentError,
            "counts and probs must have compatible batch dimensions: "
            f"{to_brackets(n.static_shape)} vs. {to_brackets(p.static_shape)} "
            "[Op:StatelessRandomBinomial]",
        ) from None
    if together and None not in together and isinstance(shape, tuple):
        check_ending(shape, together, "StatelessRandomBinomial")


@export("random.stateless_binomial")
def stateless_binomial(
    shape: Any,
    seed: Any,
    counts: Any,
    probs: Any,
    output_dtype: Any = dtypes.int32,
    name: str | None = None,
) -> Any:
    """Draw numbers of successes in `counts` trials, from a seed of two integers.

    Args:
        shape: The shape of the result; it ends with that of the parameters.
        seed: Two integers.
        counts: How many trials.
        probs: The probability of success; it broadcasts with `counts`.
        output_dtype: The dtype of the result.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: `shape` does not end with that of the parameters.
    """
    p = convert(probs, None, dtypes.float32)
    n, p = operands(stateless_binomial_op, convert(counts, None, p.dtype), p)
    dims = as_shape_vector(shape)
    check_binomial_shape(dims, n, p)
    return stateless_binomial_op.produce(
        *from_seed(seed, "auto_select"),
        n,
        p,
        shape=dims,
        dtype=count_dtype(stateless_binomial_op, output_dtype),
        name=name,
    )


@export("random.categorical")
def categorical(
    logits: Any,
    num_samples: Any,
    dtype: Any = None,
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Draw classes from unscaled log probabilities.

    Args:
        logits: [batch, classes].
        num_samples: How many to draw from each row.
        dtype: The dtype of the result, int64 by default.
        seed: See tf.random.set_seed.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: `logits` is no matrix.
    """
    x = convert(logits)
    check_kind(multinomial, x, FLOATING + "iu")
    target = _class_dtype(dtype)
    stream = stream_for(("Multinomial", x.dtype, target), seed)
    count = _count(num_samples)
    return multinomial(x, count=count, dtype=target, stream=stream, name=name)


def _class_dtype(dtype: Any) -> DType:
    """Return the dtype of classes, int64 unless another is given.

    Raises:
        ValueError: It is neither int32 nor int64.
    """
    dtype = dtypes.int64 if dtype is None else dtypes.as_dtype(dtype)
    if dtype not in (dtypes.int32, dtypes.int64):
        raise ValueError(
            f"Argument `dtype` got invalid value {dtype!s}. Accepted dtypes are "
            "(tf.int32, tf.int64)."
        )
    return dtype


def _count(number: Any) -> Any:
    """Return a number of samples as an int, or a symbolic scalar.

    Raises:
        InvalidArgumentError: It is no scalar, or negative.
    """
    if is_symbolic(number):
        return number
    shape = np.shape(number)
    if shape != ():
        raise errors.because(
            errors.InvalidArgumentError,
            f"num_samples should be a scalar, got shape {to_brackets(shape)} "
            "[Op:Multinomial]",
        )
    if number < 0:
        raise errors.because(
            errors.InvalidArgumentError,
            f"num_samples should be non-negative, got {int(number)} [Op:Multinomial]",
        )
    return int(number)


@export("random.stateless_categorical")
def stateless_categorical(
    logits: Any,
    num_samples: Any,
    seed: Any,
    dtype: Any = dtypes.int64,
    name: str | None = None,
) -> Any:
    """Draw classes from unscaled log probabilities, from a seed of two integers.

    Raises:
        InvalidArgumentError: `logits` is no matrix.
    """
    x = convert(logits)
    check_kind(multinomial, x, FLOATING + "iu")
    source = from_seed(seed, "auto_select")
    target = _class_dtype(dtype)
    return multinomial(x, *source, count=_count(num_samples), dtype=target, name=name)
