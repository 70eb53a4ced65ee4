"""Normalizations within each example: layer, group and unit."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras import constraints, initializers, regularizers
from tensor.keras.engine.input_spec import InputSpec
from tensor.keras.engine.layer import Layer
from tensor.ops.nn.layer_norm import layer_norm


class _ScaledNormalization(Layer):
    """A normalization followed by a learned scale and offset."""

    supports_masking = True

    def __init__(
        self,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)

    def _build_scale(self, shape: Any) -> None:
        self.gamma = self.beta = None
        if self.scale:
            self.gamma = self.add_weight(
                name="gamma",
                shape=shape,
                initializer=self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
                trainable=True,
            )
        if self.center:
            self.beta = self.add_weight(
                name="beta",
                shape=shape,
                initializer=self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
                trainable=True,
            )

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tf.TensorShape(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            "beta_initializer": initializers.serialize(self.beta_initializer),
            "gamma_initializer": initializers.serialize(self.gamma_initializer),
            "beta_regularizer": regularizers.serialize(self.beta_regularizer),
            "gamma_regularizer": regularizers.serialize(self.gamma_regularizer),
            "beta_constraint": constraints.serialize(self.beta_constraint),
            "gamma_constraint": constraints.serialize(self.gamma_constraint),
        }


class LayerNormalization(_ScaledNormalization):
    """Each example's features with mean 0 and variance 1."""

    def __init__(self, axis: Any = -1, **kwargs: Any) -> None:
        """Take the features' axis or axes; the other keywords are as usual.

        Raises:
            TypeError: `axis` is no integer and no list of them.
        """
        super().__init__(**kwargs)
        if not isinstance(axis, int | list | tuple):
            raise TypeError(
                "Expected an int or a list/tuple of ints for the argument 'axis', but "
                f"received: {axis!r}"
            )
        self.axis = list(axis) if isinstance(axis, list | tuple) else axis

    def build(self, input_shape: Any) -> None:
        shape = tf.TensorShape(input_shape)
        axes = self.axis if isinstance(self.axis, list) else [self.axis]
        rank = len(shape)
        if any(not -rank <= a < rank for a in axes):
            raise ValueError(
                "Invalid value for `axis` argument. Expected 0 <= axis < inputs.rank "
                f"(with inputs.rank={rank}). Received: axis={tuple(axes)}"
            )
        self.axis = [a % rank for a in axes]
        if len(set(self.axis)) < len(axes):
            raise ValueError(f"Duplicate axis: {tuple(self.axis)}")
        sizes = [shape[a] for a in self.axis]
        if None in sizes:
            raise ValueError(
                f"{self.name}: the input's dimensions along axis={self.axis} must be "
                f"known for its weights. Received an input of shape {shape}."
            )
        self._build_scale(sizes)
        self._spread_shape = [shape[i] if i in self.axis else 1 for i in range(rank)]
        super().build(input_shape)

    def call(self, inputs: Any) -> Any:
        if isinstance(inputs, tf.RaggedTensor):
            padded = self.call(inputs.to_tensor())
            return tf.RaggedTensor.from_tensor(padded, inputs.nested_row_lengths())
        x = inputs
        is_half = x.dtype in (tf.float16, tf.bfloat16)
        if is_half:
            x = tf.cast(x, "float32")
        beta, gamma = (self._spread(w, x.dtype) for w in (self.beta, self.gamma))
        if self.axis == [len(self._spread_shape) - 1]:
            size = self._spread_shape[-1:]
            gamma = tf.ones(size, x.dtype) if gamma is None else gamma
            beta = tf.zeros(size, x.dtype) if beta is None else beta
            outputs = layer_norm(x, gamma, beta, epsilon=float(self.epsilon))
        else:
            mean, variance = tf.nn.moments(x, self.axis, keepdims=True)
            outputs = tf.nn.batch_normalization(
                x, mean, variance, beta, gamma, self.epsilon
            )
        return tf.cast(outputs, inputs.dtype) if is_half else outputs

    def _spread(self, value: Any, dtype: Any) -> Any:
        if value is None:
            return None
        if self.axis == [len(self._spread_shape) - 1]:
            return value if value.dtype is dtype else tf.cast(value, dtype)
        return tf.cast(tf.reshape(value, self._spread_shape), dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


class GroupNormalization(_ScaledNormalization):
    """Each example's channels in groups, each with mean 0 and variance 1."""

    def __init__(self, groups: int = 32, axis: int = -1, **kwargs: Any) -> None:
        """Take the number of groups (-1: one a channel) and the channels' axis."""
        super().__init__(**kwargs)
        self.groups = groups
        self.axis = axis

    def build(self, input_shape: Any) -> None:
        shape = tf.TensorShape(input_shape)
        channels = shape[self.axis]
        if channels is None:
            raise ValueError(
                f"Axis {self.axis} of input tensor should have a defined dimension but "
                f"the layer received an input with shape {shape}."
            )
        if self.groups == -1:
            self.groups = channels
        if channels < self.groups:
            raise ValueError(
                f"Number of groups ({self.groups}) cannot be more than the number of "
                f"channels ({channels})."
            )
        if channels % self.groups != 0:
            raise ValueError(
                f"Number of groups ({self.groups}) must be a multiple of the number of "
                f"channels ({channels})."
            )
        self.input_spec = InputSpec(ndim=shape.rank, axes={self.axis: channels})
        self._build_scale((channels,))
        super().build(input_shape)

    def call(self, inputs: Any) -> Any:
        rank = inputs.shape.rank
        axis = self.axis % rank
        sizes = tf.shape(inputs)
        dims = [
            d if d is not None else sizes[i] for i, d in enumerate(inputs.static_shape)
        ]
        channels = inputs.static_shape[axis]
        width = channels // self.groups
        grouped = tf.reshape(
            inputs, [*dims[:axis], self.groups, width, *dims[axis + 1 :]]
        )
        axes = [i for i in range(1, rank + 1) if i != axis]
        mean, variance = tf.nn.moments(grouped, axes, keepdims=True)
        spread = [1] * axis + [self.groups, width] + [1] * (rank - axis - 1)
        outputs = tf.nn.batch_normalization(
            grouped,
            mean,
            variance,
            None if self.beta is None else tf.reshape(self.beta, spread),
            None if self.gamma is None else tf.reshape(self.gamma, spread),
            self.epsilon,
        )
        return tf.reshape(outputs, dims)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "groups": self.groups, "axis": self.axis}


class UnitNormalization(Layer):
    """Each example's vector divided by its norm."""

    supports_masking = True

    def __init__(self, axis: Any = -1, **kwargs: Any) -> None:
        """Take the vectors' axis or axes.

        Raises:
            TypeError: `axis` is no integer and no list of them.
        """
        super().__init__(**kwargs)
        if not isinstance(axis, int | list | tuple):
            raise TypeError(
                "Invalid value for `axis` argument: expected an int or a list/tuple of "
                f"ints. Received: axis={axis}"
            )
        self.axis = list(axis) if isinstance(axis, list | tuple) else axis

    def build(self, input_shape: Any) -> None:
        rank = tf.TensorShape(input_shape).rank
        axes = self.axis if isinstance(self.axis, list) else [self.axis]
        if rank is not None and any(not -rank <= a < rank for a in axes):
            raise ValueError(
                "Invalid value for `axis` argument. Expected 0 <= axis < inputs.rank "
                f"(with inputs.rank={rank}). Received: axis={tuple(axes)}"
            )
        super().build(input_shape)

    def call(self, inputs: Any) -> Any:
        return tf.math.l2_normalize(inputs, axis=self.axis, epsilon=1e-12)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tf.TensorShape(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}
