"""tf.saved_model.load: objects with variables and functions, without their code."""

from __future__ import annotations

import json
import os
from typing import Any

from tensor.core import nest
from tensor.core.module import Module
from tensor.core.public_api import export
from tensor.core.shapes import TensorShape
from tensor.core.tensor_spec import TensorSpec
from tensor.core.variable import (
    Variable,
    VariableAggregation,
    VariableSynchronization,
)
from tensor.saved_model.assets import Asset
from tensor.saved_model.function_data import RestoredFunction, RestoredTrace
from tensor.saved_model.program_data import Reader
from tensor.saved_model.saving import ASSETS, FILENAME, FORMAT, VARIABLES
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


class Restored(Module):
    """An object that was loaded: its attributes are what the saved one had."""


class CallableRestored(Restored):
    """An object that was loaded and whose `__call__` was saved."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function that was saved as `__call__`."""
        return vars(self)["__call__"](*args, **kwargs)


class Signature:
    """A function with named tensors in and out."""

    def __init__(self, trace: RestoredTrace, outputs: list[str]) -> None:
        self._trace = trace
        self._output_names = outputs

    @property
    def structured_input_signature(self) -> Any:
        """The specs of the arguments: all by name."""
        names = zip(self._trace.leaf_names, self._trace.specs, strict=True)
        return (), dict(names)

    @property
    def structured_outputs(self) -> dict[str, Any]:
        """The specs of the results, by name."""
        specs = self._named(self._trace.structured_outputs)
        return {k: TensorSpec(s.shape, s.dtype, name=k) for k, s in specs.items()}

    def __call__(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Call with tensors by name; a single one may come without.

        Raises:
            TypeError: Arguments are missing, or there are others.
        """
        names = self._trace.leaf_names
        if args and len(names) == 1 and not kwargs:
            kwargs = {names[0]: args[0]}
        elif args or set(kwargs) != set(names):
            raise TypeError(
                f"{self._trace.name} expects the arguments {names} by name, got "
                f"{len(args)} positional ones and {sorted(kwargs)}."
            )
        return self._named(self._trace.function(*[kwargs[n] for n in names]))

    def __repr__(self) -> str:
        arguments = ", ".join(
            f"{name}: {spec!r}"
            for name, spec in self.structured_input_signature[1].items()
        )
        results = ", ".join(
            f"[{name!r}, {spec!r}]" for name, spec in self.structured_outputs.items()
        )
        return (
            f"<ConcreteFunction (*, {arguments}) -> Dict[{results}] at {id(self):#x}>"
        )

    def _named(self, results: Any) -> dict[str, Any]:
        flat = nest.flatten(results)
        return dict(zip(self._output_names, flat, strict=True))


class _SignatureMap(dict[str, Signature]):
    """The functions that a saved model offers, by name."""

    def __repr__(self) -> str:
        return f"_SignatureMap({super().__repr__()})"


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
        ValueError: It was written by a newer version, or `tags` are others.
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
    if saved["format"] > FORMAT:
        raise ValueError(
            f"The model in {folder} has format {saved['format']}; this version of "
            f"ringflow reads formats up to {FORMAT}. Upgrade ringflow."
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
        for number, described in enumerate(self._described):
            if described["kind"] == "variable":
                self._objects[number] = self._variable(described)
        self._reader = Reader(tensors, self._objects)

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
        root.signatures = _SignatureMap(
            {
                name: Signature(self._trace(data["trace"], name), data["outputs"])
                for name, data in self._saved["signatures"].items()
            }
        )
        return root

    def _trace(self, data: Any, name: str) -> RestoredTrace:
        return RestoredTrace(data, self._reader, name)

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
        for name, traces in functions.items():
            restored = [self._trace(data, name) for data in traces]
            object.__setattr__(made, name, RestoredFunction(restored, name))
        return made
