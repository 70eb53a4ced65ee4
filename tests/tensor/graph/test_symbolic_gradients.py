"""tf.gradients inside traced functions."""

from __future__ import annotations

from typing import Any

import pytest

import tensor as tf


def test_derivatives_by_tensors_and_variables() -> None:
    v = tf.Variable(3.0)

    @tf.function
    def f(x: Any) -> Any:
        y = x * x * v
        return tf.gradients(y, [x, v])

    assert [float(g) for g in f(tf.constant(2.0))] == [12.0, 4.0]


def test_second_derivatives_weights_and_unconnected_sources() -> None:
    @tf.function
    def f(x: Any, z: Any) -> Any:
        (first,) = tf.gradients(x**3, x, grad_ys=[tf.constant(2.0)])
        (second,) = tf.gradients(first, x)
        (none,) = tf.gradients(x, z)
        (zero,) = tf.gradients(x, z, unconnected_gradients="zero")
        assert none is None
        return first, second, zero

    found = f(tf.constant(2.0), tf.constant(1.0))
    assert [float(g) for g in found] == [24.0, 24.0, 0.0]


def test_gradients_can_be_stopped() -> None:
    @tf.function
    def f(x: Any) -> Any:
        y = x * x
        return tf.gradients(y * x, x, stop_gradients=[y])

    assert float(f(tf.constant(3.0))[0]) == 9.0


def test_outside_a_traced_function_there_is_the_tape() -> None:
    with pytest.raises(RuntimeError, match="GradientTape"):
        tf.gradients(tf.constant(1.0), tf.constant(1.0))
