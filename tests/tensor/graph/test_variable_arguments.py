"""Variables as arguments: one trace, whichever variables come."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensor as tf


def test_other_variables_do_not_trace_again() -> None:
    traces = []

    @tf.function
    def double(x: Any) -> None:
        traces.append(1)
        x.assign_add(x.read_value())

    a, b, c = tf.Variable(1.0), tf.Variable(2.0), tf.Variable(4, dtype=tf.int32)
    for v in (a, b, c, a, b):
        double(v)
    assert [v.numpy() for v in (a, b, c)] == [4, 8, 8]
    assert len(traces) == 2


def test_which_variables_are_the_same_one_counts() -> None:
    traces = []

    @tf.function
    def f(x: Any, y: Any) -> Any:
        traces.append(1)
        x.assign_add(1.0)
        return x + y

    a, b, c = tf.Variable(1.0), tf.Variable(10.0), tf.Variable(100.0)
    pairs = [(a, b), (a, a), (b, c), (c, c), (b, a)]
    assert [float(f(*p)) for p in pairs] == [12, 6, 111, 202, 15]
    assert len(traces) == 2


def test_gradients_go_to_the_variable_of_the_call() -> None:
    @tf.function
    def f(v: Any) -> Any:
        return tf.cond(v > 3.5, lambda: v * v, lambda: v * 3.0) + tf.reduce_sum(v)

    a, b = tf.Variable(3.0), tf.Variable(4.0)
    found = []
    for v in (a, b, a):
        with tf.GradientTape() as tape:
            y = f(v)
        assert tape.watched_variables() == (v,)
        found.append(float(tape.gradient(y, v)))
    assert found == [4, 9, 4]
    assert f.experimental_get_tracing_count() == 1


def test_variables_are_replaced_inside_loops_and_nested_calls() -> None:
    @tf.function
    def add(v: Any, n: Any) -> Any:
        for _ in tf.range(n):
            v.assign_add(1.0)
        return v.read_value()

    @tf.function
    def outer(v: Any, w: Any) -> Any:
        return add(v, 2) + add(w, 3)

    a, b = tf.Variable(0.0), tf.Variable(10.0)
    assert float(outer(a, b)) == 15
    assert float(outer(b, a)) == 15 + 5
    assert outer.experimental_get_tracing_count() == 1
    assert (a.numpy(), b.numpy()) == (5, 15)


def test_concrete_functions_take_other_variables_too() -> None:
    f = tf.function(lambda v, x: v * x)
    a, b = tf.Variable([1.0, 2.0]), tf.Variable([3.0, 4.0])
    concrete = f.get_concrete_function(a, tf.TensorSpec([]))
    np.testing.assert_array_equal(concrete(b, tf.constant(2.0)), [6, 8])
    np.testing.assert_array_equal(concrete(a, tf.constant(2.0)), [2, 4])
    assert concrete.variables == (a,)


def test_programs_for_many_variables_do_not_pile_up() -> None:
    f = tf.function(lambda v: v + 1.0)
    for n in range(100):
        assert float(f(tf.Variable(float(n)))) == n + 1
    (concrete,) = f.concrete_functions
    assert len(concrete._on_variables) <= 64
