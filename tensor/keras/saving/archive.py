"""ExportArchive: functions of layers and models, and their variables, to be served."""

from __future__ import annotations

import os
from typing import Any

import tensor as tf
from tensor.core import nest
from tensor.keras.engine.layer import Layer
from tensor.keras.saving.exported import input_specs
from tensor.keras.training.interactive_logging import tell
from tensor.saved_model.function_data import traces_of
from tensor.train.object_graph import is_trackable


class ExportArchive:
    """What `Model.export` writes; endpoints of one's own choice can be added.

    ::

        archive = tf.keras.export.ExportArchive()
        archive.track(model)
        archive.add_endpoint("serve", model.call, [tf.TensorSpec((None, 3))])
        archive.write_out("folder")

    Attributes:
        variables: The variables of what is tracked.
        trainable_variables: Those of them that training changes.
        non_trainable_variables: The others.
    """

    def __init__(self) -> None:
        """Create an archive with nothing in it."""
        self.variables: list[Any] = []
        self.trainable_variables: list[Any] = []
        self.non_trainable_variables: list[Any] = []
        self._endpoints: dict[str, Any] = {}

    def _checkpoint_children(self) -> dict[str, Any]:
        parts = {n: v for n, v in sorted(vars(self).items()) if n not in _UNSAVED}
        return {n: v for n, v in parts.items() if is_trackable(v)}

    def _saved_model_functions(self) -> dict[str, Any]:
        return self._endpoints

    def track(self, resource: Any) -> None:
        """Take what endpoints use along: a layer, a model, a table.

        Raises:
            ValueError: It has no variables that could be saved, or none yet.
        """
        if not is_trackable(resource):
            raise ValueError(
                "Invalid resource type. Expected an instance of a TensorFlow "
                "`Trackable` (such as a Keras `Layer` or `Model`). Received instead an "
                f"object of type '{type(resource)}'. Object received: {resource}"
            )
        if not isinstance(resource, Layer):
            self._tracked = [*getattr(self, "_tracked", ()), resource]
            return
        if not resource.built:
            raise ValueError(
                "The layer provided has not yet been built. It must be built before "
                "export."
            )
        self.variables += resource.variables
        self.trainable_variables += resource.trainable_variables
        self.non_trainable_variables += resource.non_trainable_variables

    def add_endpoint(self, name: str, fn: Any, input_signature: Any = None) -> None:
        """Add a function that whoever loads the archive can call.

        Args:
            name: Its name.
            fn: A `tf.function` that was called once, or any function if there is a
                signature.
            input_signature: Specs, one for each positional argument.

        Raises:
            ValueError: The name is taken, or it is not known what `fn` takes.
        """
        if name in self._endpoints:
            raise ValueError(f"Endpoint name '{name}' is already taken.")
        if input_signature:
            fn = tf.function(fn, input_signature=input_signature)
            fn.get_concrete_function()
        elif not isinstance(fn, tf.types.experimental.GenericFunction):
            raise ValueError(
                "If the `fn` argument provided is not a `tf.function`, you must "
                "provide an `input_signature` argument to specify the shape and dtype "
                "of the function arguments. For example: `add_endpoint(name='call', "
                "fn=model.call, input_signature=[tf.TensorSpec((None, 3))])`."
            )
        elif not traces_of(fn):
            raise ValueError(
                f"The provided tf.function '{fn}' has never been called. Call it at "
                "least once, or pass an `input_signature` argument in "
                "`add_endpoint()`, to specify the expected shape and dtype of the "
                "function's arguments."
            )
        self._endpoints[name] = fn
        setattr(self, name, fn)

    def add_variable_collection(self, name: str, variables: Any) -> None:
        """Save variables as a list of this name.

        Raises:
            ValueError: They are no collection of variables.
        """
        if not isinstance(variables, list | tuple | set):
            raise ValueError(
                "Expected `variables` to be a list/tuple/set. Received instead object "
                f"of type '{type(variables)}'."
            )
        if not all(isinstance(v, tf.Variable) for v in variables):
            raise ValueError(
                "Expected all elements in `variables` to be `tf.Variable` instances. "
                "Found instead the following types: "
                f"{list({type(v) for v in variables})}"
            )
        setattr(self, name, list(variables))

    def write_out(self, filepath: Any, options: Any = None) -> None:
        """Write the archive as a SavedModel; say what it offers.

        Each endpoint is a signature, and the first one is also "serving_default".

        Raises:
            ValueError: There is no endpoint.
        """
        if not self._endpoints:
            raise ValueError("No endpoints have been set yet. Call add_endpoint().")
        traces = {name: traces_of(fn)[0] for name, fn in self._endpoints.items()}
        used = [v for trace in traces.values() for v in trace.variables]
        self._all_variables = list({id(v): v for v in used}.values())
        signatures = {"serving_default": next(iter(traces.values())), **traces}
        tf.saved_model.save(self, filepath, signatures=signatures, options=options)
        offered = "\n\n".join(_described(name, t) for name, t in traces.items())
        tell(
            f"Saved artifact at '{os.fspath(filepath)}'. The following endpoints are "
            f"available:\n\n{offered}"
        )


_UNSAVED = ("_endpoints",)


def _described(name: str, trace: Any) -> str:
    """Return what an endpoint takes and gives as text."""
    _, _, facts = trace.pretty_printed_signature().partition("\n")
    return f"* Endpoint '{name}'\n{facts}"


def export_model(model: Any, filepath: Any) -> None:
    """Write a model's inference as an archive with one endpoint, `serve`.

    Raises:
        ValueError: Nobody called the model yet, nor said what shape its inputs have.
    """
    archive = ExportArchive()
    archive.track(model)
    if model._layer_graph is not None:
        specs = nest.map_structure(_spec_of, list(model.inputs))
        signature = [specs] if len(specs) > 1 else specs
    else:
        signature = [input_specs(model)]
    archive.add_endpoint("serve", model.__call__, signature)
    archive.write_out(filepath)


def _spec_of(x: Any) -> Any:
    return tf.TensorSpec(x.shape, x.dtype, x.name)
