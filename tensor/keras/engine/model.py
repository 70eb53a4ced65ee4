"""Model: layers arranged into one, with training and saving."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.core import nest
from tensor.core.log import get_logger
from tensor.keras.engine import automatic_config, symbolic_call
from tensor.keras.engine.keras_tensor import KerasTensor
from tensor.keras.engine.layer import Layer
from tensor.keras.engine.layer_graph import LayerGraph
from tensor.keras.engine.model_structure import ModelStructure, specs_of_call
from tensor.keras.engine.shapes import as_tensor_shapes
from tensor.keras.engine.weights import leaves, unique
from tensor.keras.saving.model_files import ModelFiles
from tensor.keras.training.trainer import Trainer


class Model(Trainer, ModelFiles, ModelStructure, Layer):
    """A layer made of layers, which can be trained, evaluated and saved.

    Either give the inputs and outputs of a graph of layers::

        inputs = tf.keras.Input(shape=(3,))
        outputs = tf.keras.layers.Dense(5)(inputs)
        model = tf.keras.Model(inputs=inputs, outputs=outputs)

    or subclass, making layers in `__init__` and calling them in `call`.
    """

    _owns_metrics_weights = True

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls is Model and is_graph_call(args, kwargs):
            from tensor.keras.engine.functional import Functional

            return object.__new__(Functional)
        model = object.__new__(cls)
        if cls.get_config is Model.get_config:
            automatic_config.note_arguments(model, args, kwargs)
        return model

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Create a model, from `inputs` and `outputs` if these are given.

        Raises:
            TypeError: A positional argument is no Keras tensor, or a keyword unknown.
        """
        if is_graph_call(args, kwargs):
            inputs, outputs, name, trainable = _graph_arguments(*args, **kwargs)
            graph = LayerGraph(inputs, outputs)
            if name is None and type(self).__name__ == "Functional":
                name = self._named(None, Model)
            super().__init__(name=name, trainable=trainable)
            self._start_training()
            self._set_graph(graph)
            return
        # `super().__init__(self)` is common, and harmless in Keras too.
        if args and args != (self,):
            raise TypeError(
                f"{type(self).__name__}: positional arguments {args!r} are not "
                "understood. Expected `inputs` and `outputs` made of Keras tensors."
            )
        super().__init__(**kwargs)
        self._start_training()

    def _check_started(self, value: Any) -> None:
        parts = list(leaves(value))
        if parts and all(isinstance(x, Layer | tf.Variable) for x in parts):
            raise RuntimeError(
                "It looks like you are subclassing `Model` and you forgot to call "
                "`super().__init__()`. Always start with this line."
            )

    def _set_graph(self, graph: LayerGraph) -> None:
        """Make this model the one that the graph of layers describes."""
        object.__setattr__(self, "_layer_graph", graph)
        self._self_tracked_trackables[:] = graph.layers
        self.built = True
        self._build_input_shape = nest.map_structure(
            lambda x: tf.TensorShape(x.static_shape), graph.inputs
        )
        self._computes_masks_itself = True
        self.supports_masking = True

    def _checkpoint_children(self) -> dict[str, Any]:
        """Return what checkpoints save, under Keras's names.

        Layers of a graph or a stack go by number; those with weights have numbers of
        their own, so that a layer without weights can be put in between.
        """
        found = {n: v for n, v in sorted(vars(self).items()) if not n.startswith("_")}
        if self._goes_by_layers():
            weighted = [layer for layer in self.layers if layer.weights]
            for i, layer in enumerate(weighted):
                found[f"layer_with_weights-{i}"] = layer
            for i, layer in enumerate(self.layers):
                found[f"layer-{i}"] = layer
        return found

    # ---- weights: layer by layer, own variables last

    @property
    def trainable_weights(self) -> list[Any]:
        """The variables that training changes, layer by layer."""
        self._assert_weights_created()
        if not self.trainable:
            return []
        own = self._trainable_weights + [
            v for v in self._late_variables() if v.trainable
        ]
        return unique(self._gather("trainable_variables") + own)

    @property
    def non_trainable_weights(self) -> list[Any]:
        """The variables that training leaves alone, layer by layer."""
        self._assert_weights_created()
        late = [v for v in self._late_variables() if not v.trainable]
        children = self._gather("non_trainable_variables")
        own = self._non_trainable_weights + late
        if not self.trainable:
            trainable = [
                v for c in self._children() for v in c.trainable_variables
            ] + self._trainable_weights
            return unique(trainable + children + own)
        return unique(children + own)

    @property
    def weights(self) -> list[Any]:
        """All variables, layer by layer."""
        self._assert_weights_created()
        own = self._own_variables() + list(self._late_variables())
        return unique(self._gather("variables") + own)

    def _assert_weights_created(self) -> None:
        """Check that the weights can be listed.

        Raises:
            ValueError: The class has a `build` of its own that did not run yet.
        """
        has_own_build = "build" in type(self).__dict__ and type(self) is not Model
        if has_own_build and not self.built and not self.dynamic:
            raise ValueError(
                f"Weights for model '{self.name}' have not yet been created. "
                "Weights are created when the model is first called on inputs or "
                "`build()` is called with an `input_shape`."
            )

    # ---- calling

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """Return the outputs. Subclasses define it, or give a graph of layers.

        Raises:
            NotImplementedError: Neither.
        """
        graph = self._layer_graph
        if graph is None:
            raise NotImplementedError(
                "Unimplemented `tf.keras.Model.call()`: if you intend to create a "
                "`Model` with the Functional API, please provide `inputs` and "
                "`outputs` "
                "arguments. Otherwise, subclass `Model` with an overridden `call()` "
                "method."
            )
        return graph.run(inputs, mask)

    def build(self, input_shape: Any) -> None:
        """Make the weights, by calling the model on inputs without values.

        Raises:
            ValueError: No shape is given, or something else.
        """
        if self._layer_graph is not None:
            super().build(input_shape)
            return
        if input_shape is None:
            raise ValueError(
                "Input shape must be defined when calling `build()` on a `Model` "
                "subclass. Got None."
            )
        if not isinstance(input_shape, tuple | list | tf.TensorShape | dict):
            raise ValueError(
                "Specified input shape is not one of the valid types. Please specify a "
                "batch input shape of type tuple or list of input shapes. User "
                f"provided input type: {type(input_shape)}."
            )
        if type(self).call is not Model.call and not self._is_calling():
            symbolic_call.output_spec(self, input_shape)
        super().build(input_shape)

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Make the weights of a subclassed model by calling it on such inputs."""
        shape = config.get("input_shape")
        if shape is not None and not self.built:
            self.build(as_tensor_shapes(shape))

    def _is_calling(self) -> bool:
        from tensor.keras.engine.call_context import calls

        return calls.layer is self

    def _build_for_shapes(self, input_shape: Any) -> None:
        # A subclass's `build` gets the shapes; ours would call the model again.
        if type(self).build is Model.build:
            self._build_input_shape = as_tensor_shapes(input_shape)
            self.built = True
        else:
            super()._build_for_shapes(input_shape)

    def _build_for(self, inputs: Any, args: Any, kwargs: Any) -> None:
        taken = self._cast_inputs(args) if self._autocast else args
        specs = nest.map_structure(lambda x: tf.TensorSpec(x.shape, x.dtype), taken[0])
        object.__setattr__(self, "_seen_input_specs", specs)
        object.__setattr__(self, "_seen_arguments", specs_of_call(taken, kwargs))
        super()._build_for(inputs, args, kwargs)

    def _saved_model_object(self) -> Any:
        from tensor.keras.saving.exported import ExportedModel

        return ExportedModel(self)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        graph = self._layer_graph
        if graph is None:
            return None
        outputs = graph.run(inputs, mask)
        return nest.map_structure(lambda x: getattr(x, "_keras_mask", None), outputs)

    def _add_symbolic_loss(self, loss: Any) -> None:
        if self._layer_graph is None:
            super()._add_symbolic_loss(loss)
            return
        from tensor.keras.engine.added_layers import AddLoss

        self._add_to_graph(AddLoss(unconditional=False)(loss))

    def _add_symbolic_metric(self, value: Any, name: Any, aggregation: Any) -> None:
        if self._layer_graph is None:
            super()._add_symbolic_metric(value, name, aggregation)
            return
        from tensor.keras.engine.added_layers import AddMetric

        self._add_to_graph(AddMetric(aggregation, name)(value))

    def _add_to_graph(self, *more: Any) -> None:
        """Let the graph of layers compute Keras tensors that are no outputs."""
        graph = self._layer_graph
        if graph is not None:
            added = [*graph.added, *more]
            self._set_graph(LayerGraph(graph.inputs, graph.outputs, added))

    def reset_states(self) -> None:
        """Forget the states that stateful layers keep from batch to batch."""
        for layer in self.layers:
            if hasattr(layer, "reset_states") and getattr(layer, "stateful", False):
                layer.reset_states()

    @property
    def state_updates(self) -> list[Any]:
        """Nothing: updates happen as they are called for."""
        return []

    def summary(
        self,
        line_length: int | None = None,
        positions: Any = None,
        print_fn: Any = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Any = None,
    ) -> None:
        """Print a table of the layers with output shapes and numbers of weights.

        Raises:
            ValueError: The model is not built yet.
        """
        if not self.built:
            raise ValueError(
                "This model has not yet been built. Build the model first by calling "
                "`build()` or by calling the model on a batch of data."
            )
        from tensor.keras.engine.summary import print_summary

        print_summary(
            self,
            line_length=line_length,
            positions=positions,
            print_fn=print_fn,
            expand_nested=expand_nested,
            show_trainable=show_trainable,
            layer_range=layer_range,
        )

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` makes an equal model from.

        A subclassed model's are the arguments it was made with, if these are plain.
        """
        if self._layer_graph is not None:
            from tensor.keras.engine.functional import graph_config

            return graph_config(self)
        if type(self).get_config is not Model.get_config:
            return {}
        if not automatic_config.is_known(self):
            get_logger().warning(
                "The configuration of %s is empty: it was made with arguments that "
                "are no plain values. Override `get_config()` to say what they were.",
                type(self).__name__,
            )
            return {}
        return automatic_config.completed(self, super().get_config())

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Make a model from what `get_config` returned.

        Raises:
            TypeError: The constructor does not take it.
        """
        from tensor.keras.engine.functional import model_from_graph_config

        if {"layers", "input_layers", "output_layers"} <= set(config):
            return model_from_graph_config(cls, config, custom_objects)
        try:
            return cls(**config)
        except TypeError as error:
            raise TypeError(
                "Unable to revive model from config. When overriding the "
                "`get_config()` method, make sure that the returned config contains "
                f"all items used as arguments in the  constructor to {cls}; or define "
                "a `from_config(cls, config)` class method that makes a "
                f"{cls.__name__} in another way.\n\nReceived config={config}\n\n"
                f"Error encountered during deserialization: {error}"
            ) from error


def is_graph_call(args: Any, kwargs: Any) -> bool:
    """Return whether a model's constructor is given inputs and outputs."""
    if len(args) == 2 or (len(args) == 1 and "outputs" in kwargs):
        return any(isinstance(x, KerasTensor) for x in nest.flatten(args))
    return "inputs" in kwargs and "outputs" in kwargs


def _graph_arguments(
    inputs: Any,
    outputs: Any,
    name: str | None = None,
    trainable: bool = True,
    **kwargs: Any,
) -> tuple[Any, Any, str | None, bool]:
    if kwargs:
        raise TypeError("Keyword argument not understood:", next(iter(kwargs)))
    return inputs, outputs, name, trainable
