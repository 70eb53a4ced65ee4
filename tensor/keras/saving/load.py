"""save_model and load_model: whole models, whatever the format."""

from __future__ import annotations

import os
import zipfile
from typing import Any

import tensor as tf
from tensor.keras.saving import folder, keras_file, legacy_file
from tensor.train.elsewhere import wait_for_chief


def save_model(
    model: Any, filepath: Any, overwrite: bool = True, **kwargs: Any
) -> None:
    """Write a whole model; see `Model.save`."""
    model.save(filepath, overwrite=overwrite, **kwargs)


def load_model(
    filepath: Any,
    custom_objects: Any = None,
    compile: bool = True,
    safe_mode: bool = True,
    **kwargs: Any,
) -> Any:
    """Return the model that a file or folder holds.

    Args:
        filepath: What `save` wrote.
        custom_objects: The classes and functions that users wrote, by name.
        compile: Whether to compile the model as it was.
        safe_mode: Whether code that a `.keras` file holds is refused.
        **kwargs: Accepted for compatibility.

    Raises:
        OSError: There is nothing at this path, or no model.
        ValueError: An object in it is not known.
    """
    path = os.fspath(filepath)
    wait_for_chief(path, folder.is_complete)
    if not os.path.exists(path):
        raise OSError(
            f"No file or directory found at {path}. Check the path: `model.save` "
            "writes "
            "to exactly the one it is given."
        )
    if os.path.isdir(path):
        if folder.is_model_folder(path):
            return folder.load(path, custom_objects, compile)
        if tf.saved_model.contains_saved_model(path):
            return tf.saved_model.load(path)
        raise OSError(
            f"SavedModel file does not exist at: {path}{os.sep}"
            "{saved_model.pbtxt|saved_model.pb}. The folder holds no model."
        )
    if zipfile.is_zipfile(path):
        return keras_file.load(path, custom_objects, compile, safe_mode)
    return legacy_file.load(path, custom_objects, compile)
