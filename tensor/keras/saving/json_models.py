"""Models as JSON text, without their weights."""

from __future__ import annotations

import json
from typing import Any

from tensor.keras import serialization

_KERAS_VERSION = "2.15.0"


def model_to_json(model: Any, **kwargs: Any) -> str:
    """Return a model's configuration as JSON."""
    record = {
        "class_name": type(model).__name__,
        "config": serialization.plain(model.get_config()),
        "keras_version": _KERAS_VERSION,
        "backend": "tensorflow",
    }
    registered = serialization.serialize_keras_object(model)["registered_name"]
    if registered:
        record["registered_name"] = registered
    return json.dumps(record, **kwargs)


def model_from_json(json_string: str, custom_objects: Any = None) -> Any:
    """Return the model that a JSON text describes, with new weights."""
    return model_from_config(json.loads(json_string), custom_objects)


def model_from_config(config: Any, custom_objects: Any = None) -> Any:
    """Return the model that a configuration describes, with new weights.

    Raises:
        TypeError: A list was given, as `Sequential.get_config` once returned.
    """
    if isinstance(config, list):
        raise TypeError(
            "`model_from_config` expects a dictionary, not a list. Received: "
            f"config={config}. Did you meant to use `Sequential.from_config(config)`?"
        )
    from tensor.keras.layers.lookup import deserialize

    return deserialize(config, custom_objects)


def model_from_yaml(yaml_string: str, custom_objects: Any = None) -> Any:
    """Raise: YAML could run code when it is read.

    Raises:
        RuntimeError: Always.
    """
    raise RuntimeError(
        "Method `model_from_yaml()` has been removed due to security risk of arbitrary "
        "code execution. Please use `Model.to_json()` and `model_from_json()` instead."
    )
