"""Finding optimizers by name and configuration."""

from __future__ import annotations

from typing import Any

from tensor.keras import serialization
from tensor.keras.optimizers.adadelta import Adadelta as Adadelta
from tensor.keras.optimizers.adafactor import Adafactor as Adafactor
from tensor.keras.optimizers.adagrad import Adagrad as Adagrad
from tensor.keras.optimizers.adam import Adam as Adam
from tensor.keras.optimizers.adamax import Adamax as Adamax
from tensor.keras.optimizers.adamw import AdamW as AdamW
from tensor.keras.optimizers.ftrl import Ftrl as Ftrl
from tensor.keras.optimizers.lion import Lion as Lion
from tensor.keras.optimizers.nadam import Nadam as Nadam
from tensor.keras.optimizers.optimizer import Optimizer as Optimizer
from tensor.keras.optimizers.rmsprop import RMSprop as RMSprop
from tensor.keras.optimizers.sgd import SGD as SGD

_CLASSES = (
    Adadelta,
    Adafactor,
    Adagrad,
    Adam,
    AdamW,
    Adamax,
    Ftrl,
    Lion,
    Nadam,
    RMSprop,
    SGD,
)
BY_NAME = {c.__name__.lower(): c for c in _CLASSES}


def serialize(optimizer: Any, use_legacy_format: bool = False) -> Any:
    """Return the configuration of an optimizer."""
    return serialization.serialize_keras_object(optimizer)


def deserialize(
    config: Any,
    custom_objects: Any = None,
    use_legacy_format: bool = False,
    **kwargs: Any,
) -> Any:
    """Return the optimizer that a configuration or name describes."""
    by_name = BY_NAME
    if isinstance(config, dict):
        name, arguments = config["class_name"].lower(), config.get("config")
        if name in BY_NAME:
            config = {**config, "class_name": name}
        # Configurations of the older classes do not say which they are of.
        if arguments and not isinstance(arguments.get("is_legacy_optimizer"), bool):
            from tensor.keras.optimizers import legacy

            by_name = {**BY_NAME, **legacy.BY_NAME}
    return serialization.deserialize_keras_object(
        config, by_name, custom_objects, "optimizer"
    )


def get(identifier: Any, **kwargs: Any) -> Any:
    """Return the optimizer that a name, configuration or object stands for.

    Raises:
        ValueError: It is none of these.
    """
    if isinstance(identifier, Optimizer) or hasattr(identifier, "apply_gradients"):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        return deserialize({"class_name": identifier, "config": {}})
    raise ValueError(f"Could not interpret optimizer identifier: {identifier}")
