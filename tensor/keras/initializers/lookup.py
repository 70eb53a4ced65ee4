"""Finding initializers by name and configuration."""

from __future__ import annotations

from typing import Any

from tensor.keras import serialization
from tensor.keras.initializers.constant import Constant, Identity, Ones, Zeros
from tensor.keras.initializers.random import (
    Orthogonal,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
)
from tensor.keras.initializers.variance_scaling import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    VarianceScaling,
)
from tensor.keras.settings import snake_case

_CLASSES = (
    Constant,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Identity,
    LecunNormal,
    LecunUniform,
    Ones,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
    Zeros,
)
BY_NAME: dict[str, Any] = {
    **{c.__name__: c for c in _CLASSES},
    **{snake_case(c.__name__): c for c in _CLASSES},
    "zero": Zeros,
    "one": Ones,
    "normal": RandomNormal,
    "uniform": RandomUniform,
    "IdentityInitializer": Identity,
    "OrthogonalInitializer": Orthogonal,
}


def serialize(initializer: Any, use_legacy_format: bool = False) -> Any:
    """Return the configuration of an initializer."""
    return serialization.serialize_keras_object(initializer)


def deserialize(
    config: Any, custom_objects: Any = None, use_legacy_format: bool = False
) -> Any:
    """Return the initializer that a configuration or name describes."""
    return serialization.deserialize_keras_object(
        config, BY_NAME, custom_objects, "initializer"
    )


def get(identifier: Any) -> Any:
    """Return the initializer that a name, configuration, class or function stands for.

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
    raise ValueError(f"Could not interpret initializer identifier: {identifier}")
