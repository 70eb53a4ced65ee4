"""Layer: a function with weights, the building block of models."""

from __future__ import annotations

import functools
import inspect
from typing import Any

import numpy as np

import tensor as tf
from tensor.core import nest
from tensor.core.tensor import EagerTensor, Tensor
from tensor.core.trackable import attached
from tensor.graph.autograph import autographed
from tensor.keras import constraints, initializers, mixed_precision, regularizers
from tensor.keras.engine import layer_losses, symbolic_call
from tensor.keras.engine.call_context import calls, entered, init_scope
from tensor.keras.engine.input_spec import check_input
from tensor.keras.engine.keras_tensor import KerasTensor
from tensor.keras.settings import global_learning_phase

_PYTHON_VALUES = (np.ndarray, np.generic, float, int)


class Layer(layer_losses.LossOwner):
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
            TypeError: A keyword is unknown, or `trainable` is no boolean.
        """
        self._start_tracking()
        self._start_losses()
        if not isinstance(trainable, bool | int | np.bool_):
            raise TypeError(
                f"Expected `trainable` argument to be a boolean, but got: {trainable!r}"
            )
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
        self.supports_masking = getattr(type(self), "supports_masking", False)
        self.input_spec: Any = None
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

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return the output's mask, given the input's.

        Raises:
            TypeError: There is a mask, and the layer does not support masking.
        """
        if not self.supports_masking:
            if any(m is not None for m in nest.flatten(mask)):
                raise TypeError(
                    f"Layer {self.name} does not support masking, but was passed an "
                    f"input_mask: {mask}"
                )
            return None
        return mask

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
        return nest.map_structure(
            lambda s: tf.TensorSpec(s, dtype),
            nest.map_structure(tf.TensorShape, self.compute_output_shape(shapes))
            if not isinstance(shapes, tf.TensorShape)
            else self.compute_output_shape(shapes),
        )

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer, without its weights.

        Raises:
            NotImplementedError: The constructor has arguments that this method, not
                being overridden, does not know.
        """
        config: dict[str, Any] = {"name": self.name, "trainable": self.trainable}
        config["dtype"] = mixed_precision.serialize(self._dtype_policy)
        if hasattr(self, "_batch_input_shape"):
            config["batch_input_shape"] = self._batch_input_shape
        if self._dynamic:
            config["dynamic"] = True
        self._check_config_is_complete(config)
        return config

    def _check_config_is_complete(self, config: dict[str, Any]) -> None:
        if type(self).get_config is not Layer.get_config:
            return
        parameters = inspect.signature(type(self).__init__).parameters.values()
        extra = [
            p.name
            for p in list(parameters)[1:]
            if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
            and p.name not in (*config, "dynamic", "dtype")
        ]
        if extra:
            raise NotImplementedError(
                f"Layer {type(self).__name__} was created by passing non-serializable "
                f"argument values in `__init__()`: {extra}. It must override "
                "`get_config()` so that it can be saved and made again."
            )

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make a layer from what `get_config` returned."""
        return cls(**config)

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
                self._build_for_shapes(shape)

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

    # ---- weights

    def add_weight(
        self,
        name: str | None = None,
        shape: Any = None,
        dtype: Any = None,
        initializer: Any = None,
        regularizer: Any = None,
        trainable: bool | None = None,
        constraint: Any = None,
        use_resource: bool | None = None,
        synchronization: Any = tf.VariableSynchronization.AUTO,
        aggregation: Any = tf.VariableAggregation.NONE,
        **kwargs: Any,
    ) -> Any:
        """Make a variable of this layer.

        Args:
            name: Its name.
            shape: Its shape; a scalar by default.
            dtype: Its dtype, by default the layer's.
            initializer: Makes the first value: a name, a configuration, or a function
                of shape and dtype; Glorot's uniform for floating types by default,
                zeros for others.
            regularizer: A penalty on it, added to the layer's losses.
            trainable: Whether training changes it.
            constraint: What it is projected onto after each update.
            use_resource: Accepted for compatibility.
            synchronization: When copies on several replicas are brought together.
            aggregation: How the values of several replicas become one.
            **kwargs: Accepted for compatibility: `getter`, `collections` …

        Raises:
            ValueError: A trainable variable cannot be synchronized on read, or there
                is no default initializer for the dtype.
        """
        if trainable and synchronization is tf.VariableSynchronization.ON_READ:
            raise ValueError(
                "Synchronization value can be set to VariableSynchronization.ON_READ "
                "only for non-trainable variables. You have specified trainable=True "
                "and synchronization=VariableSynchronization.ON_READ."
            )
        kind = tf.as_dtype(dtype or self.variable_dtype or "float32")
        shape = tuple(tf.TensorShape(() if shape is None else shape).as_list())
        make = initializers.get(initializer) if initializer is not None else None
        if make is None:
            make = _default_initializer(kind, name)
        with init_scope():
            variable = tf.Variable(
                functools.partial(_first_value, make, shape, kind),
                trainable=trainable,
                name=name,
                dtype=kind,
                shape=shape,
                constraint=constraints.get(constraint),
                synchronization=synchronization,
                aggregation=aggregation,
            )
        if regularizer is not None:
            self._add_weight_penalty(variable, regularizers.get(regularizer))
        self._track_variable(variable)
        if name is not None:
            self._named_weights[name] = variable
            attached(self)
        return variable

    def save_own_variables(self, store: Any) -> None:
        """Put this layer's own variables into a dictionary of arrays."""
        for i, variable in enumerate(self._own_variables()):
            store[str(i)] = variable.numpy()

    def load_own_variables(self, store: Any) -> None:
        """Set this layer's own variables from what `save_own_variables` wrote.

        Raises:
            ValueError: Their number differs.
        """
        variables = self._own_variables()
        if len(store.keys()) != len(variables):
            raise ValueError(
                f"Layer '{self.name}' expected {len(variables)} variables, but "
                "received "
                f"{len(store.keys())} variables during loading. Expected: "
                f"{[v.name for v in variables]}"
            )
        for i, variable in enumerate(variables):
            variable.assign(store[str(i)])

    def add_variable(self, *args: Any, **kwargs: Any) -> Any:
        """Make a variable; the old name of `add_weight`."""
        return self.add_weight(*args, **kwargs)

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
                self._build_for(inputs)
            if self.input_spec is not None:
                check_input(self.input_spec, inputs, self.name)
            if self._autocast:
                args = self._cast_inputs(args)
            outputs = autographed(self.call)(*args, **kwargs)
            if self._activity_regularizer is not None:
                self._penalize_activity(outputs)
        own_rule = type(self).compute_mask is not Layer.compute_mask
        if self.supports_masking or masks is not None or own_rule:
            self._mark_masks(args[0] if args else kwargs, outputs, masks)
        return outputs

    def _taken_apart(self, args: Any, kwargs: Any) -> tuple[Any, Any, Any, bool]:
        """Return arguments with arrays made tensors, the inputs, and if it is symbolic.

        Raises:
            ValueError: There is no argument.
        """
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
        if any(isinstance(x, _PYTHON_VALUES) for x in flat_inputs):
            inputs = nest.map_structure(_as_tensor, inputs)
            args = (inputs, *args[1:])
        return args, kwargs, inputs, False

    @property
    def _signature(self) -> CallSignature:
        return _signature_of(type(self).call)

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

    def _input_masks(
        self, inputs: Any, args: Any, kwargs: Any, signature: CallSignature
    ) -> Any:
        """Return the inputs' masks, and pass them on if `call` takes them."""
        if not (self.supports_masking or signature.expects_mask):
            return None
        if signature.expects_mask:
            passed = signature.passed("mask", args, kwargs)
            if passed is not None:
                return passed
        flat = [getattr(x, "_keras_mask", None) for x in nest.flatten(inputs)]
        if all(m is None for m in flat):
            return None
        masks = nest.pack_sequence_as(inputs, flat)
        if signature.expects_mask:
            kwargs["mask"] = masks
        return masks

    def _mark_masks(self, inputs: Any, outputs: Any, masks: Any) -> None:
        """Attach to the outputs the masks that say which of their steps count."""
        flat = nest.flatten(outputs)
        if all(getattr(x, "_keras_mask", None) is not None for x in flat):
            return
        if getattr(self, "_computes_masks_itself", False):
            return
        new = self.compute_mask(inputs, masks)
        if new is None:
            return
        for x, mask in zip(flat, nest.flatten(new), strict=False):
            if isinstance(x, Tensor):
                x._keras_mask = mask

    def _cast_inputs(self, args: Any) -> Any:
        """Cast floating inputs to the layer's dtype."""
        target = self._compute_type
        if target is None or not target.is_floating:
            return args
        inputs = args[0]
        if isinstance(inputs, Tensor):
            if inputs.dtype is target or not inputs.dtype.is_floating:
                return args
            return (_cast(inputs, target), *args[1:])
        return (
            nest.map_structure(lambda x: _cast(x, target), inputs),
            *args[1:],
        )

    def _build_for(self, inputs: Any) -> None:
        """Make the weights for these inputs."""
        flat = nest.flatten(inputs)
        if self.input_spec is not None:
            check_input(self.input_spec, inputs, self.name)
        if self._compute_dtype is None and flat and hasattr(flat[0], "dtype"):
            self._set_dtype_policy(flat[0].dtype.name)
        if all(hasattr(x, "shape") for x in flat):
            self._build_for_shapes(nest.map_structure(lambda x: x.shape, inputs))
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
            self.set_weights(self._initial_weights)
            self._initial_weights = None

    # ---- the graph of layers

    @property
    def inbound_nodes(self) -> list[Any]:
        """The calls of this layer on Keras tensors."""
        return self._inbound_nodes

    @property
    def outbound_nodes(self) -> list[Any]:
        """The calls that take this layer's results."""
        return self._outbound_nodes

    @property
    def input(self) -> Any:
        """The Keras tensors that the layer was called on, if it was called once."""
        return self._only_node("input").call_inputs

    @property
    def output(self) -> Any:
        """The Keras tensors that the layer returned, if it was called once."""
        return self._only_node("output").outputs

    @property
    def input_shape(self) -> Any:
        """The static shape of the input."""
        return self._only_node("input shape").input_shapes

    @property
    def output_shape(self) -> Any:
        """The static shape of the output."""
        return self._only_node("output shape").output_shapes

    def _only_node(self, what: str) -> Any:
        if not self._inbound_nodes:
            if what.endswith("shape"):
                raise AttributeError(
                    f'The layer "{self.name}" has never been called and thus has no '
                    f"defined {what}. Note that the `build` method does not define it."
                )
            raise AttributeError(f"Layer {self.name} has no inbound nodes.")
        node = self._inbound_nodes[0]
        if len(self._inbound_nodes) > 1:
            shapes = {str(n.output_shapes) for n in self._inbound_nodes}
            if not what.endswith("shape") or len(shapes) > 1:
                raise AttributeError(
                    f"Layer {self.name} has multiple inbound nodes, hence the notion "
                    f'of "layer {what}" is ill-defined. Use '
                    f"`get_{what}_at(node_index)` "
                    "instead."
                )
        return node

    def get_input_at(self, node_index: int) -> Any:
        """Return the Keras tensors of one of the calls."""
        return self._inbound_nodes[node_index].call_inputs

    def get_output_at(self, node_index: int) -> Any:
        """Return the Keras tensors that one of the calls returned."""
        return self._inbound_nodes[node_index].outputs

    def get_input_shape_at(self, node_index: int) -> Any:
        """Return the static input shape of one of the calls."""
        return self._inbound_nodes[node_index].input_shapes

    def get_output_shape_at(self, node_index: int) -> Any:
        """Return the static output shape of one of the calls."""
        return self._inbound_nodes[node_index].output_shapes

    @property
    def input_mask(self) -> Any:
        """The masks of the inputs, if the layer was called once."""
        return nest.map_structure(lambda x: getattr(x, "_keras_mask", None), self.input)

    @property
    def output_mask(self) -> Any:
        """The masks of the outputs, if the layer was called once."""
        return nest.map_structure(
            lambda x: getattr(x, "_keras_mask", None), self.output
        )

    def __deepcopy__(self, memo: Any) -> Any:
        import copy

        twin = object.__new__(type(self))
        memo[id(self)] = twin
        for name, value in self.__dict__.items():
            kept = name in ("_inbound_nodes", "_outbound_nodes")
            object.__setattr__(twin, name, [] if kept else copy.deepcopy(value, memo))
        return twin


class CallSignature:
    """What the parameters of a `call` method are."""

    def __init__(self, function: Any) -> None:
        parameters = list(inspect.signature(function).parameters.values())[1:]
        self.names = [
            p.name
            for p in parameters
            if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        ]
        by_name = {p.name: p for p in parameters}
        takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters)
        self.first_name = self.names[0] if self.names else "inputs"
        self.expects_training = "training" in by_name or (
            takes_any and getattr(function, "_expects_training", False)
        )
        self.expects_mask = "mask" in by_name
        default = by_name["training"].default if "training" in by_name else None
        self.default_training = (
            False if default in (None, inspect.Parameter.empty) else default
        )
        self._training_index = (
            self.names.index("training") if "training" in self.names else None
        )

    def passed(self, name: str, args: Any, kwargs: Any) -> Any:
        """Return the value of an argument in a call, None if it was not passed."""
        if name in kwargs:
            return kwargs[name]
        if name in self.names:
            index = self.names.index(name)
            if index < len(args):
                return args[index]
        return None

    def with_training(self, args: Any, kwargs: Any, training: Any) -> tuple[Any, Any]:
        """Return the arguments with `training` set."""
        index = self._training_index
        if index is not None and index < len(args):
            return (*args[:index], training, *args[index + 1 :]), kwargs
        return args, {**kwargs, "training": training}


@functools.cache
def _signature_of(function: Any) -> CallSignature:
    return CallSignature(function)


def _as_tensor(x: Any) -> Any:
    return tf.convert_to_tensor(x) if isinstance(x, _PYTHON_VALUES) else x


def _cast(x: Any, dtype: Any) -> Any:
    kind = getattr(x, "dtype", None)
    if kind is None or kind is dtype or not getattr(kind, "is_floating", False):
        return x
    return tf.cast(x, dtype) if isinstance(x, Tensor | tf.Variable) else x


def _first_value(make: Any, shape: Any, dtype: Any) -> Any:
    return make(shape, dtype=dtype)


def _default_initializer(dtype: Any, name: str | None) -> Any:
    if dtype.is_floating:
        return initializers.get("glorot_uniform")
    if dtype.is_integer or dtype.is_bool:
        return initializers.get("zeros")
    raise ValueError(
        f"An initializer for variable {name} of type {dtype} is required. Got None"
    )


def as_tensor_shapes(shapes: Any) -> Any:
    """Return a shape, or shapes in lists and dictionaries, as TensorShapes."""
    if shapes is None or isinstance(shapes, tf.TensorShape):
        return shapes
    if isinstance(shapes, dict):
        return {k: as_tensor_shapes(v) for k, v in shapes.items()}
    if all(d is None or isinstance(d, int | np.integer) for d in shapes):
        return tf.TensorShape(shapes)
    return type(shapes)(as_tensor_shapes(s) for s in shapes)


def shapes_as_tuples(shapes: Any) -> Any:
    """Return TensorShapes, in lists and dictionaries too, as tuples."""
    if isinstance(shapes, tf.TensorShape):
        return None if shapes.rank is None else tuple(shapes.as_list())
    if isinstance(shapes, dict):
        return {k: shapes_as_tuples(v) for k, v in shapes.items()}
    if isinstance(shapes, list | tuple):
        return type(shapes)(shapes_as_tuples(s) for s in shapes)
    return shapes
