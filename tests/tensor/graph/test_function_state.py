"""tf.function: variables, memory, and gradients through calls."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensor as tf


def test_globals_are_read_while_tracing_and_variables_at_each_call() -> None:
    scale = [2.0]
    v = tf.Variable(1.0)
    f = tf.function(lambda x: x * scale[0] + v)
    assert float(f(tf.constant(1.0))) == 3
    scale[0] = 100.0
    v.assign(10.0)
    assert float(f(tf.constant(1.0))) == 12


def test_variables_may_be_created_by_the_first_call_only() -> None:
    @tf.function
    def each_time(x: Any) -> Any:
        return tf.Variable(1.0) + x

    with pytest.raises(ValueError, match="supports singleton"):
        each_time(tf.constant(1.0))


def test_a_variable_made_in_a_trace_starts_from_what_is_known() -> None:
    kept: list[Any] = []
    outside = tf.constant(3.0)

    @tf.function
    def f(x: Any) -> Any:
        if not kept:
            kept.append(tf.Variable(tf.ones([2]) * outside))
        return kept[0] * x

    assert f(tf.constant(2.0)).numpy().tolist() == [6, 6]

    @tf.function
    def wrong(x: Any) -> Any:
        return tf.Variable(x)

    with pytest.raises(ValueError, match="depends on the argument 'x:0'"):
        wrong.get_concrete_function(tf.TensorSpec([]))

    made: list[Any] = []

    @tf.function
    def from_argument(x: Any) -> Any:
        if not made:
            made.append(tf.Variable(2.0 * x))
        return made[0] * x

    assert from_argument(tf.constant(3.0)).numpy() == 18
    assert from_argument(tf.constant(1.0)).numpy() == 6


def test_writes_and_reads_keep_their_order() -> None:
    v = tf.Variable([1.0, 2.0])

    @tf.function
    def f() -> Any:
        first = v + 0.0
        v.assign_add([1.0, 1.0])
        second = v * 1.0
        v[0].assign(10.0)
        third = v.read_value()
        v.scatter_nd_update([[1]], [20.0])
        v.assign_sub([0.5, 0.5])
        return first, second, third, v + 0.0

    found = [t.numpy().tolist() for t in f()]
    assert found == [[1, 2], [2, 3], [10, 3], [9.5, 19.5]]
    assert v.numpy().tolist() == [9.5, 19.5]
    with pytest.raises(ValueError, match="Shape mismatch"):
        tf.function(lambda: v.assign([1.0]))()


def test_a_tensor_read_before_an_update_in_place_does_not_change() -> None:
    v = tf.Variable(np.arange(10000, dtype=np.float32))
    before = v.read_value()
    step = tf.function(lambda: v.assign_sub(0.5 * v))
    step()
    inside = v.read_value()
    step()
    assert float(before[9999]) == 9999
    assert float(inside[9999]) == 9999 / 2
    assert float(v[9999]) == 9999 / 4


def test_results_do_not_share_memory_with_later_calls() -> None:
    f = tf.function(lambda x: (tf.tanh(x) * 2.0, (x @ x) + 1.0))
    x = tf.constant(np.random.default_rng(0).normal(size=(64, 64)))
    first = f(x)
    copies = [t.numpy() for t in first]
    f(x * 3.0)
    for tensor, copy in zip(first, copies, strict=True):
        np.testing.assert_array_equal(tensor, copy)


def test_gradients_flow_through_a_call_to_arguments_captures_and_variables() -> None:
    w, c = tf.Variable(3.0), tf.constant(2.0)
    f = tf.function(lambda x: x * x * w * c)
    x = tf.constant(5.0)
    with tf.GradientTape() as outer:
        outer.watch([x, c])
        with tf.GradientTape() as tape:
            tape.watch([x, c])
            y = f(x)
        grads = tape.gradient(y, [x, w, c])
        total = tf.add_n(grads)
    assert [float(g) for g in grads] == [60, 50, 75]
    # d/dx (2xwc + x²c + x²w), d/dw, d/dc
    assert [float(g) for g in outer.gradient(total, [x, w, c])] == [62, 45, 55]


def test_an_argument_passed_twice_gets_one_gradient() -> None:
    f = tf.function(lambda a, b: a * b + a)
    x = tf.constant(0.7)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = f(x, x)
        d = tape.gradient(y, x)
    assert float(d) == pytest.approx(2.4)
    assert float(outer.gradient(d, x)) == pytest.approx(2)


def test_second_derivatives_use_the_random_numbers_of_the_call() -> None:
    f = tf.function(lambda x: x**3 * tf.random.uniform([]))
    x = tf.constant(2.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = f(x)
        d = tape.gradient(y, x)
    scale = float(y) / 8
    assert float(d) == pytest.approx(12 * scale)
    assert float(outer.gradient(d, x)) == pytest.approx(12 * scale)


def test_gradients_without_a_tape() -> None:
    v = tf.Variable(2.0)

    @tf.function
    def f(x: Any) -> Any:
        y = x * x
        z = y * v
        plain = tf.gradients(z, [x, y, v])
        stopped = tf.gradients([z, y], x, grad_ys=[3.0, 1.0], stop_gradients=[y])
        none = tf.gradients(z, [tf.constant(1.0)], unconnected_gradients="zero")
        return plain, stopped[0] is None, none

    plain, stopped, none = f(tf.constant(5.0))
    assert [float(g) for g in plain] == [20, 2, 25]
    assert bool(stopped)
    assert float(none[0]) == 0


def test_gradients_of_constants_that_inner_functions_close_over() -> None:
    @tf.function
    def f() -> Any:
        x, n = tf.constant(3.0), tf.constant(2)

        @tf.function
        def inner() -> Any:
            return tf.ones([n]) * x * x

        y = inner()
        assert y.shape.as_list() == [2]
        return tf.gradients(y, x)[0]

    assert float(f()) == 12
