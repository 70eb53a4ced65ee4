"""The .keras format: a zip file with configuration, metadata and weights."""

from __future__ import annotations

import datetime
import io
import json
import zipfile
from typing import Any

from tensor.keras import registration, serialization
from tensor.keras.saving import weights_file
from tensor.keras.saving.hdf5 import h5py
from tensor.keras.saving.safe_mode import safe_mode as safe_mode_scope
from tensor.train.replacing import replacing

_CONFIG, _METADATA, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"


def save(model: Any, path: str) -> None:
    """Write a model; the file appears complete or not at all."""
    config = serialization.serialize_keras_object(model)
    compile_config = model.get_compile_config()
    if compile_config:
        config["compile_config"] = compile_config
    now = datetime.datetime.now().strftime("%Y-%m-%d@%H:%M:%S")
    metadata = {"keras_version": "2.15.0", "date_saved": now}
    weights = io.BytesIO()
    with h5py().File(weights, "w") as file:
        weights_file.save(model, file)
    with replacing(path) as draft, zipfile.ZipFile(draft, "w") as archive:
        archive.writestr(_METADATA, json.dumps(metadata))
        archive.writestr(_CONFIG, json.dumps(serialization.plain(config)))
        archive.writestr(_WEIGHTS, weights.getvalue())


def load(
    path: str,
    custom_objects: Any = None,
    compile: bool = True,
    safe_mode: bool = True,
) -> Any:
    """Return the model that a file holds.

    Raises:
        ValueError: An object in it is not known.
    """
    from tensor.keras.layers.lookup import deserialize

    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read(_CONFIG))
        weights = io.BytesIO(archive.read(_WEIGHTS))
    with (
        registration.custom_object_scope(custom_objects or {}),
        safe_mode_scope(safe_mode),
    ):
        model = deserialize(config, custom_objects)
        compile_config = config.get("compile_config")
        if compile and compile_config:
            model.compile_from_config(compile_config)
    with h5py().File(weights, "r") as file:
        weights_file.load(model, file)
    return model


def load_weights(model: Any, path: str, skip_mismatch: bool = False) -> None:
    """Read only the weights of a file into a model."""
    with zipfile.ZipFile(path) as archive:
        weights = io.BytesIO(archive.read(_WEIGHTS))
    with h5py().File(weights, "r") as file:
        weights_file.load(model, file, skip_mismatch)
