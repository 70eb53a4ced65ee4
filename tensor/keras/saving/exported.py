"""A model as SavedModels hold it: its variables, its traced call, and a signature."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.core import nest
from tensor.saved_model.saving import functions_of


class ExportedModel(tf.Module):
    """What `tf.saved_model.save` writes of a model."""

    def __init__(self, model: Any) -> None:
        """Trace the model's call for inference and for training.

        Raises:
            ValueError: Nobody has called the model yet, nor said what shape its inputs
                have.
        """
        super().__init__()
        specs = input_specs(model)
        self.all_variables = list(model.variables)
        self._functions = functions_of(model) | {"__call__": _traced_call(model, specs)}
        object.__setattr__(self, "_default_save_signature", _signature(model, specs))

    def _saved_model_functions(self) -> dict[str, Any]:
        return self._functions


def input_specs(model: Any) -> Any:
    """Return specs of a model's inputs, named, in their structure.

    Names are those of input layers, keys of dictionaries, or input_1, input_2.

    Raises:
        ValueError: They are not known.
    """
    if model._layer_graph is not None:
        inputs = nest.map_structure(lambda x: x.type_spec, model._layer_graph.inputs)
        names = list(model.input_names)
    else:
        inputs = model._seen_input_specs
        if inputs is None and model._goes_by_layers():
            raise ValueError(
                f"Model {model!r} cannot be saved because the input shape is not "
                "available. Please specify an input shape either by calling "
                "`build(input_shape)` directly, or by calling the model on actual data "
                "using `Model()`, `Model.fit()`, or `Model.predict()`."
            )
        if inputs is None:
            raise ValueError(
                f"Model {model!r} cannot be saved either because the input shape is "
                "not available or because the forward pass of the model is not "
                "defined. Override `Model.call()` to define the forward pass; to "
                "specify an input shape, either call `build(input_shape)` directly, or "
                "call the model on actual data using `Model()`, `Model.fit()`, or "
                "`Model.predict()`."
            )
        names = [f"input_{i + 1}" for i in range(len(nest.flatten(inputs)))]
    if isinstance(inputs, dict) and len(inputs) == len(nest.flatten(inputs)):
        names = sorted(inputs)
    flat = [_any_batch(s, n) for s, n in zip(nest.flatten(inputs), names, strict=True)]
    return nest.pack_sequence_as(inputs, flat)


def _any_batch(spec: Any, name: str) -> Any:
    """Return a named spec for batches of any size."""
    sizes = spec.shape.as_list() if spec.shape.rank else spec.shape
    shape = [None, *sizes[1:]] if spec.shape.rank else spec.shape
    return tf.TensorSpec(shape, spec.dtype, name=name)


def _traced_call(model: Any, specs: Any) -> Any:
    """Return the call as a function with a trace for each mode the model has."""
    if not model._signature.expects_training and model._layer_graph is None:
        call = tf.function(lambda inputs: model(inputs))
        call.get_concrete_function(specs)
        return call

    @tf.function  # type: ignore[untyped-decorator]
    def call_in_mode(inputs: Any, training: bool = False) -> Any:
        return model(inputs, training=training)

    for training in (False, True):
        call_in_mode.get_concrete_function(specs, training=training)
    return call_in_mode


def _signature(model: Any, specs: Any) -> Any:
    """Return inference as a function with named inputs and outputs.

    Outputs have the keys of a dictionary, the names of the layers that make them, or
    output_1, output_2.
    """
    names = [s.name for s in nest.flatten(specs)]

    def serve(**inputs: Any) -> dict[str, Any]:
        packed = nest.pack_sequence_as(specs, [inputs[n] for n in names])
        outputs = model(packed, training=False)
        return _named(outputs, model.output_names)

    by_name = {s.name: s for s in nest.flatten(specs)}
    return tf.function(serve).get_concrete_function(**by_name)


def _named(outputs: Any, names: Any) -> dict[str, Any]:
    flat = nest.flatten(outputs)
    if isinstance(outputs, dict) and len(outputs) == len(flat):
        return dict(outputs)
    if not names or len(names) != len(flat):
        names = [f"output_{i + 1}" for i in range(len(flat))]
    return dict(zip(names, flat, strict=True))
