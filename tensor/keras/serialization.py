"""Configurations: objects as plain dictionaries that JSON can hold, and back.

An object becomes `{"module", "class_name", "config", "registered_name"}`, as Keras 2.13
and later writes it. The older `{"class_name", "config"}` is read as well.
"""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import numpy as np

import tensor as tf
from tensor.keras import registration


def serialize_keras_object(obj: Any) -> Any:
    """Return the configuration of an object, or a function's name.

    Raises:
        TypeError: The object has no `get_config`.
    """
    if obj is None or isinstance(obj, str | bool | int | float):
        return obj
    if inspect.isfunction(obj) or inspect.isbuiltin(obj):
        return function_name(obj)
    if not hasattr(obj, "get_config"):
        if hasattr(obj, "__name__"):
            return function_name(obj)
        raise TypeError(
            f"Cannot serialize object {obj!r} of type {type(obj)}. To be serializable, "
            "a class must implement the `get_config()` method."
        )
    config = plain(obj.get_config())
    registered = registration.registered_name_or_none(type(obj))
    result = {
        "module": module_of(type(obj)),
        "class_name": type(obj).__name__,
        "config": config,
        "registered_name": registered,
    }
    if result["module"] is None or not result["module"].startswith("keras"):
        result["registered_name"] = registered or type(obj).__name__
    if hasattr(obj, "get_build_config"):
        build_config = obj.get_build_config()
        if build_config is not None:
            result["build_config"] = plain(build_config)
    return result


def serialize_function_or_object(obj: Any) -> Any:
    """Return the configuration of an object, or of a function by itself."""
    if not inspect.isfunction(obj):
        return serialize_keras_object(obj)
    return {
        "module": "builtins",
        "class_name": "function",
        "config": function_name(obj),
        "registered_name": "function",
    }


def function_name(function: Any) -> str:
    """Return the name by which a function is found again."""
    return registration.registered_name_or_none(function) or function.__name__


def module_of(cls: type) -> str | None:
    """Return the public module of a class: `keras.layers` for those of Keras."""
    module = cls.__module__
    if module.startswith("tensor.keras."):
        public = module.removeprefix("tensor.").split(".")[:2]
        if public[1] == "engine":
            return "keras.layers" if cls.__name__ == "InputLayer" else "keras"
        if module.startswith("tensor.keras.optimizers.") and module.split(".")[3] in (
            "legacy",
            "schedules",
        ):
            return f"{'.'.join(public)}.{module.split('.')[3]}"
        return ".".join(public)
    return None if module in ("builtins", "__main__") else module


def plain(value: Any) -> Any:
    """Return a configuration with values that JSON can hold."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, tuple):
        return tuple(plain(v) for v in value)
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, tf.TensorShape):
        return None if value.rank is None else tuple(value.as_list())
    if isinstance(value, tf.DType):
        return value.name
    if isinstance(value, tf.Tensor | tf.Variable):
        return plain(value.numpy())
    if callable(value) or hasattr(value, "get_config"):
        return serialize_keras_object(value)
    return value


def deserialize_keras_object(
    config: Any,
    module_objects: dict[str, Any] | None = None,
    custom_objects: dict[str, Any] | None = None,
    printable_module_name: str = "object",
) -> Any:
    """Return the object that a configuration describes.

    Args:
        config: A dictionary made by `serialize_keras_object`, or a name.
        module_objects: The classes and functions that names stand for.
        custom_objects: More of them, which come first.
        printable_module_name: What the object is, for the error.

    Raises:
        ValueError: The name is not known.
    """
    if config is None:
        return None
    if isinstance(config, dict) and config.get("class_name") == "function":
        config = config["config"]
    if isinstance(config, str):
        found = registration.get_registered_object(
            config, custom_objects, module_objects
        )
        if found is None:
            raise _unknown(config, printable_module_name)
        return found() if inspect.isclass(found) else found
    if config == {}:
        raise ValueError(f"Cannot deserialize empty config. Received: config={config}")
    if not isinstance(config, dict) or "class_name" not in config:
        raise ValueError(
            f"Improper config format for {config}. Expecting python dict contains "
            "`class_name` and `config` as keys"
        )
    cls = _find_class(config, module_objects, custom_objects, printable_module_name)
    return _instantiate(cls, config, custom_objects)


def _find_class(
    config: dict[str, Any],
    module_objects: dict[str, Any] | None,
    custom_objects: dict[str, Any] | None,
    what: str,
) -> Any:
    for name in (config.get("registered_name"), config["class_name"]):
        if name:
            found = registration.get_registered_object(
                name, custom_objects, module_objects
            )
            if found is not None:
                return found
    module = config.get("module")
    if module and module.startswith("keras"):
        # The class may be of another family than the caller expects.
        try:
            home = importlib.import_module(f"tensor.{module}")
        except ImportError:
            home = None
        found = getattr(home, config["class_name"], None)
        if found is not None:
            return found
    if "registered_name" in config:  # the format of `.keras` files
        raise TypeError(
            f"Could not locate class '{config['class_name']}'. Make sure custom "
            "classes are decorated with "
            "`@keras.saving.register_keras_serializable()`, or pass them in "
            f"`custom_objects`. Full object config: {config}"
        )
    raise _unknown(config["class_name"], what)


def _unknown(name: str, what: str) -> ValueError:
    return ValueError(
        f"Unknown {what}: '{name}'. Please ensure you are using a "
        "`keras.utils.custom_object_scope` and that this object is included in the "
        "scope, or pass it in `custom_objects`."
    )


def _instantiate(cls: Any, config: dict[str, Any], custom_objects: Any) -> Any:
    if inspect.isfunction(cls):
        return cls
    values = config.get("config", {})
    with registration.custom_object_scope(custom_objects or {}):
        from_config = getattr(cls, "from_config", None)
        made = cls(**values) if from_config is None else from_config(values)
        build_config = config.get("build_config")
        if build_config and not getattr(made, "built", True):
            made.build_from_config(build_config)
    return made
