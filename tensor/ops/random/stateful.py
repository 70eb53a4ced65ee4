"""tf.random's ops that remember where they are: each call draws new numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.shapes import to_brackets
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import static_value
from tensor.ops.dtype_kinds import check_attribute
from tensor.ops.random import distributions
from tensor.ops.random.seeds import Stream, stream_for
from tensor.ops.random.shapes import as_shape_vector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tensor.core.dtypes import DType

# Some ops draw no bfloat16.
COMMON_FLOATS = (dtypes.float16, dtypes.float32, dtypes.float64)
FLOATS = (dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64)


class RandomOp(Op):
    """Draws an array of a shape from a stream.

    Attributes:
        fill: `fill(key, counter, shape, dtype)` makes the numbers.
    """

    kind = "random"
    gradient = NON_DIFFERENTIABLE
    fill: Callable[..., Any]

    def kernel(self, shape: Any, dtype: DType, stream: Stream) -> Any:
        shape = tuple(int(d) for d in shape)
        counter = stream.reserve(distributions.count_of(shape))
        return self.fill(stream.key, counter, shape, dtype.numpy_dtype)

    def infer(self, shape: Any, dtype: DType, stream: Stream) -> TensorSpec:
        return TensorSpec.of(static_value(shape), dtype)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for dtype in FLOATS:
            yield Sample(shape=(2, 3), dtype=dtype, stream=Stream(1, 2))
        yield Sample(shape=(0, 2), dtype=dtypes.float32, stream=Stream(1, 2))


class RandomUniform(RandomOp):
    """Floating point numbers, equally likely anywhere in [0, 1)."""

    fill = staticmethod(distributions.uniform)


class RandomStandardNormal(RandomOp):
    """Numbers of the normal distribution of mean 0 and variance 1."""

    fill = staticmethod(distributions.normal)


class TruncatedNormal(RandomOp):
    """Normal numbers, those beyond two deviations drawn again."""

    fill = staticmethod(distributions.truncated_normal)


class RandomUniformInt(Op):
    """Integers, equally likely anywhere from `low` to `high` without it."""

    kind = "random"
    gradient = NON_DIFFERENTIABLE

    def kernel(self, low: Any, high: Any, shape: Any, stream: Stream) -> Any:
        check_integer_range(self, low, high, shape)
        shape = tuple(int(d) for d in shape)
        counter = stream.reserve(distributions.count_of(shape))
        return distributions.uniform_integers(
            stream.key, counter, shape, int(low), int(high), low.dtype
        )

    def infer(
        self, low: TensorSpec, high: TensorSpec, shape: Any, stream: Stream
    ) -> TensorSpec:
        check_scalar_bounds(low, high)
        return TensorSpec.of(static_value(shape), low.dtype)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for kind in (np.int32, np.int64):
            yield Sample(kind(-3), kind(9), shape=(2, 3), stream=Stream(1, 2))


class RandomShuffle(Op):
    """The slices of x along its first axis, in random order."""

    kind = "random"
    gradient = NON_DIFFERENTIABLE

    def kernel(self, x: Any, stream: Stream) -> Any:
        x = np.asarray(x)
        if x.ndim == 0 or len(x) < 2:
            return x[()]
        counter = stream.reserve_blocks((len(x) + 2) // 4)
        return x[distributions.order(stream.key, counter, len(x))]

    def infer(self, x: TensorSpec, stream: Stream) -> TensorSpec:
        return TensorSpec.of(x.dims, x.dtype)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(np.arange(6).reshape(3, 2), stream=Stream(1, 2))


def check_scalar_bounds(low: TensorSpec, high: TensorSpec) -> None:
    """Check that the bounds of integers are scalars, as far as that is known.

    Raises:
        ValueError: One is not.
    """
    for name, bound in (("minval", low), ("maxval", high)):
        if bound.dims:
            raise ValueError(
                f"{name} must be a scalar; got a tensor of shape "
                f"{to_brackets(bound.dims)}: draw between 0 and 1 and scale that, for "
                "bounds that differ."
            )


def check_integer_range(op: Op, low: Any, high: Any, shape: Any) -> None:
    """Check that there is an integer to draw.

    Raises:
        InvalidArgumentError: A bound is no scalar, or `low` is not below `high`.
    """
    for name, bound in (("minval", low), ("maxval", high)):
        if np.shape(bound) != ():
            raise errors.because(
                errors.InvalidArgumentError,
                f"{name} must be 0-D, got shape {list(np.shape(bound))} "
                f"[Op:{op.type_name}]",
            )
    if not low < high and distributions.count_of(tuple(shape)):
        raise errors.because(
            errors.InvalidArgumentError,
            f"Need minval < maxval, got {low} >= {high} [Op:{op.type_name}]",
        )


random_uniform = register(RandomUniform)
random_standard_normal = register(RandomStandardNormal)
truncated_normal_op = register(TruncatedNormal)
random_uniform_int = register(RandomUniformInt)
random_shuffle = register(RandomShuffle)


def draw(op: Op, shape: Any, dtype: DType, seed: int | None, name: str | None) -> Any:
    """Return floating point numbers of an op that draws from a stream.

    Raises:
        InvalidArgumentError: A dimension is negative.
    """
    shape = as_shape_vector(shape)
    if isinstance(shape, tuple) and shape and min(shape) < 0:
        raise errors.because(
            errors.InvalidArgumentError,
            f"Dimension {min(shape)} must be >= 0 [Op:{op.type_name}]",
        )
    return op.produce(
        shape=shape,
        dtype=dtype,
        stream=stream_for((op.type_name, dtype), seed),
        name=name,
    )


def scaled(
    draw_from: Callable[[DType], Any], op: Op, mean: Any, deviation: Any, dtype: Any
) -> Any:
    """Return numbers of an op that draws with mean 0 and deviation 1, moved and scaled.

    Args:
        draw_from: Returns what `op` draws for a dtype.
        op: The op.
        mean: What is added; it broadcasts.
        deviation: What they are multiplied by; it broadcasts.
        dtype: The dtype of the result.

    Raises:
        TypeError: `mean` or `deviation` is no value of the dtype.
        InvalidArgumentError: The dtype is not floating point.
    """
    dtype = dtypes.as_dtype(dtype)
    mean, deviation = convert(mean, dtype), convert(deviation, dtype)
    check_attribute(op.type_name, "dtype", dtype, FLOATS)
    return draw_from(dtype) * deviation + mean


@export("random.uniform")
def uniform(
    shape: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Draw numbers that are equally likely anywhere from `minval` to `maxval`.

    Args:
        shape: The shape of the result.
        minval: The lower bound, which may be drawn.
        maxval: The upper bound, which is not drawn; 1 by default for floating point.
        dtype: A floating point dtype, int32 or int64.
        seed: See tf.random.set_seed.
        name: A name for the node, in a graph.

    Raises:
        ValueError: The dtype is another one, or an integer range has no upper bound.
        InvalidArgumentError: An integer range is empty.
    """
    dtype = uniform_dtype(dtype, maxval)
    if dtype.is_integer:
        return random_uniform_int.produce(
            convert(minval, dtype),
            convert(maxval, dtype),
            shape=as_shape_vector(shape),
            stream=stream_for(("RandomUniformInt", dtype), seed),
            name=name,
        )
    z = draw(random_uniform, shape, dtype, seed, name)
    return between(z, minval, 1 if maxval is None else maxval, dtype)


def uniform_dtype(dtype: Any, maxval: Any) -> DType:
    """Return a dtype argument of a uniform distribution.

    Raises:
        ValueError: The dtype is neither floating point nor int32 or int64, or it is an
            integer and there is no upper bound.
    """
    result = dtypes.as_dtype(dtype)
    accepted = (*FLOATS, dtypes.int32, dtypes.int64)
    if result not in accepted:
        raise ValueError(
            f"Argument `dtype` got invalid value {result}. Accepted dtypes are "
            f"{accepted}."
        )
    if maxval is None and result.is_integer:
        raise ValueError(f"Must specify maxval for integer dtype {result!r}")
    return result


def between(z: Any, low: Any, high: Any, dtype: DType) -> Any:
    """Return numbers in [0, 1) moved to [low, high)."""
    starts_at_0 = type(low) is int and low == 0
    if starts_at_0 and type(high) is int and high == 1:
        return z
    if starts_at_0:
        return z * convert(high, dtype)
    low, high = convert(low, dtype), convert(high, dtype)
    return z * (high - low) + low


@export("random.normal")
def normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Draw numbers of a normal distribution.

    Args:
        shape: The shape of the result.
        mean: The mean; it broadcasts.
        stddev: The standard deviation; it broadcasts.
        dtype: A floating point dtype.
        seed: See tf.random.set_seed.
        name: A name for the node, in a graph.

    Raises:
        TypeError: `mean` or `stddev` is no value of the dtype.
        InvalidArgumentError: The dtype is not floating point.
    """
    op = random_standard_normal
    return scaled(lambda d: draw(op, shape, d, seed, name), op, mean, stddev, dtype)


@export("random.truncated_normal")
def truncated_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Draw normal numbers, those beyond two standard deviations drawn again.

    Args:
        shape: The shape of the result.
        mean: The mean; it broadcasts.
        stddev: The standard deviation before truncation; it broadcasts.
        dtype: A floating point dtype.
        seed: See tf.random.set_seed.
        name: A name for the node, in a graph.

    Raises:
        TypeError: `mean` or `stddev` is no value of the dtype.
        InvalidArgumentError: The dtype is not floating point.
    """
    op = truncated_normal_op
    return scaled(lambda d: draw(op, shape, d, seed, name), op, mean, stddev, dtype)


@export("random.shuffle")
@takes_composites
def shuffle(value: Any, seed: int | None = None, name: str | None = None) -> Any:
    """Return the slices of `value` along its first axis in random order."""
    x = convert(value)
    stream = stream_for(("RandomShuffle", x.dtype), seed)
    return random_shuffle(x, stream=stream, name=name)
