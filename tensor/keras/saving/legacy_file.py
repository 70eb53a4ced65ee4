"""The .h5 format: configuration, weights and optimizer in one HDF5 file."""

from __future__ import annotations

import json
from typing import Any

from tensor.keras import registration, serialization
from tensor.keras.saving import legacy_weights
from tensor.keras.saving.hdf5 import h5py
from tensor.train.replacing import replacing


def save(model: Any, path: str, include_optimizer: bool = True) -> None:
    """Write a model; the file appears complete or not at all.

    Raises:
        NotImplementedError: The model is subclassed: its structure is in its code.
        ValueError: The model is a stack that is not built yet.
    """
    if model._goes_by_layers() and model._layer_graph is None:
        raise ValueError(
            f"Weights for model '{model.name}' have not yet been created. Weights are "
            "created when the model is first called on inputs or `build()` is called "
            "with an `input_shape`."
        )
    if model._layer_graph is None:
        raise NotImplementedError(
            "Saving the model to HDF5 format requires the model to be a Functional "
            "model or a Sequential model. It does not work for subclassed models, "
            "because such models are defined via the body of a Python method, which "
            "isn't safely serializable. Consider saving to the .keras format or using "
            "`save_weights`."
        )
    with replacing(path) as draft, h5py().File(draft, "w") as file:
        record = {
            "class_name": type(model).__name__,
            "config": serialization.plain(model.get_config()),
        }
        file.attrs["model_config"] = json.dumps(record).encode()
        file.attrs["backend"] = b"tensorflow"
        file.attrs["keras_version"] = b"2.15.0"
        legacy_weights.save(model, file.create_group("model_weights"))
        compile_config = model.get_compile_config()
        if include_optimizer and compile_config:
            training = {
                **compile_config,
                "optimizer_config": compile_config["optimizer"],
            }
            file.attrs["training_config"] = json.dumps(training).encode()
            legacy_weights.save_optimizer(model.optimizer, file)


def load(path: str, custom_objects: Any = None, compile: bool = True) -> Any:
    """Return the model that a file holds.

    Raises:
        ValueError: It holds weights only, or an object in it is not known.
    """
    from tensor.keras.saving.json_models import model_from_config

    with h5py().File(path, "r") as file:
        if "model_config" not in file.attrs:
            raise ValueError(
                f"No model config found in the file at {path}. It may hold weights "
                "only: use `model.load_weights`."
            )
        config = _json(file.attrs["model_config"])
        with registration.custom_object_scope(custom_objects or {}):
            model = model_from_config(config, custom_objects)
            legacy_weights.load(model, file["model_weights"])
            training = file.attrs.get("training_config")
            if compile and training is not None:
                _compile(model, _json(training), file)
    return model


def _compile(model: Any, training: dict[str, Any], file: Any) -> None:
    config = dict(training)
    optimizer = config.pop("optimizer_config")
    name = str(optimizer["class_name"])
    config["optimizer"] = {**optimizer, "class_name": name.removeprefix("Custom>")}
    metrics = config.get("metrics")
    if metrics and all(isinstance(m, list) for m in metrics) and len(metrics) == 1:
        config["metrics"] = metrics[0]
    model.compile_from_config(config)
    legacy_weights.load_optimizer(model, file)


def _json(text: Any) -> Any:
    return json.loads(text.decode() if isinstance(text, bytes) else text)
