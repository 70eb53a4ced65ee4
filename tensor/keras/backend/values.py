"""Variables, constants, and the values of either."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import tensor as tf
from tensor.keras import settings
from tensor.keras.engine.keras_tensor import KerasTensor
from tensor.keras.random_generator import RandomGenerator

if TYPE_CHECKING:
    from collections.abc import Callable


def backend() -> str:
    """Return "tensorflow", whose programming model this is."""
    return "tensorflow"


def name_scope(name: str) -> Any:
    """Return a context in which names of variables and ops start with `name`."""
    return tf.name_scope(name)


def to_dense(tensor: Any) -> Any:
    """Return a sparse tensor as a dense one, any other as it is."""
    return tf.sparse.to_dense(tensor) if is_sparse(tensor) else tensor


def random_binomial(
    shape: Any, p: float = 0.0, dtype: Any = None, seed: int | None = None
) -> Any:
    """Return ones with probability `p`, zeros elsewhere."""
    return random_bernoulli(shape, p, dtype, seed)


def is_keras_tensor(x: Any) -> bool:
    """Return whether `x` came out of a layer while a model was put together.

    Raises:
        ValueError: It is no tensor at all.
    """
    if not isinstance(x, tf.Tensor | tf.Variable | KerasTensor):
        raise ValueError(
            f"Unexpectedly found an instance of type `{type(x)}`. Expected a symbolic "
            "tensor instance."
        )
    return isinstance(x, KerasTensor)


def is_sparse(tensor: Any) -> bool:
    """Return whether a tensor stores only what is not zero."""
    return type(tensor).__name__ == "SparseTensor"


def variable(
    value: Any, dtype: Any = None, name: str | None = None, constraint: Any = None
) -> Any:
    """Return a new variable that starts as `value`."""
    return tf.Variable(
        tf.convert_to_tensor(value, dtype=dtype or settings.floatx()),
        name=name,
        constraint=constraint,
    )


def constant(
    value: Any, dtype: Any = None, shape: Any = None, name: str | None = None
) -> Any:
    """Return a constant tensor."""
    return tf.constant(value, dtype=dtype or settings.floatx(), shape=shape, name=name)


def zeros(shape: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Return a variable of zeros."""
    return _made(tf.zeros, shape, dtype, name)


def ones(shape: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Return a variable of ones."""
    return _made(tf.ones, shape, dtype, name)


def eye(size: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Return a variable that holds the identity matrix."""
    return _made(tf.eye, size, dtype, name)


def _made(make: Callable[..., Any], shape: Any, dtype: Any, name: str | None) -> Any:
    values = make(shape, dtype=dtype or settings.floatx())
    return variable(values, dtype=values.dtype, name=name)


def zeros_like(x: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Return zeros in the shape of `x`."""
    return tf.zeros_like(x, dtype=dtype)


def ones_like(x: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Return ones in the shape of `x`."""
    return tf.ones_like(x, dtype=dtype)


def random_uniform_variable(
    shape: Any,
    low: float,
    high: float,
    dtype: Any = None,
    name: str | None = None,
    seed: int | None = None,
) -> Any:
    """Return a variable that starts uniformly distributed."""
    values = random_uniform(shape, low, high, dtype, seed)
    return variable(values, dtype=values.dtype, name=name)


def random_normal_variable(
    shape: Any,
    mean: float,
    scale: float,
    dtype: Any = None,
    name: str | None = None,
    seed: int | None = None,
) -> Any:
    """Return a variable that starts normally distributed."""
    values = random_normal(shape, mean, scale, dtype, seed)
    return variable(values, dtype=values.dtype, name=name)


# ---- random numbers


def random_normal(
    shape: Any,
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: Any = None,
    seed: int | None = None,
) -> Any:
    """Return normally distributed numbers."""
    return _generator(seed).random_normal(shape, mean, stddev, dtype)


def random_uniform(
    shape: Any,
    minval: float = 0.0,
    maxval: float = 1.0,
    dtype: Any = None,
    seed: int | None = None,
) -> Any:
    """Return uniformly distributed numbers."""
    return _generator(seed).random_uniform(shape, minval, maxval, dtype)


def truncated_normal(
    shape: Any,
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: Any = None,
    seed: int | None = None,
) -> Any:
    """Return normally distributed numbers within two standard deviations."""
    return _generator(seed).truncated_normal(shape, mean, stddev, dtype)


def random_bernoulli(
    shape: Any, p: float = 0.0, dtype: Any = None, seed: int | None = None
) -> Any:
    """Return ones with probability `p`, zeros otherwise."""
    kind = tf.as_dtype(dtype or settings.floatx())
    return tf.cast(_generator(seed).random_uniform(shape, dtype=kind) <= p, kind)


def _generator(seed: int | None) -> RandomGenerator:
    # As in Keras, a call without a seed draws one from NumPy's global generator.
    if seed is None:
        seed = int(np.random.randint(10_000_000))  # noqa: NPY002  # users seed this one
    return RandomGenerator(seed)


# ---- reading and changing


def get_value(x: Any) -> Any:
    """Return the value of a variable or tensor as an array; other things unchanged."""
    return x.numpy() if isinstance(x, tf.Tensor | tf.Variable) else x


def batch_get_value(tensors: Any) -> list[Any]:
    """Return the values of several variables."""
    return [get_value(x) for x in tensors]


def set_value(x: Any, value: Any) -> None:
    """Set a variable."""
    x.assign(np.asarray(value, dtype=x.dtype.as_numpy_dtype))


def batch_set_value(tuples: Any) -> None:
    """Set several variables, given as pairs (variable, value)."""
    for x, value in tuples:
        set_value(x, value)


def eval(x: Any) -> Any:  # noqa: A001  # Keras's name
    """Return the value of a variable or tensor as an array."""
    return get_value(tf.convert_to_tensor(x))


def update(x: Any, new_x: Any) -> Any:
    """Set a variable."""
    return x.assign(new_x)


def update_add(x: Any, increment: Any) -> Any:
    """Add to a variable."""
    return x.assign_add(increment)


def update_sub(x: Any, decrement: Any) -> Any:
    """Subtract from a variable."""
    return x.assign_sub(decrement)


def moving_average_update(x: Any, value: Any, momentum: Any) -> Any:
    """Move a variable towards `value` by a share of `1 - momentum`."""
    momentum = tf.cast(momentum, x.dtype)
    value = tf.cast(value, x.dtype)
    return x.assign(x * momentum + value * (1 - momentum))


def count_params(x: Any) -> int:
    """Return how many numbers a variable or tensor holds."""
    return int(np.prod(x.shape.as_list()))


def print_tensor(x: Any, message: str = "", summarize: int = 3) -> Any:
    """Print a tensor when it is computed; return it."""
    tf.print(message, x, summarize=summarize)
    return x


def gradients(loss: Any, variables: Any) -> Any:
    """Raise: gradients come from a tape.

    Raises:
        RuntimeError: Always.
    """
    raise RuntimeError(
        "tf.keras.backend.gradients is not supported when eager execution is enabled: "
        "nothing remembers how a value was computed. Use tf.GradientTape instead."
    )
