"""Gradients of bfloat16 are bfloat16: Python numbers in gradient rules do not widen."""

import numpy as np
import pytest

import tensor as tf


@pytest.mark.parametrize(
    "f", [tf.tanh, tf.sigmoid, tf.nn.selu, tf.nn.silu, tf.sqrt, tf.square, tf.math.log]
)
def test_first_order_gradients_keep_the_dtype(f) -> None:
    wide, narrow = tf.Variable([0.5, 1.5]), tf.Variable(tf.cast([0.5, 1.5], "bfloat16"))
    grads = []
    for x in (wide, narrow):
        with tf.GradientTape() as tape:
            y = f(x)
        grads.append(tape.gradient(y, x))
    assert grads[1].dtype == tf.bfloat16
    np.testing.assert_allclose(tf.cast(grads[1], tf.float32), grads[0], rtol=0.03)


def test_a_cast_in_between_keeps_both_dtypes() -> None:
    x = tf.Variable([0.5, 1.5])
    with tf.GradientTape() as tape:
        narrow = tf.cast(x, tf.bfloat16)
        y = tf.cast(tf.tanh(narrow) * narrow, tf.float32)
    to_narrow, to_x = tape.gradient(y, [narrow, x])
    assert to_narrow.dtype == tf.bfloat16
    assert to_x.dtype == tf.float32


def test_several_outputs_keep_the_dtype() -> None:
    x = tf.Variable(tf.cast([1.0, 2.0, 3.0, 4.0], tf.bfloat16))
    with tf.GradientTape() as tape:
        first, second = tf.split(x, 2)
        y = first * second * 0.5
    assert tape.gradient(y, x).dtype == tf.bfloat16
