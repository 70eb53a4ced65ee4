"""Sequential: layers one after the other."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.core import nest
from tensor.keras import registration, serialization
from tensor.keras.engine.call_signature import CallSignature
from tensor.keras.engine.input_layer import Input, InputLayer
from tensor.keras.engine.layer import Layer
from tensor.keras.engine.layer_graph import LayerGraph
from tensor.keras.engine.model import Model
from tensor.keras.engine.shapes import shapes_as_tuples


class Sequential(Model):
    """A stack of layers, each of which takes the output of the one before.

    With a known input shape (`input_shape` of the first layer, `Input`, or `build`) the
    weights are made at once; otherwise at the first call.
    """

    def __init__(self, layers: Any = None, name: str | None = None) -> None:
        """Take the layers, or none to `add` them later."""
        Layer.__init__(self, name=name)
        self._start_training()
        self._stack: list[Any] = []
        self._inferred_shape: Any = None
        self._has_explicit_input = False
        self.supports_masking = True
        for layer in layers if isinstance(layers, list | tuple) else [layers]:
            if layer is not None:
                self.add(layer)

    def __setattr__(self, name: str, value: Any) -> None:
        # The stack is tracked layer by layer, as the user sees them.
        if name == "_stack":
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    @property
    def layers(self) -> list[Any]:
        """The layers of the stack, without an input layer."""
        if self._stack and isinstance(self._stack[0], InputLayer):
            return self._stack[1:]
        return self._stack[:]

    def _children(self) -> list[Any]:
        # The stack alone: other layers among the attributes are no part of the model.
        return list(self._stack)

    def add(self, layer: Any) -> None:
        """Put a layer at the end of the stack.

        Raises:
            TypeError: It is no layer.
            ValueError: A layer of that name is there already.
        """
        layer = self._as_layer(layer)
        if any(layer.name == other.name for other in self._stack):
            raise ValueError(
                "All layers added to a Sequential model should have unique names. Name "
                f'"{layer.name}" is already the name of a layer in this model. Update '
                "the `name` argument to pass a unique name."
            )
        if not self._stack and not isinstance(layer, InputLayer):
            shape = _first_shape(layer)
            if shape is not None:
                name = f"{_first_name(layer)}_input"
                dtype = layer.dtype if not _is_lookup(layer) else "int64"
                if type(layer).__name__ == "Embedding":
                    dtype = "float32"
                start = Input(batch_shape=shape, dtype=dtype, name=name)
                self._stack.append(start._keras_history.layer)
                self._has_explicit_input = True
        elif isinstance(layer, InputLayer):
            self._has_explicit_input = True
        self._stack.append(layer)
        self._rebuild()

    def _as_layer(self, layer: Any) -> Any:
        if hasattr(layer, "_keras_history"):
            origin = layer._keras_history.layer
            if isinstance(origin, InputLayer):
                return origin
        if isinstance(layer, Layer):
            return layer
        if isinstance(layer, tf.Module):
            return ModuleWrapper(layer)
        raise TypeError(
            "The added layer must be an instance of class Layer. Received: "
            f"layer={layer} of type {type(layer)}."
        )

    def pop(self) -> None:
        """Take away the last layer.

        Raises:
            TypeError: There is none.
        """
        if not self.layers:
            raise TypeError("There are no layers in the model. Nothing can be popped.")
        last = self._stack.pop()
        last._inbound_nodes.clear()
        if self._stack:
            self._stack[-1]._outbound_nodes.clear()
        self._rebuild(is_popped_empty=not self.layers)

    def _rebuild(self, is_popped_empty: bool = False) -> None:
        """Make the graph of layers anew, if the input is known."""
        self._reset_functions()
        begins = bool(self._stack) and isinstance(self._stack[0], InputLayer)
        if not begins or is_popped_empty:
            object.__setattr__(self, "_layer_graph", None)
            self.built = False
            return
        self._connect(self._stack[0]._inbound_nodes[0].outputs)

    def _connect(self, start: Any) -> None:
        x = start
        for layer in self.layers:
            x = _only_output(layer(x))
        object.__setattr__(self, "_layer_graph", LayerGraph(start, x))
        self._build_input_shape = tf.TensorShape(start.static_shape)
        self.built = True

    def build(self, input_shape: Any = None) -> None:
        """Make the weights for inputs of a shape.

        Raises:
            ValueError: No shape is known.
        """
        if self._layer_graph is not None:
            self.built = True
            return
        if input_shape is None:
            raise ValueError(
                "You must provide an `input_shape` argument. Pass it to `build`, or "
                "begin with an Input."
            )
        if not self._stack:
            self.built = True
            return
        self._infer(tuple(tf.TensorShape(input_shape).as_list()), "float32")
        self._build_input_shape = input_shape

    def _infer(self, shape: Any, dtype: Any) -> None:
        """Build the stack for an input shape found at a call."""
        if self._inferred_shape is not None:
            shape = _relaxed(self._inferred_shape, shape)
            if shape == self._inferred_shape:
                return
        self._inferred_shape = shape
        for layer in self._stack:
            layer._inbound_nodes.clear()
            layer._outbound_nodes.clear()
        start = Input(
            batch_shape=shape, dtype=dtype, name=f"{self._stack[0].name}_input"
        )
        self._connect(start)

    _computes_masks_itself = True

    def _build_for(self, inputs: Any, args: Any, kwargs: Any) -> None:
        """Nothing: `call` builds, when it knows what it is called with."""

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        if self._is_inferable() and _is_plain(inputs):
            self._infer_from(inputs)
        graph = self._layer_graph
        if graph is not None:
            return graph.run(inputs, mask)
        x = inputs
        for layer in self.layers:
            x = layer(x)
        self.built = True
        return x

    def _is_inferable(self) -> bool:
        return (
            not self._has_explicit_input
            and bool(self._stack)
            and not self.__dict__.get("_is_deferred", False)
        )

    def _infer_from(self, inputs: Any) -> None:
        """Build for what is passed in, if the layers can be called without values."""
        from tensor.keras.engine.call_context import init_scope

        shape = tuple(inputs.static_shape)
        try:
            with init_scope():
                self._infer(shape, inputs.dtype)
        except SeveralOutputsError:
            raise
        except Exception:  # whatever the layer needs values for
            # A layer needs values: the stack is simply called, layer by layer.
            object.__setattr__(self, "_is_deferred", True)
            object.__setattr__(self, "_layer_graph", None)

    def _assert_weights_created(self) -> None:
        if self.built or self._layer_graph is not None:
            return
        if "build" not in type(self).__dict__:
            return  # a subclass may do without the layers
        if any(not layer.built for layer in self._stack):
            raise ValueError(
                f"Weights for model '{self.name}' have not yet been created. "
                "Weights are created when the model is first called on inputs or "
                "`build()` is called with an `input_shape`."
            )

    @property
    def input_spec(self) -> Any:
        """What calls are checked against, if the stack says what it begins with."""
        if self._given_input_spec is None and not self._has_explicit_input:
            return None
        return super().input_spec

    @input_spec.setter
    def input_spec(self, value: Any) -> None:
        object.__setattr__(self, "_given_input_spec", value)

    @property
    def input_shape(self) -> Any:
        """The static shape of the input."""
        if self._layer_graph is None:
            raise AttributeError(
                f'The layer "{self.name}" has never been called and thus has no '
                "defined "
                "input shape. Note that the `build()` method is not sufficient for "
                "this."
            )
        return self._layer_graph.flat_inputs[0].static_shape

    def get_config(self) -> dict[str, Any]:
        stack = self._stack
        if self._layer_graph is not None and not self._has_explicit_input:
            stack = [self.inputs[0]._keras_history.layer, *stack]
        config: dict[str, Any] = {
            "name": self.name,
            "layers": [serialization.serialize_keras_object(x) for x in stack],
        }
        if self._layer_graph is None and self._build_input_shape is not None:
            config["build_input_shape"] = shapes_as_tuples(
                tf.TensorShape(self._build_input_shape)
            )
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        from tensor.keras import layers

        name = config.get("name") if isinstance(config, dict) else None
        rows = config["layers"] if isinstance(config, dict) else config
        model = cls(name=name)
        with registration.custom_object_scope(custom_objects or {}):
            for row in rows:
                model.add(layers.deserialize(row, custom_objects))
        shape = config.get("build_input_shape") if isinstance(config, dict) else None
        if not model.inputs and shape and None not in (shape[1:] or (1,)):
            model.build(shape)
        return model

    def get_build_config(self) -> dict[str, Any] | None:
        if self._build_input_shape is None:
            return None
        return {
            "input_shape": shapes_as_tuples(tf.TensorShape(self._build_input_shape))
        }


class SeveralOutputsError(ValueError):
    """A layer of a stack gives more than the next one can take.

    Use the functional API, where each output can go somewhere else.
    """


class ModuleWrapper(Layer):
    """A tf.Module in the place of a layer."""

    def __init__(
        self, module: Any, method_name: str | None = None, **kwargs: Any
    ) -> None:
        """Take the module, and which of its methods computes.

        Raises:
            ValueError: It has no such method.
        """
        super().__init__(**kwargs)
        if method_name is None:
            method_name = "__call__" if callable(module) else "call"
        if not hasattr(module, method_name):
            raise ValueError(f"{method_name} is not defined on object {module}")
        self.module = module
        self._method = getattr(module, method_name)
        self._asks = CallSignature(getattr(type(module), method_name))

    def call(self, inputs: Any, training: Any = None) -> Any:
        mode = {"training": training} if self._asks.expects_training else {}
        return self._method(inputs, **mode)


def _only_output(x: Any) -> Any:
    """Return what a layer gave.

    Raises:
        SeveralOutputsError: It is not one tensor.
    """
    if len(nest.flatten(x)) != 1:
        raise SeveralOutputsError(
            "All layers in a Sequential model should have a single output tensor. For "
            "multi-output layers, use the functional API."
        )
    return x


def _is_plain(x: Any) -> bool:
    return isinstance(x, tf.Tensor) and x.static_shape is not None


def _is_lookup(layer: Any) -> bool:
    return type(layer).__name__ == "IntegerLookup"


def _first_shape(layer: Any) -> Any:
    """Return the input shape, with the batch, that the first layer was given."""
    while isinstance(layer, Sequential | Model):
        if layer._layer_graph is not None:
            return layer._layer_graph.flat_inputs[0].static_shape
        inner = layer.layers
        if not inner:
            return None
        layer = inner[0]
    return getattr(layer, "_batch_input_shape", None)


def _first_name(layer: Any) -> str:
    return str(layer.name)


def _relaxed(old: Any, new: Any) -> Any:
    """Return a shape that both fit."""
    if len(old) != len(new):
        return new
    return tuple(a if a == b else None for a, b in zip(old, new, strict=True))
