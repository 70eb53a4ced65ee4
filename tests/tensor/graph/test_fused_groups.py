"""Groups of elementwise ops that run as one statement sequence over shared buffers."""

import numpy as np

import tensor as tf


def test_a_kernel_without_out_writes_to_the_buffer_of_its_group() -> None:
    """`bias_add` has no `out=` form: its result is copied to a planned buffer."""

    def f(x, b):
        scaled = tf.nn.bias_add(x * 3.0, b) * tf.exp(x)
        return tf.nn.softplus(tf.nn.bias_add(x * 2.0, b)) + scaled

    x = tf.constant(np.linspace(-1.0, 1.0, 12, dtype=np.float32).reshape(4, 3))
    b = tf.constant([1.0, 2.0, 3.0])
    np.testing.assert_allclose(tf.function(f)(x, b), f(x, b), rtol=1e-6)
