"""TimeDistributed and Bidirectional: layers around layers for sequences."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.core import nest
from tensor.keras import registration, serialization
from tensor.keras.engine.call_context import calls
from tensor.keras.engine.keras_tensor import holds_keras_tensors
from tensor.keras.engine.layer import Layer
from tensor.keras.engine.shapes import shapes_as_tuples
from tensor.keras.layers.rnn.arguments import listed
from tensor.keras.layers.rnn.steps import run_steps


class Wrapper(Layer):
    """A layer around another one."""

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        """Take the inner layer.

        Raises:
            TypeError: It is none.
        """
        if not isinstance(layer, Layer):
            raise TypeError(
                f"Layer {layer} supplied to Wrapper isn't a supported layer type. "
                "Please "
                "ensure wrapped layer is a valid Keras layer."
            )
        super().__init__(**kwargs)
        self.layer = layer

    def build(self, input_shape: Any = None) -> None:
        if not self.layer.built:
            self.layer._build_for_shapes(input_shape)
        super().build(input_shape)

    @property  # type: ignore[misc]  # it follows the inner layer, nobody sets it
    def activity_regularizer(self) -> Any:
        """The inner layer's penalty on outputs."""
        return getattr(self.__dict__.get("layer"), "activity_regularizer", None)

    def get_config(self) -> dict[str, Any]:
        inner = serialization.serialize_keras_object(self.layer)
        return {**super().get_config(), "layer": inner}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        from tensor.keras.layers.lookup import deserialize

        config = dict(config)
        return cls(deserialize(config.pop("layer"), custom_objects), **config)


class TimeDistributed(Wrapper):
    """Applies a layer to every step of a sequence."""

    supports_masking = True

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        """Take the inner layer.

        Raises:
            ValueError: It is none.
        """
        if not isinstance(layer, Layer):
            raise ValueError(
                "Please initialize `TimeDistributed` layer with a "
                f"`tf.keras.layers.Layer` instance. Received: {layer}"
            )
        super().__init__(layer, **kwargs)
        # A layer that keeps states, or may, is called step by step.
        is_builtin = type(layer).__module__.startswith("tensor.keras.")
        is_stateful = getattr(layer, "stateful", False)
        self._always_use_reshape = is_builtin and not is_stateful

    def build(self, input_shape: Any) -> None:
        """Make the inner layer's weights.

        Raises:
            ValueError: The input has no axis of time.
        """
        shapes = nest.flatten(shapes_as_tuples(input_shape), expand_composites=False)
        whole = shapes_as_tuples(input_shape)
        if isinstance(whole, tuple) and len(shapes) < 3:
            raise ValueError(
                "`TimeDistributed` Layer should be passed an `input_shape ` with at "
                f"least 3 dimensions, received: {whole}"
            )

        def without_time(shape: Any) -> Any:
            dims = tf.TensorShape(shape).as_list()
            return tf.TensorShape([dims[0], *dims[2:]])

        shapes = (
            [without_time(s) for s in input_shape]
            if isinstance(input_shape, list)
            else without_time(input_shape)
        )
        if not self.layer.built:
            self.layer._build_for_shapes(shapes)
        self._build_input_shape = input_shape
        self.built = True

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        kwargs = {}
        if self.layer._signature.expects_training:
            kwargs["training"] = training
        if isinstance(inputs, tf.RaggedTensor):
            return inputs.with_values(self.layer(inputs.values, **kwargs))
        first = nest.flatten(inputs)[0]
        if not self._always_use_reshape and first.static_shape[0] is not None:
            return self._step_by_step(inputs, mask, kwargs)
        flat = nest.map_structure(_steps_as_examples, inputs)
        if mask is not None and self.layer._signature.expects_mask:
            kwargs["mask"] = nest.map_structure(_steps_as_examples, mask)
        outputs = self.layer(flat, **kwargs)
        return nest.map_structure(lambda y: _examples_as_steps(y, first), outputs)

    def _step_by_step(self, inputs: Any, mask: Any, kwargs: dict[str, Any]) -> Any:
        return run_steps(
            lambda x, _: (self.layer(x, **kwargs), []),
            inputs,
            [],
            mask,
            time_axis=1,
            go_backwards=False,
            zero_output_for_mask=False,
            needs_sequence=True,
            is_symbolic=calls.is_symbolic,
        )[1]

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return the masks that the inner layer makes of the steps' masks."""
        if not isinstance(inputs, tf.Tensor):
            return mask
        if not self._always_use_reshape and inputs.shape[0] is not None:
            return mask
        flat = None if mask is None else _steps_as_examples(mask)
        inner = self.layer.compute_mask(_steps_as_examples(inputs), flat)
        if inner is not None:
            return _examples_as_steps(inner, inputs)
        if mask is None:
            return None
        return tf.reduce_any(mask, axis=list(range(2, mask.shape.rank)))


def _steps_as_examples(x: Any) -> Any:
    rest = list(x.static_shape[2:])
    if None in rest:
        sizes = tf.shape(x)
        return tf.reshape(x, tf.concat([[-1], sizes[2:]], 0))
    return tf.reshape(x, [-1, *rest])


def _examples_as_steps(y: Any, like: Any) -> Any:
    sizes = tf.shape(like)
    lead = [
        d if d is not None else sizes[i] for i, d in enumerate(like.static_shape[:2])
    ]
    rest = list(y.static_shape[1:])
    if None in rest:
        rest = [tf.shape(y)[i + 1] if d is None else d for i, d in enumerate(rest)]
    return tf.reshape(y, [*lead, *rest])


class Bidirectional(Wrapper):
    """Runs a recurrent layer forwards and a second one backwards."""

    supports_masking = True
    # How many of the inputs, counted from the end, are constants for the cells.
    _num_constants = 0

    def __init__(
        self,
        layer: Any,
        merge_mode: str | None = "concat",
        weights: Any = None,
        backward_layer: Any = None,
        **kwargs: Any,
    ) -> None:
        """Take the forward layer, and how both results are merged.

        Args:
            layer: The layer that runs forwards.
            merge_mode: "concat", "sum", "mul", "ave", or None for a list.
            weights: First weights of both.
            backward_layer: The layer that runs backwards; by default one like `layer`.
            **kwargs: What layers take.

        Raises:
            ValueError: The mode is unknown, or the backward layer does not fit.
        """
        if merge_mode not in ("sum", "mul", "ave", "concat", None):
            raise ValueError(
                f"Invalid merge mode. Received: {merge_mode}. Merge mode should be one "
                'of {"sum", "mul", "ave", "concat", None}'
            )
        super().__init__(layer, **kwargs)
        self.merge_mode = merge_mode
        self.forward_layer = _copied(layer, f"forward_{layer.name}")
        self._has_own_backward = backward_layer is not None
        if backward_layer is None:
            self.backward_layer = _copied(
                layer, f"backward_{layer.name}", go_backwards=not layer.go_backwards
            )
        else:
            self.backward_layer = backward_layer
            self._check_backward()
        for part in (self.forward_layer, self.backward_layer):
            # The steps left out by a mask must be equal both ways: zero.
            if hasattr(part, "zero_output_for_mask"):
                part.zero_output_for_mask = part.return_sequences
        self.layer = layer
        # What the user gave is a pattern only.
        self._self_tracked_trackables[:] = [self.forward_layer, self.backward_layer]
        self.input_spec = layer.input_spec
        self.stateful = layer.stateful
        self.return_sequences = layer.return_sequences
        self.return_state = layer.return_state
        if weights is not None:
            half = len(weights) // 2
            self.forward_layer._initial_weights = weights[:half]
            self.backward_layer._initial_weights = weights[half:]

    def _check_backward(self) -> None:
        if self.forward_layer.go_backwards == self.backward_layer.go_backwards:
            raise ValueError(
                "Forward layer and backward layer should have different "
                "`go_backwards` value. Received: forward_layer.go_backwards "
                f"{self.forward_layer.go_backwards}."
            )
        for name in ("stateful", "return_sequences", "return_state"):
            mine = getattr(self.forward_layer, name)
            theirs = getattr(self.backward_layer, name)
            if mine != theirs:
                raise ValueError(
                    "Forward layer and backward layer are expected to have the same "
                    f'value for attribute "{name}", got "{mine}" for forward layer and '
                    f'"{theirs}" for backward layer'
                )

    def build(self, input_shape: Any) -> None:
        for layer in (self.forward_layer, self.backward_layer):
            if not layer.built:
                with tf.name_scope(layer.name):
                    layer._build_for_shapes(input_shape)
        self._build_input_shape = input_shape
        self.built = True

    def __call__(
        self,
        inputs: Any,
        initial_state: Any = None,
        constants: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Run both layers, from given states if there are any.

        Raises:
            ValueError: The states are not those of two layers.
        """
        if isinstance(inputs, list | tuple) and len(inputs) > 1:
            end = len(inputs) - self._num_constants
            initial_state = list(inputs[1:end]) or None
            constants = list(inputs[end:]) or None
            inputs = inputs[0]
        states, constants = listed(initial_state), listed(constants)
        if len(states) % 2:
            raise ValueError(
                "When passing `initial_state` to a Bidirectional RNN, the state should "
                "be a list containing the states of the underlying RNNs. Received: "
                f"{initial_state}"
            )
        self._num_constants = len(constants)
        if holds_keras_tensors([*states, *constants]):
            return super().__call__([inputs, *states, *constants], **kwargs)
        if states:
            kwargs["initial_state"] = states
        if constants:
            kwargs["constants"] = constants
        return super().__call__(inputs, **kwargs)

    def call(
        self,
        inputs: Any,
        training: Any = None,
        mask: Any = None,
        initial_state: Any = None,
        constants: Any = None,
    ) -> Any:
        forward_state = backward_state = None
        if initial_state is not None:
            half = len(initial_state) // 2
            forward_state, backward_state = initial_state[:half], initial_state[half:]
        kwargs = {"training": training, "mask": mask}
        if constants is not None:
            kwargs["constants"] = constants
        y = self.forward_layer(inputs, initial_state=forward_state, **kwargs)
        z = self.backward_layer(inputs, initial_state=backward_state, **kwargs)
        states = []
        if self.return_state:
            states = [*y[1:], *z[1:]]
            y, z = y[0], z[0]
        if self.return_sequences:
            axis = 0 if getattr(self.forward_layer, "time_major", False) else 1
            z = tf.reverse(z, [axis])
        output = self._merged(y, z)
        if not self.return_state:
            return output
        return [*output, *states] if self.merge_mode is None else [output, *states]

    def _merged(self, y: Any, z: Any) -> Any:
        if self.merge_mode == "concat":
            return tf.concat([y, z], axis=-1)
        if self.merge_mode == "sum":
            return y + z
        if self.merge_mode == "ave":
            return (y + z) / 2
        if self.merge_mode == "mul":
            return y * z
        return [y, z]

    def reset_states(self) -> None:
        """Forget the states that both layers keep between batches."""
        self.forward_layer.reset_states()
        self.backward_layer.reset_states()

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        if isinstance(mask, list):
            mask = mask[0]
        own = mask if self.return_sequences else None
        result = [own, own] if self.merge_mode is None else own
        if self.return_state:
            states = [None] * (2 * len(self.forward_layer.states))
            return (result if isinstance(result, list) else [result]) + states
        return result

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "merge_mode": self.merge_mode}
        if self._num_constants:
            config["num_constants"] = self._num_constants
        if self._has_own_backward:
            config["backward_layer"] = serialization.serialize_keras_object(
                self.backward_layer
            )
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        from tensor.keras.layers.lookup import deserialize

        config = dict(config)
        layer = deserialize(config.pop("layer"), custom_objects)
        backward = config.pop("backward_layer", None)
        if backward is not None:
            backward = deserialize(backward, custom_objects)
        num_constants = config.pop("num_constants", 0)
        made = cls(layer, backward_layer=backward, **config)
        made._num_constants = num_constants
        return made


def _copied(layer: Any, name: str, **changes: Any) -> Any:
    """Return a layer like another one, under another name."""
    config = {**layer.get_config(), "name": name, **changes}
    # The user's own cells need not be registered: their classes are at hand.
    cells = [getattr(layer, "cell", None)]
    cells += getattr(cells[0], "cells", [])
    with registration.custom_object_scope({type(c).__name__: type(c) for c in cells}):
        return type(layer).from_config(config)
