"""A model as a folder: a SavedModel, and what Keras needs to make the model again."""

from __future__ import annotations

import contextlib
import json
import os
from typing import Any

import tensor as tf
from tensor.keras import registration, serialization
from tensor.keras.engine import automatic_config
from tensor.train.replacing import replacing

_RECORD = "keras_model.json"
_STATE = os.path.join("keras_state", "state")


def save(model: Any, path: str, signatures: Any = None, options: Any = None) -> None:
    """Write a model into a folder.

    The traced call and the variables make a SavedModel, which loads without the
    model's code; configuration and state let Keras make the model itself again.
    """
    os.makedirs(path, exist_ok=True)
    tf.saved_model.save(model, path, signatures=signatures, options=options)
    for name in ("assets", "variables"):
        os.makedirs(os.path.join(path, name), exist_ok=True)
    config: Any = None  # of a subclassed model: its structure is in its code
    if automatic_config.is_known(model):
        with contextlib.suppress(NotImplementedError, ValueError):
            config = serialization.plain(serialization.serialize_keras_object(model))
            config["compile_config"] = serialization.plain(model.get_compile_config())
    record = {
        "name": model.name,
        "class_name": type(model).__name__,
        "config": config,
    }
    tf.train.Checkpoint(root=model).write(os.path.join(path, _STATE))
    with (
        replacing(os.path.join(path, _RECORD)) as draft,
        open(draft, "w", encoding="utf-8") as file,
    ):
        json.dump(record, file)


def is_model_folder(path: str) -> bool:
    """Return whether a folder holds a model that `save` wrote."""
    return os.path.isfile(os.path.join(path, _RECORD))


def is_complete(path: str) -> bool:
    """Return whether a saved model is there, as a file or as a whole folder."""
    return os.path.isfile(path) or is_model_folder(path)


def load(path: str, custom_objects: Any = None, compile: bool = True) -> Any:
    """Return the model that a folder holds.

    A model of which a class is not known comes back as a `RevivedModel`.
    """
    from tensor.keras.layers.lookup import deserialize
    from tensor.keras.saving.revived import revive

    with open(os.path.join(path, _RECORD), encoding="utf-8") as file:
        record = json.load(file)
    config = record["config"]
    if config is None or not _is_known(config, custom_objects):
        return revive(path, record["class_name"], record["name"])
    with registration.custom_object_scope(custom_objects or {}):
        model = deserialize(config, custom_objects)
        compile_config = config.get("compile_config")
        if compile and compile_config:
            model.compile_from_config(compile_config)
    tf.train.Checkpoint(root=model).read(os.path.join(path, _STATE)).expect_partial()
    return model


def _is_known(config: Any, custom_objects: Any) -> bool:
    """Return whether the classes of the model and of what it holds can be found."""
    if isinstance(config, list):
        return all(_is_known(part, custom_objects) for part in config)
    if not isinstance(config, dict):
        return True
    parts = [part for key, part in config.items() if key != "compile_config"]
    if not all(_is_known(part, custom_objects) for part in parts):
        return False
    if "class_name" not in config or "module" not in config:
        return True
    if str(config["module"] or "").startswith(("keras", "builtins")):
        return True
    return any(
        name and registration.get_registered_object(name, custom_objects) is not None
        for name in (config.get("registered_name"), config["class_name"])
    )
