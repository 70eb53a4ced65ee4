"""tf.keras.saving: files and configurations.

From the ground up::

    hdf5            h5py, an extra
    weights_file    weights in HDF5, by objects      legacy_weights  by layers
    keras_file      .keras     legacy_file  .h5      folder          SavedModel and more
    model_files     the methods of models            load            whatever the format
"""

from __future__ import annotations

import importlib
from typing import Any

from tensor.keras.registration import (
    custom_object_scope as custom_object_scope,
    get_custom_objects as get_custom_objects,
    get_registered_name as get_registered_name,
    get_registered_object as get_registered_object,
    register_keras_serializable as register_keras_serializable,
)


def __getattr__(name: str) -> Any:
    # Models import this package: what needs models loads later.
    places = {
        "load_model": "tensor.keras.saving.load",
        "save_model": "tensor.keras.saving.load",
        "deserialize_keras_object": "tensor.keras.serialization",
        "serialize_keras_object": "tensor.keras.serialization",
    }
    if name not in places:
        raise AttributeError(f"tf.keras.saving.{name} is not part of ringflow.")
    return getattr(importlib.import_module(places[name]), name)
