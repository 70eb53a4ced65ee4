"""tf.saved_model.load: objects with variables and functions, without their code."""

from __future__ import annotations

import json
import os
from typing import Any

from tensor.core import nest
from tensor.core.module import Module
from tensor.core.public_api import export
from tensor.core.shapes import TensorShape
from tensor.core.variable import (
    Variable,
    VariableAggregation,
    VariableSynchronization,
)
from tensor.saved_model.assets import Asset
from tensor.saved_model.program_data import Reader
from tensor.saved_model.restored import restored_function
from tensor.saved_model.saving import ASSETS, FILENAME, FORMAT, VARIABLES
from tensor.saved_model.signatures import Signature, SignatureMap
from tensor.saved_model.tables import read_table
from tensor.train.bundle import BundleReader


@export("saved_model.LoadOptions")
class LoadOptions:
    """Options for loading; accepted, and of no effect here."""

    def __init__(self, **options: Any) -> None:
        self.__dict__.update(options)


@export("saved_model.contains_saved_model")
def contains_saved_model(export_dir: Any) -> bool:
    """Return whether a folder holds what `save` wrote."""
    return os.path.exists(os.path.join(os.fspath(export_dir), FILENAME))


class _UnlessSaved:
    """A property of modules; an attribute of that name that was saved comes first."""

    def __init__(self, name: str) -> None:
        self._of_module = getattr(Module, name).fget

    def __get__(self, owner: Any, cls: type) -> Any:
        return self if owner is None else self._of_module(owner)


class Restored(Module):
    """An object that was loaded: its attributes are what the saved one had."""

    variables = _UnlessSaved("variables")
    trainable_variables = _UnlessSaved("trainable_variables")
    non_trainable_variables = _UnlessSaved("non_trainable_variables")


class CallableRestored(Restored):
    """An object that was loaded and whose `__call__` was saved."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function that was saved as `__call__`."""
        return vars(self)["__call__"](*args, **kwargs)


@export("saved_model.load")
def load(export_dir: Any, tags: Any = None, options: Any = None) -> Any:
    """Load what `save` wrote.

    Args:
        export_dir: The folder.
        tags: The tags of the graph to load; there is one, tagged "serve".
        options: Accepted for compatibility.

    Returns:
        An object with the saved one's variables, parts and functions, and with
        `signatures`, functions by name.

    Raises:
        OSError: The folder holds no saved model.
        ValueError: It was written by another version, or `tags` are others.
    """
    folder = os.fspath(export_dir)
    if not contains_saved_model(folder):
        raise OSError(
            f"SavedModel file does not exist at: {folder}{os.path.sep}{FILENAME}. A "
            "model saved by TensorFlow itself (saved_model.pb) cannot be loaded: only "
            "its variables can, by tf.train.load_checkpoint on its folder variables."
        )
    with open(os.path.join(folder, FILENAME), encoding="utf-8") as file:
        saved = json.load(file)
    if saved["format"] != FORMAT:
        what = "Upgrade ringflow" if saved["format"] > FORMAT else "Save it again"
        raise ValueError(
            f"The model in {folder} has format {saved['format']}; this version of "
            f"ringflow reads format {FORMAT}. {what}."
        )
    if tags is not None and nest.flatten(tags) != ["serve"]:
        raise ValueError(
            f"Got an incompatible argument to `tags`: {tags}. The SavedModel at "
            f"{folder} has one MetaGraph with tags ['serve']: omit the argument."
        )
    reader = BundleReader(os.path.join(folder, VARIABLES))
    return _Loader(saved, reader, os.path.join(folder, ASSETS)).root()


class _Loader:
    """Makes the objects that a saved model describes."""

    def __init__(self, saved: Any, tensors: BundleReader, assets: str) -> None:
        self._saved = saved
        self._assets = assets
        self._tensors = tensors
        self._described = saved["objects"]
        self._objects: dict[int, Any] = {}
        self._reader = Reader(tensors, self._objects)
        for number, described in enumerate(self._described):
            if described["kind"] == "variable":
                self._objects[number] = self._variable(described)
            elif described["kind"] == "table":
                self._objects[number] = read_table(described, self._reader)

    def _variable(self, described: Any) -> Variable:
        array = self._tensors.get_tensor(described["key"])
        variable = Variable(
            array,
            trainable=described["trainable"],
            name=described["name"],
            dtype=described["dtype"],
            shape=TensorShape(described["shape"]),
            synchronization=VariableSynchronization[
                described.get("synchronization", "AUTO")  # older files do not say
            ],
            aggregation=VariableAggregation[described.get("aggregation", "NONE")],
        )
        if variable.aggregation is VariableAggregation.SUM:
            variable.assign(array)  # replicas that sum it get a part each
        return variable

    def root(self) -> Any:
        """Return the saved object."""
        root = self._object(0)
        root.signatures = SignatureMap(
            {
                name: Signature(restored_function(data, self._reader, name))
                for name, data in self._saved["signatures"].items()
            }
        )
        return root

    def _object(self, number: int) -> Any:
        if number in self._objects:
            return self._objects[number]
        described = self._described[number]
        if described["kind"] == "list":
            made: Any = [
                self._object(child) for child in described["children"].values()
            ]
            self._objects[number] = made
            return made
        if described["kind"] == "function":
            made = restored_function(described, self._reader, "function")
            self._objects[number] = made
            return made
        if described["kind"] == "dict":
            made = self._objects[number] = {}
            for name, child in described["children"].items():
                made[name] = self._object(child)
            return made
        if "asset" in described:
            made = Asset(os.path.join(self._assets, described["asset"]))
            path = self._object(described["children"]["path_variable"])
            path.assign(made.asset_path)
            made.path_variable = path
            self._objects[number] = made
            return made
        functions = described["functions"]
        made = CallableRestored() if "__call__" in functions else Restored()
        self._objects[number] = made
        for name, child in described["children"].items():
            object.__setattr__(made, name, self._object(child))
        for name, data in functions.items():
            object.__setattr__(made, name, restored_function(data, self._reader, name))
        return made
