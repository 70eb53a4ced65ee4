"""Activations as layers."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.core import nest
from tensor.keras import activations, constraints, initializers, regularizers
from tensor.keras.engine.input_spec import InputSpec
from tensor.keras.engine.layer import Layer


class _Elementwise(Layer):
    """A layer that keeps shapes."""

    supports_masking = True

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tf.TensorShape(input_shape)


class Identity(_Elementwise):
    """Returns its inputs."""

    supports_masking = False

    def call(self, inputs: Any) -> Any:
        return nest.map_structure(tf.identity, inputs)


class Activation(_Elementwise):
    """Applies an activation function."""

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        """Take the function or its name."""
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def call(self, inputs: Any) -> Any:
        return self.activation(inputs)

    def get_config(self) -> dict[str, Any]:
        name = activations.serialize(self.activation)
        return {**super().get_config(), "activation": name}


class ReLU(_Elementwise):
    """max(x, 0), with a slope below a threshold and a largest value if wanted."""

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **kwargs: Any,
    ) -> None:
        """Take the largest value, the slope below the threshold, and the threshold.

        Raises:
            ValueError: One of them is negative or missing.
        """
        super().__init__(**kwargs)
        if max_value is not None and max_value < 0.0:
            raise ValueError(
                "max_value of a ReLU layer cannot be a negative value. Received: "
                f"{max_value}"
            )
        for name, value in (
            ("negative_slope", negative_slope),
            ("threshold", threshold),
        ):
            if value is None or value < 0.0:
                raise ValueError(
                    f"{name} of a ReLU layer cannot be a negative value. Received: "
                    f"{value}"
                )
        self.max_value = None if max_value is None else float(max_value)
        self.negative_slope = float(negative_slope)
        self.threshold = float(threshold)

    def call(self, inputs: Any) -> Any:
        return activations.relu(
            inputs,
            alpha=self.negative_slope,
            max_value=self.max_value,
            threshold=self.threshold,
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "max_value": self.max_value,
            "negative_slope": self.negative_slope,
            "threshold": self.threshold,
        }


class LeakyReLU(_Elementwise):
    """x where positive, alpha * x elsewhere."""

    def __init__(self, alpha: float = 0.3, **kwargs: Any) -> None:
        """Take the slope.

        Raises:
            ValueError: It is missing.
        """
        super().__init__(**kwargs)
        if alpha is None:
            raise ValueError(
                "The alpha value of a Leaky ReLU layer cannot be None, Expecting a "
                f"float. Received: {alpha}"
            )
        self.alpha = float(alpha)

    def call(self, inputs: Any) -> Any:
        return tf.nn.leaky_relu(inputs, alpha=self.alpha)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "alpha": self.alpha}


class ELU(_Elementwise):
    """x where positive, alpha * (exp(x) - 1) elsewhere."""

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        """Take the factor.

        Raises:
            ValueError: It is missing.
        """
        super().__init__(**kwargs)
        if alpha is None:
            raise ValueError(
                "Alpha of an ELU layer cannot be None, expecting a float. Received: "
                f"{alpha}"
            )
        self.alpha = float(alpha)

    def call(self, inputs: Any) -> Any:
        return activations.elu(inputs, self.alpha)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "alpha": self.alpha}


class ThresholdedReLU(_Elementwise):
    """x above theta, 0 elsewhere."""

    def __init__(self, theta: float = 1.0, **kwargs: Any) -> None:
        """Take the threshold.

        Raises:
            ValueError: It is missing or negative.
        """
        super().__init__(**kwargs)
        if theta is None:
            raise ValueError(
                "Theta of a Thresholded ReLU layer cannot be None, expecting a float. "
                f"Received: {theta}"
            )
        if theta < 0:
            raise ValueError(
                "The theta value of a Thresholded ReLU layer should be >=0. Received: "
                f"{theta}"
            )
        self.theta = float(theta)

    def call(self, inputs: Any) -> Any:
        theta = tf.cast(self.theta, inputs.dtype)
        return inputs * tf.cast(inputs > theta, inputs.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "theta": self.theta}


class PReLU(_Elementwise):
    """x where positive, a learned slope times x elsewhere."""

    def __init__(
        self,
        alpha_initializer: Any = "zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: Any = None,
        **kwargs: Any,
    ) -> None:
        """Take how slopes are treated, and the axes along which one is shared."""
        super().__init__(**kwargs)
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        if shared_axes is not None and not isinstance(shared_axes, list | tuple):
            shared_axes = [shared_axes]
        self.shared_axes = None if shared_axes is None else list(shared_axes)

    def build(self, input_shape: Any) -> None:
        shape = list(input_shape[1:])
        for axis in self.shared_axes or ():
            shape[axis - 1] = 1
        self.alpha = self.add_weight(
            name="alpha",
            shape=shape,
            initializer=self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
        )
        sizes = {}
        if self.shared_axes:
            own = set(range(1, len(input_shape))) - set(self.shared_axes)
            sizes = {i: input_shape[i] for i in sorted(own)}
        self.input_spec = InputSpec(ndim=len(input_shape), axes=sizes)
        super().build(input_shape)

    def call(self, inputs: Any) -> Any:
        return tf.nn.relu(inputs) - self.alpha * tf.nn.relu(-inputs)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "alpha_initializer": initializers.serialize(self.alpha_initializer),
            "alpha_regularizer": regularizers.serialize(self.alpha_regularizer),
            "alpha_constraint": constraints.serialize(self.alpha_constraint),
            "shared_axes": self.shared_axes,
        }


class Softmax(_Elementwise):
    """exp(x), normalised to a sum of one; a mask leaves places out."""

    def __init__(self, axis: Any = -1, **kwargs: Any) -> None:
        """Take the axis, or axes, that sum to one."""
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is not None:
            # Large enough to vanish in the exponential, small enough to stay finite.
            low = float(inputs.dtype.min) / 2.0 if inputs.dtype is tf.float16 else -1e9
            inputs = inputs + (1.0 - tf.cast(mask, inputs.dtype)) * low
        if isinstance(self.axis, list | tuple):
            if len(self.axis) > 1:
                return tf.exp(
                    inputs - tf.reduce_logsumexp(inputs, axis=self.axis, keepdims=True)
                )
            return activations.softmax(inputs, axis=self.axis[0])
        return activations.softmax(inputs, axis=self.axis)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}
