"""Initializers that draw nothing: Zeros, Ones, Constant, Identity."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras import settings
from tensor.keras.initializers.initializer import (
    Initializer,
    dims_of,
    float_dtype,
    part_of,
)


def _checked_dtype(dtype: Any) -> Any:
    kind = tf.as_dtype(settings.floatx() if dtype is None else dtype)
    if not (kind.is_numeric or kind.is_bool):
        raise ValueError(f"Expected numeric or boolean dtype, got {kind!r}.")
    return kind


class Zeros(Initializer):
    """All zeros."""

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        shape = part_of(shape, "Zeros", kwargs)
        return tf.zeros(dims_of(shape), _checked_dtype(dtype))


class Ones(Initializer):
    """All ones."""

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        shape = part_of(shape, "Ones", kwargs)
        return tf.ones(dims_of(shape), _checked_dtype(dtype))


class Constant(Initializer):
    """One value, or given values in the variable's shape."""

    def __init__(self, value: Any = 0) -> None:
        """Take the value: a number, or as many as the variable has elements."""
        self.value = value

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        shape = part_of(shape, "Constant", kwargs)
        kind = tf.as_dtype(settings.floatx() if dtype is None else dtype)
        return tf.constant(self.value, dtype=kind, shape=dims_of(shape))

    def get_config(self) -> dict[str, Any]:
        return {"value": self.value}


class Identity(Initializer):
    """The identity matrix, times `gain`."""

    def __init__(self, gain: float = 1.0) -> None:
        """Take the factor."""
        self.gain = gain

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        part_of(shape, "Identity", kwargs, can_be_partitioned=False)
        kind = float_dtype(dtype, "Identity")
        dims = dims_of(shape)
        if len(dims) != 2:
            raise ValueError(
                "Identity matrix initializer can only be used for 2D matrices. "
                f"Received: shape={shape} of rank {len(dims)}."
            )
        return self.gain * tf.eye(dims[0], dims[1], dtype=kind)

    def get_config(self) -> dict[str, Any]:
        return {"gain": self.gain}
