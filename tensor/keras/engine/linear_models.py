"""LinearModel, and WideDeepModel: a linear model beside a deep one."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.core import nest
from tensor.keras import activations, initializers, regularizers
from tensor.keras.engine.model import Model
from tensor.keras.training.batches import unpack


class LinearModel(Model):
    """A weighted sum of the inputs, each with weights of its own, and a bias."""

    def __init__(
        self,
        units: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "zeros",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        """Take the number of outputs, and how weights begin and are punished."""
        super().__init__(**kwargs)
        self.units = units
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)

    def build(self, input_shape: Any) -> None:
        from tensor.keras.layers.dense import Dense

        is_dict = isinstance(input_shape, dict)
        is_list = isinstance(input_shape, list | tuple)
        names = sorted(input_shape) if is_dict else [None]
        if is_list:
            names = [None] * len(input_shape)
        self.dense_layers = []
        for name in names:
            layer = Dense(
                units=self.units,
                use_bias=False,
                kernel_initializer=self.kernel_initializer,
                kernel_regularizer=self.kernel_regularizer,
                name=name,
            )
            self.dense_layers.append(layer)
        shapes = nest.flatten(input_shape)
        for layer, shape in zip(self.dense_layers, shapes, strict=True):
            layer.build(shape)
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                "bias",
                shape=self.units,
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                dtype=self.dtype,
                trainable=True,
            )
        self.built = True

    def call(self, inputs: Any) -> Any:
        flat = nest.flatten(inputs)
        parts = [d(x) for d, x in zip(self.dense_layers, flat, strict=True)]
        result = tf.add_n(parts)
        if self.bias is not None:
            result = tf.nn.bias_add(result, self.bias)
        return self.activation(result)

    def get_config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": self.dtype,
            "units": self.units,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": initializers.serialize(self.kernel_initializer),
            "bias_initializer": initializers.serialize(self.bias_initializer),
            "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": regularizers.serialize(self.bias_regularizer),
        }


class WideDeepModel(Model):
    """The sum of a linear model's output and a deep one's.

    Each may be trained by an optimizer of its own, given to `compile` as a list.
    """

    def __init__(
        self,
        linear_model: Any,
        dnn_model: Any,
        activation: Any = None,
        **kwargs: Any,
    ) -> None:
        """Take the two models, and what is applied to the sum."""
        super().__init__(**kwargs)
        self.linear_model = linear_model
        self.dnn_model = dnn_model
        self.activation = activations.get(activation)

    def call(self, inputs: Any, training: Any = None) -> Any:
        if isinstance(inputs, list | tuple) and len(inputs) == 2:
            wide, deep = inputs
        else:
            wide = deep = inputs
        total = nest.map_structure(
            lambda a, b: a + b,
            self.linear_model(wide),
            self.dnn_model(deep, training=training),
        )
        return nest.map_structure(self.activation, total)

    def compile(self, optimizer: Any = "rmsprop", *args: Any, **kwargs: Any) -> None:
        """Say how to train; two optimizers are for the linear and the deep model."""
        from tensor.keras import optimizers

        both = optimizer if isinstance(optimizer, list | tuple) else [optimizer] * 2
        super().compile(both[0], *args, **kwargs)
        self._deep_optimizer = None
        if isinstance(optimizer, list | tuple):
            self._deep_optimizer = optimizers.get(both[1])

    def train_step(self, data: Any) -> Any:
        if self._deep_optimizer is None:
            return super().train_step(data)
        x, y, sample_weight = unpack(data)
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(x, y, y_pred, sample_weight)
        self._validate_target_and_loss(y, loss)
        wide = self.linear_model.trainable_variables
        deep = self.dnn_model.trainable_variables
        wide_gradients, deep_gradients = tape.gradient(loss, (wide, deep))
        self.optimizer.apply_gradients(zip(wide_gradients, wide, strict=True))
        self._deep_optimizer.apply_gradients(zip(deep_gradients, deep, strict=True))
        return self.compute_metrics(x, y, y_pred, sample_weight)
