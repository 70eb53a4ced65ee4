"""tf.saved_model.save: an object's variables and functions as a folder.

The folder holds `saved_model.json` (objects, functions, signatures) and
`variables/variables.*`, a bundle of tensors: the variables, under the same names as in
a checkpoint, and the constants of the functions. The JSON file is written last, in one
step: with it the folder is complete. TensorFlow itself does not read the JSON; it does
read the bundle.
"""

from __future__ import annotations

import json
import os
import shutil
from typing import Any

from tensor.core.public_api import export
from tensor.core.replica import owner_of, saving
from tensor.core.tensor import Tensor
from tensor.core.variable import Variable
from tensor.graph.concrete import ConcreteFunction
from tensor.graph.function import Function
from tensor.ops.mutable_tables import MutableHashTable
from tensor.saved_model.assets import Asset
from tensor.saved_model.function_data import write_function
from tensor.saved_model.program_data import Writer
from tensor.saved_model.saved_graph import SavedGraph
from tensor.saved_model.signatures import signature_function
from tensor.saved_model.tables import write_table
from tensor.train.bundle import write_bundle
from tensor.train.object_graph import (
    VARIABLE_VALUE,
    ObjectGraph,
    escaped,
    is_container,
    is_trackable,
)
from tensor.train.replacing import replacing

ASSETS = "assets"
FILENAME = "saved_model.json"
VARIABLES = os.path.join("variables", "variables")
FORMAT = 2


@export("saved_model.SaveOptions")
class SaveOptions:
    """Options for saving; accepted, and of no effect here."""

    def __init__(self, **options: Any) -> None:
        self.__dict__.update(options)


@export("saved_model.save")
def save(
    obj: Any, export_dir: Any, signatures: Any = None, options: Any = None
) -> None:
    """Save an object so that `load` can use it without the code that made it.

    Saved are variables, parts (modules, lists, dictionaries) and the traces that
    `tf.function` methods have, or make for their `input_signature`.

    Args:
        obj: A `tf.Module` or another object with variables. One that is to be saved
            in another form returns that from a method `_saved_model_object`.
        export_dir: The folder.
        signatures: A function, or several by name, to be offered as
            `loaded.signatures`; each needs exactly one trace.
        options: Accepted for compatibility.

    Raises:
        ValueError: The object keeps no state, a function uses something that cannot be
            saved, or a signature has no trace or several.
    """
    folder = os.fspath(export_dir)
    if not is_trackable(obj):
        raise ValueError(
            "Expected an object of type `Trackable`, such as `tf.Module` or a subclass "
            f"of the `Trackable` class, for export. Got {obj!r} with type {type(obj)}."
        )
    with owner_of(ObjectGraph(obj).objects).alone():
        if hasattr(type(obj), "_saved_model_object"):
            obj = obj._saved_model_object()
        offered = _by_name(obj, signatures).items()
        saved = {name: signature_function(name, f) for name, f in offered}
        graph = SavedGraph(obj)
        numbers = {id(o): i for i, o in enumerate(graph.objects)}
        with saving(graph.objects) as is_writer:
            text, tensors = _document(graph, Writer(numbers), saved)
    if is_writer:
        assets = [o.local_path for o in graph.objects if isinstance(o, Asset)]
        _write(folder, text, tensors, assets)


def _document(
    graph: ObjectGraph, writer: Writer, saved: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Return the description of the objects and functions, and all arrays by key.

    The arrays of the objects are those of a checkpoint: it can be read as one, too.
    """
    objects = []
    for owner, path, edges in zip(graph.objects, graph.paths, graph.edges, strict=True):
        place = "/".join([*map(escaped, path), ".ATTRIBUTES"])
        objects.append(_described(owner, edges, place, writer))
    document = {
        "format": FORMAT,
        "objects": objects,
        "signatures": {name: write_function(f, writer) for name, f in saved.items()},
    }
    return json.dumps(document), graph.save() | writer.tensors


def _write(folder: str, text: str, tensors: dict[str, Any], assets: list[str]) -> None:
    os.makedirs(os.path.join(folder, ASSETS), exist_ok=True)
    for path in assets:
        shutil.copy(path, os.path.join(folder, ASSETS, os.path.basename(path)))
    write_bundle(os.path.join(folder, VARIABLES), tensors)
    with (
        replacing(os.path.join(folder, FILENAME)) as draft,
        open(draft, "w", encoding="utf-8") as file,
    ):
        file.write(text)


def _described(
    owner: Any, edges: list[tuple[str, int]], place: str, writer: Writer
) -> Any:
    children = dict(edges)
    if isinstance(owner, Function | ConcreteFunction):
        return {"kind": "function", **write_function(owner, writer)}
    if isinstance(owner, MutableHashTable):
        return write_table(owner, f"{place}/table", writer)
    if isinstance(owner, Variable):
        return {
            "kind": "variable",
            "key": f"{place}/{VARIABLE_VALUE}",
            "dtype": owner.dtype.name,
            "shape": None if owner.static_shape is None else list(owner.static_shape),
            "trainable": owner.trainable,
            "synchronization": owner.synchronization.name,
            "aggregation": owner.aggregation.name,
            "name": owner.name.rpartition(":")[0],
        }
    if is_container(owner):
        kind = "dict" if hasattr(owner, "keys") else "list"
        return {"kind": kind, "children": children}
    functions = {
        name: write_function(function, writer)
        for name, function in functions_of(owner).items()
    }
    described = {"kind": "object", "children": children, "functions": functions}
    if isinstance(owner, Asset):
        described["asset"] = os.path.basename(owner.local_path)
    return described


def functions_of(owner: Any) -> dict[str, Any]:
    """Return an object's `tf.function`s: methods, and functions in attributes.

    An object that has others to be saved returns them, by name, from a method
    `_saved_model_functions`.
    """
    names = {
        name
        for cls in type(owner).__mro__
        for name, value in vars(cls).items()
        if isinstance(value, Function)
    }
    names |= {
        name
        for name, value in getattr(owner, "__dict__", {}).items()
        if isinstance(value, Function | ConcreteFunction)
    }
    found = {name: getattr(owner, name) for name in sorted(names)}
    if hasattr(type(owner), "_saved_model_functions"):
        found |= owner._saved_model_functions()
    return found


def _by_name(obj: Any, signatures: Any) -> dict[str, Any]:
    if signatures is None:
        found = getattr(obj, "_default_save_signature", None)
        if found is None:
            offered = [f for f in functions_of(obj).values() if _is_offered(f)]
            found = offered[0] if len(offered) == 1 else None
        return {} if found is None else {"serving_default": found}
    if isinstance(signatures, dict):
        return signatures
    return {"serving_default": signatures}


def _is_offered(function: Any) -> bool:
    """Return whether a function, the only one of its kind, is offered by itself.

    It takes and returns tensors, of which an `input_signature` tells the types.
    """
    if isinstance(function, Function) and function.input_signature is not None:
        function = function.get_concrete_function()
    if not isinstance(function, ConcreteFunction):
        return False
    outputs = function.structured_outputs
    if isinstance(outputs, dict):
        outputs = list(outputs.values())
    outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
    return bool(function.inputs) and all(isinstance(o, Tensor) for o in outputs)
