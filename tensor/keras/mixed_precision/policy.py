"""Policy: which dtype a layer computes in, and which its weights have."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras import settings


class Policy:
    """The dtypes of a layer: "float32", or "mixed_float16" and "mixed_bfloat16"."""

    def __init__(self, name: str) -> None:
        """Take a dtype's name, or one of the mixed ones.

        Raises:
            TypeError: It is no string.
            ValueError: There is no such dtype.
        """
        if isinstance(name, tf.DType):
            name = name.name
        if not isinstance(name, str):
            raise TypeError(f"'name' must be a string, but got: {name}")
        self._name = name
        if name in {"mixed_float16", "mixed_bfloat16"}:
            self._compute_dtype: str | None = name.removeprefix("mixed_")
            self._variable_dtype: str | None = "float32"
        elif name == "_infer":
            self._compute_dtype = self._variable_dtype = None
        else:
            try:
                self._compute_dtype = self._variable_dtype = tf.as_dtype(name).name
            except TypeError:
                raise ValueError(
                    f"Cannot convert value {name} to a mixed precision Policy. Valid "
                    "policies include 'mixed_float16', 'mixed_bfloat16', and the name "
                    "of any dtype such as 'float32'."
                ) from None

    @property
    def name(self) -> str:
        """The name it was made from."""
        return self._name

    @property
    def compute_dtype(self) -> str | None:
        """The dtype of computations."""
        return self._compute_dtype

    @property
    def variable_dtype(self) -> str | None:
        """The dtype of weights."""
        return self._variable_dtype

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal policy."""
        return {"name": self._name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Policy:
        """Make a policy from what `get_config` returned."""
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Policy) and self._name == other._name

    def __hash__(self) -> int:
        return hash(self._name)

    def __repr__(self) -> str:
        return f'<Policy "{self._name}">'


class _Global:
    """The policy of layers that are given none; None stands for the float type."""

    policy: Policy | None = None


def global_policy() -> Policy:
    """Return the policy of layers that are given no dtype."""
    return _Global.policy or Policy(settings.floatx())


def set_global_policy(policy: Any) -> None:
    """Set the policy of layers that are given no dtype."""
    _Global.policy = None if policy is None else as_policy(policy)


def as_policy(value: Any) -> Policy:
    """Return a layer's `dtype` argument as a policy."""
    if isinstance(value, Policy):
        return value
    if isinstance(value, dict):
        return Policy(value["config"]["name"])
    if value is None:
        return global_policy()
    return Policy(tf.as_dtype(value).name if isinstance(value, type) else value)


def serialize(policy: Policy) -> Any:
    """Return what a layer's configuration says of its dtype."""
    if policy.compute_dtype == policy.variable_dtype:
        return policy.name
    return {
        "module": "keras.mixed_precision",
        "class_name": "Policy",
        "config": policy.get_config(),
        "registered_name": None,
    }
