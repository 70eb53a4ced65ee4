"""SpectralNormalization: a kernel whose largest singular value is kept at one."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras import initializers
from tensor.keras.engine.input_spec import InputSpec
from tensor.keras.layers.rnn.wrappers import Wrapper


class SpectralNormalization(Wrapper):
    """Divides a layer's kernel by its largest singular value at each training step.

    The value is estimated by a few steps of the power method, from where the step
    before ended.
    """

    def __init__(self, layer: Any, power_iterations: int = 1, **kwargs: Any) -> None:
        """Take the layer, and the number of steps of the power method.

        Raises:
            ValueError: The number is not positive.
        """
        super().__init__(layer, **kwargs)
        if power_iterations <= 0:
            raise ValueError(
                "`power_iterations` should be greater than zero. Received: "
                f"`power_iterations={power_iterations}`"
            )
        self.power_iterations = power_iterations

    def build(self, input_shape: Any = None) -> None:
        super().build(input_shape)
        dims = tf.TensorShape(input_shape).as_list()
        self.input_spec = InputSpec(shape=(None, *dims[1:]))
        for name in ("kernel", "embeddings"):
            if hasattr(self.layer, name):
                self.kernel = getattr(self.layer, name)
                break
        else:
            raise ValueError(
                f"{type(self.layer).__name__} object has no attribute 'kernel' nor "
                "'embeddings'"
            )
        self.vector_u = self.add_weight(
            shape=(1, self.kernel.shape[-1]),
            initializer=initializers.TruncatedNormal(stddev=0.02),
            trainable=False,
            name="vector_u",
            dtype=self.kernel.dtype,
        )

    def call(self, inputs: Any, training: Any = None) -> Any:
        if training:
            self.normalize_weights()
        return self.layer(inputs)

    def normalize_weights(self) -> None:
        """Divide the kernel by the estimate of its largest singular value."""
        kernel = self.kernel.value()
        matrix = tf.reshape(kernel, [-1, kernel.shape[-1]])
        u = self.vector_u.value()
        for _ in range(self.power_iterations):
            v = tf.math.l2_normalize(tf.matmul(u, matrix, transpose_b=True))
            u = tf.math.l2_normalize(tf.matmul(v, matrix))
        u, v = tf.stop_gradient(u), tf.stop_gradient(v)
        sigma = tf.matmul(tf.matmul(v, matrix), u, transpose_b=True)
        self.vector_u.assign(u)
        self.kernel.assign(tf.reshape(matrix / sigma, tf.shape(kernel)))

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tf.TensorShape(self.layer.compute_output_shape(input_shape).as_list())

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "power_iterations": self.power_iterations}
