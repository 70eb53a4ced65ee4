"""clone_model: the same layers with weights of their own."""

from __future__ import annotations

from typing import Any

from tensor.core import nest
from tensor.keras.engine.functional import Functional, rebuilt
from tensor.keras.engine.input_layer import Input, InputLayer
from tensor.keras.engine.keras_tensor import KerasTensor
from tensor.keras.engine.model import Model
from tensor.keras.engine.sequential import Sequential


def clone_model(
    model: Any, input_tensors: Any = None, clone_function: Any = None
) -> Any:
    """Return a model of the same structure whose weights begin anew.

    A subclassed model is made again from its configuration.

    Args:
        model: The model.
        input_tensors: Keras tensors to begin with.
        clone_function: Makes a layer from a layer, input layers excepted.

    Raises:
        ValueError: The last two were given for a subclassed model: its structure is
            in its code; or the function is none.
    """
    if clone_function is not None and not callable(clone_function):
        raise ValueError(
            "Expected `layer_fn` argument to be a callable. Received: "
            f"layer_fn={clone_function}"
        )
    clone = clone_function or (
        lambda layer: type(layer).from_config(layer.get_config())
    )
    if isinstance(model, Sequential):
        return _clone_sequential(model, input_tensors, clone)
    is_told = clone_function is not None or input_tensors is not None
    is_graph = getattr(model, "_layer_graph", None) is not None
    if is_graph and (is_told or not _has_config_of_its_own(model)):
        kind = type(model) if type(model).__init__ is Model.__init__ else Model
        return rebuilt(model, clone, input_tensors, kind)
    if is_told:
        raise ValueError(
            "Arguments clone_function and input_tensors are only supported for "
            "Sequential models or Functional models. Received model of type "
            f"{type(model).__name__!r}, with clone_function={clone_function} and "
            f"input_tensors={input_tensors}"
        )
    return type(model).from_config(model.get_config())


def _has_config_of_its_own(model: Any) -> bool:
    inherited = (Functional.get_config, Model.get_config)
    return type(model).get_config not in inherited


def _clone_sequential(model: Any, input_tensors: Any, clone: Any) -> Any:
    layers = []
    for layer in model._stack:
        if isinstance(layer, InputLayer):
            if input_tensors is None:
                layers.append(InputLayer.from_config(layer.get_config()))
        else:
            layers.append(clone(layer))
    copy = Sequential(name=model.name)
    if input_tensors is not None:
        tensor = _only_input(input_tensors)
        origin = tensor._keras_history.layer
        is_input = isinstance(origin, InputLayer)
        copy.add(origin if is_input else Input(tensor=tensor))
    for layer in layers:
        copy.add(layer)
    if not copy.built and model._inferred_shape is not None:
        copy.build(model._inferred_shape)
    return copy


def _only_input(input_tensors: Any) -> Any:
    """Return the Keras tensor that a clone of a stack begins with.

    Raises:
        ValueError: There are several, or it is none.
    """
    tensors = nest.flatten(input_tensors)
    if len(tensors) != 1:
        raise ValueError(
            "To clone a `Sequential` model, we expect at most one tensor as part of "
            f"`input_tensors`. Received: input_tensors={input_tensors}"
        )
    if not isinstance(tensors[0], KerasTensor):
        raise ValueError(
            f"Unexpectedly found an instance of type `{type(tensors[0])}`. Expected a "
            "symbolic tensor instance."
        )
    return tensors[0]


def clone_and_build_model(model: Any, input_tensors: Any = None, **kwargs: Any) -> Any:
    """Return a clone of a model, compiled like it."""
    copy = clone_model(model, input_tensors)
    arguments = model._compile_arguments
    if arguments:
        optimizer = model.optimizer
        fresh = type(optimizer).from_config(optimizer.get_config())
        copy.compile(**{**arguments, "optimizer": fresh})
    return copy
