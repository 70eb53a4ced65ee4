"""tf.random.stateless_*: random numbers as a function of a seed alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import concat, reshape, static_value
from tensor.ops.dtype_kinds import check_attribute
from tensor.ops.random import distributions
from tensor.ops.random.algorithm import check_algorithm
from tensor.ops.random.philox import blocks
from tensor.ops.random.shapes import as_shape_vector
from tensor.ops.random.stateful import (
    FLOATS,
    between,
    check_integer_range,
    check_scalar_bounds,
    scaled,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tensor.core.dtypes import DType

INTEGERS = (dtypes.int32, dtypes.int64, dtypes.uint32, dtypes.uint64)

_KEY = np.array([5], np.uint64)
_COUNTER = np.array([1, 2], np.uint64)


class StatelessRandomGetKeyCounter(Op):
    """The Philox key and counter that a seed of two integers stands for."""

    kind = "other"
    gradient = NON_DIFFERENTIABLE

    def kernel(self, seed: Any) -> Any:
        if np.shape(seed) != (2,):
            raise errors.because(
                errors.InvalidArgumentError,
                f"seed must have shape [2], not {list(np.shape(seed))} "
                f"[Op:{self.type_name}]",
            )
        # One block under a fixed key mixes the seed, so that close seeds differ.
        first, second = (int(s) % (1 << 64) for s in seed)
        mixed = blocks(0x02461E29_3EC8F720, first | second << 64, 1)[0]
        key, counter = mixed.view("<u8")
        return np.array([key], np.uint64), np.array([0, counter], np.uint64)

    def infer(self, seed: TensorSpec) -> Any:
        return TensorSpec.of((1,), dtypes.uint64), TensorSpec.of((2,), dtypes.uint64)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(np.array([1, 2], np.int32))
        yield Sample(np.array([-1, 1 << 40], np.int64))


class StatelessRandomOp(Op):
    """Draws an array of a shape, from a key and a counter."""

    kind = "other"
    gradient = NON_DIFFERENTIABLE
    fill: Callable[..., Any]
    sample_dtypes: tuple[DType, ...] = FLOATS

    def kernel(self, key: Any, counter: Any, shape: Any, dtype: DType) -> Any:
        shape = tuple(int(d) for d in shape)
        return self.fill(int(key[0]), joined(counter), shape, dtype.numpy_dtype)

    def infer(
        self, key: TensorSpec, counter: TensorSpec, shape: Any, dtype: DType
    ) -> TensorSpec:
        return TensorSpec.of(static_value(shape), dtype)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for dtype in self.sample_dtypes:
            yield Sample(_KEY, _COUNTER, shape=(2, 3), dtype=dtype)


class StatelessRandomUniform(StatelessRandomOp):
    """Floating point numbers, equally likely anywhere in [0, 1)."""

    type_name = "StatelessRandomUniformV2"
    fill = staticmethod(distributions.uniform)


class StatelessRandomNormal(StatelessRandomOp):
    """Numbers of the normal distribution of mean 0 and variance 1."""

    type_name = "StatelessRandomNormalV2"
    fill = staticmethod(distributions.normal)


class StatelessTruncatedNormal(StatelessRandomOp):
    """Normal numbers, those beyond two deviations drawn again."""

    type_name = "StatelessTruncatedNormalV2"
    fill = staticmethod(distributions.truncated_normal)


class StatelessRandomUniformFullInt(StatelessRandomOp):
    """Integers from the whole range of the dtype."""

    type_name = "StatelessRandomUniformFullIntV2"
    fill = staticmethod(distributions.full_integers)
    sample_dtypes = (dtypes.int32, dtypes.uint64)


class StatelessRandomUniformInt(Op):
    """Integers, equally likely anywhere from `low` to `high` without it."""

    type_name = "StatelessRandomUniformIntV2"
    gradient = NON_DIFFERENTIABLE

    def kernel(self, key: Any, counter: Any, low: Any, high: Any, shape: Any) -> Any:
        check_integer_range(self, low, high, shape)
        return distributions.uniform_integers(
            int(key[0]),
            joined(counter),
            tuple(int(d) for d in shape),
            int(low),
            int(high),
            low.dtype,
        )

    def infer(
        self,
        key: TensorSpec,
        counter: TensorSpec,
        low: TensorSpec,
        high: TensorSpec,
        shape: Any,
    ) -> TensorSpec:
        check_scalar_bounds(low, high)
        return TensorSpec.of(static_value(shape), low.dtype)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for kind in (np.int32, np.uint32, np.int64, np.uint64):
            yield Sample(_KEY, _COUNTER, kind(1), kind(9), shape=(2, 3))


class StatelessShuffle(Op):
    """The slices of x along its first axis, in random order."""

    gradient: Any = NON_DIFFERENTIABLE

    def kernel(self, x: Any, key: Any, counter: Any) -> Any:
        if np.ndim(x) == 0:
            return x
        return x[distributions.order(int(key[0]), joined(counter), len(x))]

    def infer(self, x: TensorSpec, *state: TensorSpec) -> TensorSpec:
        return x

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(np.arange(6).reshape(3, 2), _KEY, _COUNTER)
        yield Sample(np.float32(1), _KEY, _COUNTER)


def joined(counter: Any) -> int:
    """Return the two halves of a counter as one number."""
    return int(counter[0]) | int(counter[1]) << 64


key_and_counter = register(StatelessRandomGetKeyCounter)
stateless_random_uniform = register(StatelessRandomUniform)
stateless_random_normal = register(StatelessRandomNormal)
stateless_truncated = register(StatelessTruncatedNormal)
stateless_full_int = register(StatelessRandomUniformFullInt)
stateless_random_int = register(StatelessRandomUniformInt)
shuffle_op = register(StatelessShuffle)


def from_seed(seed: Any, algorithm: Any) -> tuple[Any, Any]:
    """Return key and counter for a seed of two integers.

    Raises:
        InvalidArgumentError: The seed has another shape or dtype.
    """
    check_algorithm(algorithm)
    seed = convert(seed)
    check_attribute(key_and_counter.type_name, "Tseed", seed.dtype, INTEGERS)
    return key_and_counter(seed)


@export("random.stateless_uniform")
def stateless_uniform(
    shape: Any,
    seed: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = dtypes.float32,
    name: str | None = None,
    alg: Any = "auto_select",
) -> Any:
    """Draw numbers equally likely anywhere from `minval` to `maxval`, from a seed.

    Args:
        shape: The shape of the result.
        seed: Two integers; the same seed gives the same numbers everywhere.
        minval: The lower bound, which may be drawn. None, with `maxval` None, draws
            integers from the whole range of the dtype.
        maxval: The upper bound, which is not drawn; 1 by default for floating point.
        dtype: A floating point dtype, or an integer one of 32 or 64 bits.
        name: A name for the node, in a graph.
        alg: "philox" or "auto_select".

    Raises:
        ValueError: The dtype or bounds do not make sense together.
        InvalidArgumentError: The seed is not two integers, or a range is empty.
    """
    dtype = integer_or_float(dtype)
    key, counter = from_seed(seed, alg)
    return uniform_from(key, counter, shape, minval, maxval, dtype, name)


def integer_or_float(dtype: Any) -> DType:
    """Return a dtype argument that random numbers can have.

    Raises:
        ValueError: They cannot.
    """
    result = dtypes.as_dtype(dtype)
    accepted = (*FLOATS, *INTEGERS)
    if result not in accepted:
        raise ValueError(
            f"Argument `dtype` got invalid value {result}. Accepted dtypes are "
            f"{accepted}."
        )
    return result


def uniform_from(
    key: Any,
    counter: Any,
    shape: Any,
    low: Any,
    high: Any,
    dtype: DType,
    name: str | None,
) -> Any:
    """Draw uniform numbers of any dtype from a key and a counter.

    Raises:
        ValueError: Bounds are missing.
    """
    shape = as_shape_vector(shape)
    if not dtype.is_integer:
        z = stateless_random_uniform.produce(
            key, counter, shape=shape, dtype=dtype, name=name
        )
        low = convert(low, dtype)  # None stands for a bound of integers only
        return between(z, low, 1 if high is None else high, dtype)
    if (low is None) != (high is None):
        raise ValueError(
            f"For integer `dtype` argument {dtype}, argument `minval` and `maxval` "
            f"must be both None or not None. Got `minval`={low} and `maxval`={high}."
        )
    if low is not None and dtype.is_unsigned:
        raise ValueError(
            f"Argument `dtype` got invalid value {dtype} when argument `minval` is "
            "not None. Please don't use unsigned integers in this case."
        )
    if low is None:
        return stateless_full_int.produce(
            key, counter, shape=shape, dtype=dtype, name=name
        )
    low, high = convert(low, dtype), convert(high, dtype)
    return stateless_random_int.produce(key, counter, low, high, shape=shape, name=name)


def _scaled(
    op: Op,
    shape: Any,
    seed: Any,
    mean: Any,
    deviation: Any,
    dtype: Any,
    name: str | None,
    algorithm: Any,
) -> Any:
    """Return numbers of an op that draws with mean 0 and deviation 1, scaled."""

    def draw_from(dtype: DType) -> Any:
        source = from_seed(seed, algorithm)
        shape_vector = as_shape_vector(shape)
        return op.produce(*source, shape=shape_vector, dtype=dtype, name=name)

    return scaled(draw_from, op, mean, deviation, dtype)


@export("random.stateless_normal")
def stateless_normal(
    shape: Any,
    seed: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    name: str | None = None,
    alg: Any = "auto_select",
) -> Any:
    """Draw numbers of a normal distribution, from a seed of two integers.

    Raises:
        TypeError: `mean` or `stddev` is no value of the dtype.
        InvalidArgumentError: The dtype is not floating point.
    """
    return _scaled(stateless_random_normal, shape, seed, mean, stddev, dtype, name, alg)


@export("random.stateless_truncated_normal")
def stateless_truncated_normal(
    shape: Any,
    seed: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    name: str | None = None,
    alg: Any = "auto_select",
) -> Any:
    """Draw normal numbers within two deviations, from a seed of two integers.

    Raises:
        TypeError: `mean` or `stddev` is no value of the dtype.
        InvalidArgumentError: The dtype is not floating point.
    """
    return _scaled(stateless_truncated, shape, seed, mean, stddev, dtype, name, alg)


@export("random.experimental.stateless_shuffle")
def stateless_shuffle(
    value: Any, seed: Any, alg: Any = "auto_select", name: str | None = None
) -> Any:
    """Return the slices of `value` along its first axis in the order of a seed."""
    return shuffle_op(convert(value), *from_seed(seed, alg), name=name)


@export("random.split", "random.experimental.stateless_split")
def stateless_split(seed: Any, num: int = 2, alg: Any = "auto_select") -> Any:
    """Return `num` new seeds that a seed gives rise to, as rows of two integers."""
    seed = convert(seed)
    return stateless_uniform(
        (num, 2), seed, minval=None, maxval=None, dtype=seed.dtype, alg=alg
    )


@export("random.fold_in", "random.experimental.stateless_fold_in")
def stateless_fold_in(seed: Any, data: Any, alg: Any = "auto_select") -> Any:
    """Return a new seed made of a seed and a number, such as the step or replica."""
    seed = convert(seed)
    first = stateless_uniform(
        (1,), seed, minval=None, maxval=None, dtype=seed.dtype, alg=alg
    )
    data = reshape(convert(data), shape=(1,))
    if data.dtype is not seed.dtype:
        from tensor.ops.array import cast_

        data = cast_(data, seed.dtype)
    return concat(first, data, axis=0)
