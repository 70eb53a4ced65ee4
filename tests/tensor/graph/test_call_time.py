"""Values that a function takes in anew before each call."""

from __future__ import annotations

from typing import Any

import pytest

import tensor as tf

S = tf.TensorSpec([], tf.float32)


def at_call_time(closure: Any, spec: Any = S, key: Any = None) -> Any:
    graph = tf.compat.v1.get_default_graph()
    return graph.capture_call_time_value(closure, spec, key)


def test_a_closure_is_called_before_each_call_inner_functions_and_loops_too() -> None:
    value: Any = 1.0
    add = tf.function(lambda x: x + at_call_time(lambda: value))
    outer = tf.function(lambda x: add(x))

    @tf.function
    def twice(x: Any) -> Any:
        for _ in tf.range(2):
            x = add(x)
        return x

    x = tf.constant(2.0)
    assert [f(x).numpy() for f in (add, outer, twice)] == [3, 3, 4]
    value = 2.0
    assert [f(x).numpy() for f in (add, outer, twice)] == [4, 4, 6]
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = add(x) * x
    assert tape.gradient(y, x).numpy() == 6
    assert [callable(c) for c in add.get_concrete_function(x).captured_inputs] == [True]
    value = tf.constant(1)
    with pytest.raises(TypeError, match="Can not cast"):
        add(x)


def test_one_key_is_one_value() -> None:
    calls = []

    def f(x: Any) -> Any:
        for number in range(2):
            x += at_call_time(lambda n=number: calls.append(n) or 3.0, key="a")
        return x

    assert tf.function(f)(tf.constant(1.0)).numpy() == 7
    assert calls == [0]


def test_a_value_may_be_a_structure_of_composite_tensors() -> None:
    rows = tf.ragged.constant([[1, 2], [3]])
    specs = {"rows": tf.RaggedTensorSpec([2, None], tf.int32), "x": S}
    f = tf.function(lambda: at_call_time(lambda: {"rows": rows, "x": 2.0}, specs))
    found = f()
    assert found["rows"].to_list() == [[1, 2], [3]]
    assert found["x"].numpy() == 2


def test_a_graph_of_tf1_takes_the_value_of_now() -> None:
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        f = tf.function(lambda x: x + at_call_time(lambda: 5.0))
        assert session.run(f(tf.constant(1.0))) == 6
