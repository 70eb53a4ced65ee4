"""Constraints: what a weight is projected onto after each update."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras import serialization, settings


class Constraint:
    """A function from a weight to a value that keeps a rule."""

    def __call__(self, w: Any) -> Any:
        return w

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal constraint."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make a constraint from what `get_config` returned."""
        return cls(**config)


def _norms(w: Any, axis: Any) -> Any:
    return tf.sqrt(tf.reduce_sum(tf.square(w), axis=axis, keepdims=True))


class MaxNorm(Constraint):
    """Shrinks the vectors along `axis` whose norm is above `max_value`."""

    def __init__(self, max_value: float = 2, axis: Any = 0) -> None:
        """Take the largest norm, and the axes along which it is computed."""
        self.max_value = max_value
        self.axis = axis

    def __call__(self, w: Any) -> Any:
        norms = _norms(w, self.axis)
        desired = tf.clip_by_value(norms, 0.0, float(self.max_value))
        return w * (desired / (settings.epsilon() + norms))

    def get_config(self) -> dict[str, Any]:
        return {"max_value": self.max_value, "axis": self.axis}


class NonNeg(Constraint):
    """Sets negative weights to zero."""

    def __call__(self, w: Any) -> Any:
        return w * tf.cast(tf.greater_equal(w, 0.0), w.dtype)


class UnitNorm(Constraint):
    """Scales the vectors along `axis` to norm one."""

    def __init__(self, axis: Any = 0) -> None:
        """Take the axes along which the norm is computed."""
        self.axis = axis

    def __call__(self, w: Any) -> Any:
        return w / (settings.epsilon() + _norms(w, self.axis))

    def get_config(self) -> dict[str, Any]:
        return {"axis": self.axis}


class MinMaxNorm(Constraint):
    """Moves the norms along `axis` into [min_value, max_value], at a given rate."""

    def __init__(
        self,
        min_value: float = 0.0,
        max_value: float = 1.0,
        rate: float = 1.0,
        axis: Any = 0,
    ) -> None:
        """Take the interval; `rate` 1 enforces it at once, less moves towards it."""
        self.min_value = min_value
        self.max_value = max_value
        self.rate = rate
        self.axis = axis

    def __call__(self, w: Any) -> Any:
        norms = _norms(w, self.axis)
        clipped = tf.clip_by_value(norms, float(self.min_value), float(self.max_value))
        desired = self.rate * clipped + (1 - self.rate) * norms
        return w * (desired / (settings.epsilon() + norms))

    def get_config(self) -> dict[str, Any]:
        return {
            "min_value": self.min_value,
            "max_value": self.max_value,
            "rate": self.rate,
            "axis": self.axis,
        }


class RadialConstraint(Constraint):
    """Makes kernels [rows, columns, inputs, outputs] rotationally symmetric."""

    def __call__(self, w: Any) -> Any:
        if w.shape.rank != 4:
            raise ValueError(
                "The weight tensor must have rank 4. Received weight tensor with "
                f"shape: {w.shape}"
            )
        size = w.shape[0]
        if size != w.shape[1]:
            raise ValueError(
                "The weight tensor must be square. Received weight tensor with shape: "
                f"{w.shape}"
            )
        # Each ring around the middle takes one element of the diagonal, as in Keras.
        half = size // 2
        first = half if size % 2 else half + 1
        diagonal = [half - 1, *range(first, size)]
        rings = [[_ring(i, j, size) for j in range(size)] for i in range(size)]
        return tf.stack(
            [tf.stack([w[diagonal[r], diagonal[r]] for r in row]) for row in rings]
        )


def _ring(i: int, j: int, size: int) -> int:
    """Return how many rings a place is away from the middle."""
    return max(size - 1 - min(i, j), max(i, j)) - size // 2


max_norm = MaxNorm
non_neg = NonNeg
unit_norm = UnitNorm
min_max_norm = MinMaxNorm
radial_constraint = RadialConstraint
maxnorm = MaxNorm
nonneg = NonNeg
unitnorm = UnitNorm

_BY_NAME = {
    "max_norm": MaxNorm,
    "non_neg": NonNeg,
    "unit_norm": UnitNorm,
    "min_max_norm": MinMaxNorm,
    "radial_constraint": RadialConstraint,
    **{
        c.__name__: c for c in (MaxNorm, NonNeg, UnitNorm, MinMaxNorm, RadialConstraint)
    },
    "maxnorm": MaxNorm,
    "nonneg": NonNeg,
    "unitnorm": UnitNorm,
}


def serialize(constraint: Any, use_legacy_format: bool = False) -> Any:
    """Return the configuration of a constraint."""
    return serialization.serialize_keras_object(constraint)


def deserialize(
    config: Any, custom_objects: Any = None, use_legacy_format: bool = False
) -> Any:
    """Return the constraint that a configuration or name describes."""
    return serialization.deserialize_keras_object(
        config, _BY_NAME, custom_objects, "constraint"
    )


def get(identifier: Any) -> Any:
    """Return the constraint that a name, configuration or function stands for.

    Raises:
        ValueError: It is none of these.
    """
    if identifier is None:
        return None
    if isinstance(identifier, str | dict):
        return deserialize(identifier)
    if isinstance(identifier, type):
        return identifier()
    if callable(identifier):
        return identifier
    raise ValueError(
        f"Could not interpret constraint function identifier: {identifier}"
    )
