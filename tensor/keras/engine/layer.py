"""Layer: a function with weights, the building block of models."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.core import nest
from tensor.core.tensor import EagerTensor, Tensor
from tensor.core.trackable import attached
from tensor.graph.autograph import autographed
from tensor.keras import mixed_precision, regularizers
from tensor.keras.engine import automatic_config, symbolic_call
from tensor.keras.engine.automatic_config import made_from_config
from tensor.keras.engine.call_context import calls, entered, init_scope
from tensor.keras.engine.call_errors import in_layer
from tensor.keras.engine.call_signature import CallSignature, signature_of
from tensor.keras.engine.casting import PYTHON_VALUES, as_tensor, cast_floating
from tensor.keras.engine.input_spec import InputSpec, check_input
from tensor.keras.engine.keras_tensor import KerasTensor
from tensor.keras.engine.layer_masks import LayerMasks
from tensor.keras.engine.layer_nodes import LayerNodes
from tensor.keras.engine.layer_weights import LayerWeights
from tensor.keras.engine.shapes import as_tensor_shapes, shapes_as_tuples
from tensor.keras.settings import global_learning_phase


class Layer(LayerNodes, LayerMasks, LayerWeights):
    """A callable with weights.

    Subclasses make their weights in `build(input_shape)`, which runs at the first call,
    and compute in `call(inputs)`. A `call` with a `training` argument learns the mode,
    one with `mask` which time steps to skip::

        class Scale(tf.keras.layers.Layer):
            def build(self, input_shape):
                self.scale = self.add_weight(shape=input_shape[-1:])

            def call(self, inputs):
                return inputs * self.scale
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Note the arguments: they may have to serve as the configuration."""
        layer = object.__new__(cls)
        if cls.get_config is Layer.get_config:
            automatic_config.note_arguments(layer, args, kwargs)
        return layer

    def __init__(
        self,
        trainable: bool = True,
        name: str | None = None,
        dtype: Any = None,
        dynamic: bool = False,
        **kwargs: Any,
    ) -> None:
        """Create a layer without weights.

        Args:
            trainable: Whether its variables are trained.
            name: Its name; made from the class's name by default.
            dtype: The dtype of its computations and weights, or a `Policy`.
            dynamic: Whether `call` must run eagerly.
            **kwargs: `input_shape`, `batch_input_shape`, `input_dim`, `batch_size`,
                `weights`, `activity_regularizer`, `autocast`.

        Raises:
            TypeError: A keyword is unknown, `trainable` or `dynamic` is no boolean, or
                the name no string.
        """
        self._start_tracking()
        self._start_losses()
        _check_boolean("trainable", trainable)
        _check_boolean("dynamic", dynamic)
        self._trainable = bool(trainable)
        self._name = self._named(name, type(self))
        self._set_dtype_policy(dtype)
        self._autocast = kwargs.pop("autocast", True)
        self._dynamic = dynamic
        self._take_input_shape(kwargs)
        self._initial_weights = kwargs.pop("weights", None)
        self._activity_regularizer = regularizers.get(
            kwargs.pop("activity_regularizer", None)
        )
        kwargs.pop("implementation", None)
        kwargs.pop("experimental_autocast", None)
        if kwargs:
            raise TypeError(
                f"Keyword argument not understood: {next(iter(kwargs))!r} "
                f"(layer {type(self).__name__})."
            )
        self.built = False
        self.stateful = False
        own_rule = type(self).compute_mask is not LayerMasks.compute_mask
        self.supports_masking = getattr(type(self), "supports_masking", own_rule)
        self._input_spec: Any = None
        self._build_input_shape: Any = None
        self._inbound_nodes: Any = []
        self._outbound_nodes: Any = []

    def _take_input_shape(self, kwargs: dict[str, Any]) -> None:
        """Note the shape of the input, from which a Sequential model makes its own."""
        input_dim = kwargs.pop("input_dim", None)
        shape = kwargs.pop("input_shape", None)
        batch_size = kwargs.pop("batch_size", None)
        whole = kwargs.pop("batch_input_shape", None)
        if input_dim is not None and shape is None:
            shape = (input_dim,)
        if whole is None and shape is not None:
            shape = (shape,) if isinstance(shape, int) else tuple(shape)
            whole = (batch_size, *shape)
        if whole is not None:
            self._batch_input_shape = tuple(whole)

    def _set_dtype_policy(self, dtype: Any) -> None:
        self._dtype_policy = mixed_precision.as_policy(dtype)
        self._compute_dtype = self._dtype_policy.compute_dtype
        self._compute_type: Any
        if self._compute_dtype is not None:
            self._compute_type = tf.as_dtype(self._compute_dtype)
        else:
            self._compute_type = None

    # ---- what subclasses define

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs of this shape. Subclasses end by calling it."""
        self._build_input_shape = input_shape
        self.built = True

    def call(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the outputs for `inputs`."""
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the output, found by a symbolic call."""
        if not self.built:
            self._build_for_shapes(input_shape)
        spec = symbolic_call.output_spec(self, input_shape)
        return nest.map_structure(lambda s: s.shape, spec)

    def compute_output_signature(self, input_signature: Any) -> Any:
        """Return the specs of the outputs for inputs of the given specs."""
        shapes = nest.map_structure(lambda s: s.shape, input_signature)
        dtype = self._compute_dtype or nest.flatten(input_signature)[0].dtype
        outputs = self.compute_output_shape(shapes)
        return nest.map_structure(lambda s: tf.TensorSpec(s, dtype), outputs)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer, without its weights.

        Raises:
            NotImplementedError: A class that does not override this method was given
                arguments that are no plain values.
        """
        config: dict[str, Any] = {"name": self.name, "trainable": self.trainable}
        config["dtype"] = mixed_precision.serialize(self._dtype_policy)
        if hasattr(self, "_batch_input_shape"):
            config["batch_input_shape"] = self._batch_input_shape
        if self._dynamic:
            config["dynamic"] = True
        # Made from the arguments if the class does not say what its own are.
        if type(self).get_config is Layer.get_config:
            return automatic_config.completed(self, config)
        return config

    @property
    def input_spec(self) -> Any:
        """What inputs are checked against: an `InputSpec`, or a structure of them."""
        return self._input_spec

    @input_spec.setter
    def input_spec(self, value: Any) -> None:
        for spec in nest.flatten(value):
            if spec is not None and not isinstance(spec, InputSpec):
                raise TypeError(
                    f"Layer input_spec must be an instance of InputSpec. Got: {spec}"
                )
        self._input_spec = value

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make a layer from what `get_config` returned.

        Raises:
            TypeError: The constructor does not take it.
        """
        return made_from_config(cls, config)

    def get_build_config(self) -> dict[str, Any] | None:
        """Return what `build_from_config` needs to make the weights again."""
        if self._build_input_shape is None:
            return None
        return {"input_shape": shapes_as_tuples(self._build_input_shape)}

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Make the weights from what `get_build_config` returned."""
        shape = config.get("input_shape")
        if shape is not None and not self.built:
            with tf.name_scope(self._name_scope()):
                # From JSON a shape comes as a list.
                self._build_for_shapes(shapes_as_tuples(as_tensor_shapes(shape)))

    # ---- what it is

    @property
    def name(self) -> str:
        """The name, unique unless it was given."""
        return self._name

    def _name_scope(self) -> str:
        return self._name

    @property
    def dtype(self) -> str | None:
        """The dtype of the weights."""
        return self._dtype_policy.variable_dtype

    @property
    def variable_dtype(self) -> str | None:
        """The dtype of the weights."""
        return self._dtype_policy.variable_dtype

    @property
    def compute_dtype(self) -> str | None:
        """The dtype that inputs are cast to."""
        return self._compute_dtype

    @property
    def dtype_policy(self) -> Any:
        """The dtypes of weights and computations."""
        return self._dtype_policy

    @property
    def dynamic(self) -> bool:
        """Whether `call` must run eagerly."""
        return any(layer._dynamic for layer in self._flatten_layers())

    @property
    def activity_regularizer(self) -> Any:
        """The penalty on this layer's outputs."""
        return self._activity_regularizer

    @activity_regularizer.setter
    def activity_regularizer(self, value: Any) -> None:
        self._activity_regularizer = value

    # ---- calling

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the outputs for the inputs, after building at the first call."""
        args, kwargs, inputs, is_keras = self._taken_apart(args, kwargs)
        if is_keras:
            return symbolic_call.call_on_keras_tensors(self, args, kwargs)
        outermost = calls.layer is None
        if outermost:
            self._clear_losses()
        signature = self._signature
        masks = self._input_masks(inputs, args, kwargs, signature)
        training = None
        if signature.expects_training:
            training = self._decide_training(args, kwargs, signature)
            args, kwargs = signature.with_training(args, kwargs, training)
        else:
            # Not for this layer's `call`: it sets the mode of the layers inside.
            training = kwargs.pop("training", calls.training)
        with entered(self, training), tf.name_scope(self._name_scope()):
            if not self.built:
                self._build_for(inputs, args, kwargs)
            if self.input_spec is not None:
                check_input(self.input_spec, inputs, self.name)
            if self._autocast:
                args = self._cast_inputs(args)
            try:
                outputs = autographed(self.call)(*args, **kwargs)
            except Exception as error:
                quote = '"' if outermost and calls.is_symbolic else "'"
                raise in_layer(error, self, quote, args, kwargs) from None
            if self._activity_regularizer is not None:
                self._penalize_activity(outputs)
        if self.supports_masking:
            self._mark_masks(args[0] if args else kwargs, outputs, masks)
        return outputs

    def _taken_apart(self, args: Any, kwargs: Any) -> tuple[Any, Any, Any, bool]:
        """Return arguments with arrays made tensors, the inputs, and if it is symbolic.

        Raises:
            RuntimeError: The constructor did not call `super().__init__()`.
            ValueError: There is no argument.
        """
        if "_losses" not in self.__dict__:
            raise RuntimeError(
                "You must call `super().__init__()` in the layer constructor."
            )
        if args:
            inputs = args[0]
            if len(args) == 1 and not kwargs and isinstance(inputs, EagerTensor):
                return args, kwargs, inputs, False  # the usual case
        else:
            name = self._signature.first_name
            if name not in kwargs:
                raise ValueError(
                    "The first argument to `Layer.call` must always be passed."
                )
            inputs = kwargs.pop(name)
            args = (inputs,)
        flat = nest.flatten((args, kwargs))
        if any(isinstance(x, KerasTensor) for x in flat):
            return args, kwargs, inputs, True
        flat_inputs = nest.flatten(inputs)
        if any(isinstance(x, PYTHON_VALUES) for x in flat_inputs):
            inputs = nest.map_structure(as_tensor, inputs)
            args = (inputs, *args[1:])
        return args, kwargs, inputs, False

    @property
    def _signature(self) -> CallSignature:
        return signature_of(type(self).call)

    def _decide_training(self, args: Any, kwargs: Any, signature: CallSignature) -> Any:
        """Return the mode: as passed, the caller's, the global one, or the default."""
        training = signature.passed("training", args, kwargs)
        if training is None:
            training = calls.training
        if training is None:
            training = global_learning_phase()
        if training is None:
            training = signature.default_training
        return training

    def _cast_inputs(self, args: Any) -> Any:
        """Cast floating inputs to the layer's dtype."""
        target = self._compute_type
        if target is None or not target.is_floating:
            return args
        inputs = args[0]
        if isinstance(inputs, Tensor):
            if inputs.dtype is target or not inputs.dtype.is_floating:
                return args
            return (cast_floating(inputs, target), *args[1:])
        return (
            nest.map_structure(lambda x: cast_floating(x, target), inputs),
            *args[1:],
        )

    def _build_for(self, inputs: Any, args: Any, kwargs: Any) -> None:
        """Make the weights for these inputs, the first of a call's arguments."""
        flat = nest.flatten(inputs)
        if self.input_spec is not None:
            check_input(self.input_spec, inputs, self.name)
        if self._compute_dtype is None and flat and hasattr(flat[0], "dtype"):
            self._set_dtype_policy(flat[0].dtype.name)
        if any(hasattr(x, "shape") for x in flat):
            shapes = nest.map_structure(lambda x: getattr(x, "shape", None), inputs)
            self._build_for_shapes(shapes)
        else:
            self._build_for_shapes(None)

    def _build_for_shapes(self, input_shape: Any) -> None:
        if type(self).build is not Layer.build:
            input_shape = as_tensor_shapes(input_shape)
            with init_scope():
                self.build(input_shape)
        if self._build_input_shape is None:
            self._build_input_shape = input_shape
        # Subclasses may forget to call the base's `build`.
        self.built = True
        attached(self)  # a checkpoint restored earlier may have values for the weights
        if self._initial_weights is not None:
            with init_scope():
                self.set_weights(self._initial_weights)
            self._initial_weights = None


def _check_boolean(what: str, value: Any) -> None:
    is_tensor = isinstance(value, Tensor | tf.Variable) and value.dtype is tf.bool
    if not (isinstance(value, bool) or is_tensor):
        raise TypeError(
            f"Expected `{what}` argument to be a boolean, but got: {value!r}"
        )
