"""Regularizers: penalties on weights or outputs, added to the loss."""

from __future__ import annotations

import math
import numbers
from typing import Any

import numpy as np

import tensor as tf
from tensor.keras import serialization


class Regularizer:
    """A function from a tensor to a penalty. Subclasses define `__call__`."""

    def __call__(self, x: Any) -> Any:
        return 0.0

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make a regularizer from what `get_config` returned."""
        return cls(**config)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal regularizer.

        Raises:
            NotImplementedError: The subclass does not say.
        """
        raise NotImplementedError(
            f"{self} does not implement get_config(): {type(self).__name__} must "
            "define `get_config`."
        )


def _checked(value: Any, name: str) -> float:
    """Return a penalty's factor.

    Raises:
        ValueError: It is no finite number.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real | np.generic):
        raise ValueError(
            f"Value {value} is not a valid regularization penalty number, expected an "
            f"int or float value. Received: {name}={value!r}"
        )
    if not math.isfinite(value):
        raise ValueError(
            f"Value {value} is not a valid regularization penalty number, an infinite "
            f"number or NaN are not valid values. Received: {name}={value!r}"
        )
    return float(value)


def _only(value: float, kwargs: dict[str, Any]) -> float:
    """Return a penalty's factor, which may come under its old name `l`.

    Raises:
        TypeError: There is another keyword.
    """
    old = kwargs.pop("l", None)
    if kwargs:
        raise TypeError(f"Argument(s) not recognized: {kwargs}")
    value = value if old is None else old
    return 0.01 if value is None else value


class L1L2(Regularizer):
    """l1 * sum|x| + l2 * sum x²."""

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        """Take both factors."""
        self.l1 = _checked(0.0 if l1 is None else l1, "l1")
        self.l2 = _checked(0.0 if l2 is None else l2, "l2")

    def __call__(self, x: Any) -> Any:
        total = tf.constant(0.0, dtype=x.dtype)
        if self.l1:
            total = total + self.l1 * tf.reduce_sum(tf.abs(x))
        if self.l2:
            total = total + self.l2 * tf.reduce_sum(tf.square(x))
        return total

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1, "l2": self.l2}


class L1(Regularizer):
    """l1 * sum|x|."""

    def __init__(self, l1: float = 0.01, **kwargs: Any) -> None:
        """Take the factor, also under its old name `l`."""
        self.l1 = _checked(_only(l1, kwargs), "l1")

    def __call__(self, x: Any) -> Any:
        return self.l1 * tf.reduce_sum(tf.abs(x))

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1}


class L2(Regularizer):
    """l2 * sum x²."""

    def __init__(self, l2: float = 0.01, **kwargs: Any) -> None:
        """Take the factor, also under its old name `l`."""
        self.l2 = _checked(_only(l2, kwargs), "l2")

    def __call__(self, x: Any) -> Any:
        return self.l2 * tf.reduce_sum(tf.square(x))

    def get_config(self) -> dict[str, Any]:
        return {"l2": self.l2}


class OrthogonalRegularizer(Regularizer):
    """Pushes the rows (or columns) of a matrix towards orthogonality."""

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        """Take the factor, and which of "rows" and "columns" to push apart.

        Raises:
            ValueError: `mode` is neither.
        """
        self.factor = _checked(factor, "factor")
        if mode not in {"rows", "columns"}:
            raise ValueError(
                'Invalid value for argument `mode`. Expected one of {"rows", '
                f'"columns"}}. Received: mode={mode}'
            )
        self.mode = mode

    def __call__(self, x: Any) -> Any:
        if x.shape.rank != 2:
            raise ValueError(
                "Inputs to OrthogonalRegularizer must have rank 2. Received: "
                f"inputs.shape == {x.shape}"
            )
        axis = 1 if self.mode == "rows" else 0
        unit = tf.math.l2_normalize(x, axis=axis)
        by_rows = self.mode == "rows"
        products = tf.matmul(unit, unit, transpose_a=not by_rows, transpose_b=by_rows)
        size = x.shape[1 - axis]
        outside = products * (1.0 - tf.eye(size, dtype=x.dtype))
        pairs = size * (size - 1.0) / 2.0
        return self.factor * 0.5 * tf.reduce_sum(tf.abs(outside)) / pairs

    def get_config(self) -> dict[str, Any]:
        return {"factor": self.factor, "mode": self.mode}


def l1_l2(l1: float = 0.01, l2: float = 0.01) -> L1L2:
    """Return a regularizer with both penalties."""
    return L1L2(l1=l1, l2=l2)


l1 = L1
l2 = L2
orthogonal_regularizer = OrthogonalRegularizer

_BY_NAME = {
    "l1": L1,
    "l2": L2,
    "l1_l2": L1L2,
    "L1": L1,
    "L2": L2,
    "L1L2": L1L2,
    "orthogonal_regularizer": OrthogonalRegularizer,
    "OrthogonalRegularizer": OrthogonalRegularizer,
}


def serialize(regularizer: Any, use_legacy_format: bool = False) -> Any:
    """Return the configuration of a regularizer."""
    return serialization.serialize_keras_object(regularizer)


def deserialize(
    config: Any, custom_objects: Any = None, use_legacy_format: bool = False
) -> Any:
    """Return the regularizer that a configuration or name describes."""
    if config == "l1_l2":
        return L1L2(l1=0.01, l2=0.01)
    return serialization.deserialize_keras_object(
        config, _BY_NAME, custom_objects, "regularizer"
    )


def get(identifier: Any) -> Any:
    """Return the regularizer that a name, configuration or function stands for.

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
    raise ValueError(f"Could not interpret regularizer identifier: {identifier}")
