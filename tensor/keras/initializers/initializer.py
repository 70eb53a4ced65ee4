"""Initializer: a function from shape and dtype to a first value for a variable."""

from __future__ import annotations

import warnings
from typing import Any

import tensor as tf
from tensor.keras import settings
from tensor.keras.random_generator import RandomGenerator


class Initializer:
    """Base of all initializers. Subclasses define `__call__(shape, dtype=None)`."""

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        """Return a value of this shape and dtype.

        Raises:
            NotImplementedError: The subclass does not say how.
        """
        raise NotImplementedError(
            "Initializer subclasses must implement the `__call__()` method: "
            f"{type(self).__name__} must define `__call__`."
        )

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal initializer."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make an initializer from what `get_config` returned."""
        config = dict(config)
        config.pop("dtype", None)
        return cls(**config)


class RandomInitializer(Initializer):
    """An initializer that draws numbers.

    It gives the same numbers at every call with the same shape; Keras warns if one
    without a seed is used again, since that is seldom meant.
    """

    def __init__(self, seed: int | None = None) -> None:
        """Take the seed; without one a new one is chosen."""
        self.seed = seed
        self._generator = RandomGenerator(seed, rng_type="stateless")
        self._was_used = False

    def _warn_reuse(self) -> None:
        if self._was_used and self.seed is None:
            warnings.warn(
                f"The initializer {type(self).__name__} is unseeded and being called "
                "multiple times, which will return identical values each time (even "
                "if the initializer is unseeded). Please update your code to provide "
                "a seed to the initializer, or avoid using the same initializer "
                "instance more than once.",
                stacklevel=3,
            )
        self._was_used = True


def nonce_of(kwargs: dict[str, Any]) -> int | None:
    """Return what makes the numbers of this part of a variable its own."""
    offset = kwargs.get("partition_offset")
    return hash(tuple(offset)) if offset else None


def float_dtype(dtype: Any, name: str) -> Any:
    """Return the dtype to draw in, floatx by default.

    Raises:
        ValueError: It is no floating type.
    """
    kind = tf.as_dtype(settings.floatx() if dtype is None else dtype)
    if not kind.is_floating:
        raise ValueError(
            f"Expected floating point type, got {kind!r} (initializer {name})."
        )
    return kind


def part_of(
    shape: Any, name: str, kwargs: dict[str, Any], can_be_partitioned: bool = True
) -> Any:
    """Return the shape of what is wanted: a variable's, or that of a part of it.

    Raises:
        TypeError: There is a keyword that no initializer takes.
        ValueError: A part is wanted of a value that has to be made as a whole.
    """
    allowed = ["partition_shape", "partition_offset", "layout"]
    unknown = [keyword for keyword in kwargs if keyword not in allowed]
    if unknown:
        raise TypeError(
            f"Unknown keyword arguments: {unknown}. Allowed keyword arguments: "
            f"{allowed}."
        )
    if not can_be_partitioned and kwargs.keys() & {"partition_shape", allowed[1]}:
        raise ValueError(
            f"{name} initializer doesn't support partition-related arguments."
        )
    part = kwargs.get("partition_shape")
    return shape if part is None else part


def dims_of(shape: Any) -> tuple[int, ...]:
    """Return a shape argument as a tuple of ints."""
    dims: Any = tf.TensorShape(shape).as_list()
    return tuple(int(d) for d in dims)
