"""Gradients of conditionals stay slices if a branch looks up rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensor as tf


def rows_or_all(v: Any, x: Any, b: Any) -> Any:
    return tf.cond(
        b,
        lambda: tf.reduce_sum(tf.gather(v, [1, 1, 3]) ** 3) * x,
        lambda: tf.reduce_sum(v**3 * x),
    )


def rows_or_nothing(v: Any, x: Any, b: Any) -> Any:
    return tf.cond(
        b, lambda: tf.reduce_sum(tf.gather(v, [1, 2]) ** 2) * x, lambda: x * 3.0
    )


def all_but_one_nested(v: Any, x: Any, b: Any) -> Any:
    rows = lambda: rows_or_all(v, x, x > 0)  # noqa: E731
    return tf.cond(b, rows, lambda: tf.reduce_sum(tf.gather(v, [0, 2])))


@pytest.mark.parametrize("program", [rows_or_all, rows_or_nothing, all_but_one_nested])
@pytest.mark.parametrize("truth", [True, False])
def test_first_and_second_derivatives(program: Any, truth: bool) -> None:
    v = tf.Variable(np.arange(8.0).reshape(4, 2) * 0.1)
    x, b = tf.constant(2.0, tf.float64), tf.constant(truth)

    def derivatives(run: Any, x: Any, b: Any) -> Any:
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = run(v, x, b)
            first = tape.gradient(y, [v, x], unconnected_gradients="zero")
            dense = tf.convert_to_tensor(first[0])
            total = tf.reduce_sum(dense**2) + 3.0 * first[1]
        second = outer.gradient(total, [v, x], unconnected_gradients="zero")
        kinds.append(isinstance(first[0], tf.IndexedSlices))
        return y, dense, first[1], *map(tf.convert_to_tensor, second)

    kinds: list[bool] = []
    expected = derivatives(program, x, b)
    traced = derivatives(tf.function(program), x, b)
    inside = tf.function(lambda x, b: derivatives(program, x, b))(x, b)
    assert kinds[1:] == [True, True]
    for found in (traced, inside):
        for a, e in zip(found, expected, strict=True):
            np.testing.assert_allclose(a, e, rtol=1e-12)


def test_optimizers_take_them() -> None:
    v = tf.Variable(tf.ones([3, 2]))
    optimizer = tf.keras.optimizers.SGD(0.5)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int32)])
    def step(rows: Any) -> None:
        with tf.GradientTape() as tape:
            y = tf.cond(
                tf.size(rows) > 0,
                lambda: tf.reduce_sum(tf.gather(v, rows)),
                lambda: 0.0,
            )
        gradient = tape.gradient(y, v)
        assert isinstance(gradient, tf.IndexedSlices)
        optimizer.apply_gradients([(gradient, v)])

    for rows in ([2, 2], [], [0]):
        step(rows)
    assert v.numpy().tolist() == [[0.5, 0.5], [1, 1], [0, 0]]
