"""TF1 code as functions, and functions in TF1's graphs."""

from __future__ import annotations

from typing import Any

import pytest

import tensor as tf

v1 = tf.compat.v1
SCALAR = tf.TensorSpec([], tf.float32)


def test_code_runs_once_with_variables_of_its_own() -> None:
    def counted(x: Any, do_add: bool) -> Any:
        v = tf.Variable(5.0)
        op = v.assign_add(x) if do_add else v.assign_sub(x)
        with tf.control_dependencies([op]):
            return v.read_value()

    add = v1.wrap_function(counted, [SCALAR, True])
    assert [add(1.0).numpy(), add(1.0).numpy()] == [6, 7]
    assert v1.wrap_function(counted, [SCALAR, False])(1.0).numpy() == 4
    assert len(add.variables) == 1
    assert tf.function(lambda: add(2.0) + 1)().numpy() == 10
    assert add(0.0).numpy() == 9


def test_only_what_results_need_is_run() -> None:
    v = tf.Variable(0)

    def f() -> Any:
        v.assign_add(1)
        both = tf.group(v.assign_add(10), name="both")
        return tf.constant(1, name="one"), [both] if wants else None

    wants = False
    f_of_one = v1.wrap_function(f, [])
    assert f_of_one()[0].numpy() == 1
    assert v.numpy() == 0
    both = f_of_one.prune([], {"op": "both", "one": "one:0"})
    found = both()
    assert (found["op"], found["one"].numpy(), v.numpy()) == (None, 1, 10)
    wants = True
    assert v1.wrap_function(f, [])()[1] == [None]
    assert v.numpy() == 20


def test_parts_of_a_function_are_functions() -> None:
    w = tf.Variable(2.0)
    inside: list[Any] = []

    def f(x: Any, y: Any) -> Any:
        inside.extend([x, x * x])
        return inside[1] * w, 2 * y

    whole = v1.wrap_function(f, [SCALAR, SCALAR])
    square = whole.prune(inside[0], [inside[1]])
    assert square(tf.constant(3.0))[0].numpy() == 9
    assert [t.dtype for t in square.inputs] == [tf.float32, tf.resource]
    rest = whole.prune(inside[1].op.name, whole.outputs[0])
    with tf.GradientTape() as tape:
        y = rest(tf.constant(3.0))
    assert (y.numpy(), tape.gradient(y, w).numpy()) == (6, 3)
    with pytest.raises(KeyError, match="does not exist"):
        whole.prune("nothing:0", [])
    placeholder = v1.wrap_function(lambda: v1.placeholder(tf.float32) + 1, [])
    with pytest.raises(tf.errors.InvalidArgumentError, match="You must feed a value"):
        placeholder()
    assert placeholder.prune("Placeholder", "add:0")(tf.constant(1.0)).numpy() == 2


def test_who_asks_a_function_in_a_session_asks_for_its_effects() -> None:
    v, w = tf.Variable(1.0), tf.Variable(0.0)

    @tf.function
    def both(x: Any) -> Any:
        v.assign_add(x)
        w.assign(v.read_value() * 2.0)
        return v.read_value() + w

    @tf.function
    def count(n: Any) -> Any:
        for _ in tf.range(n):
            v.assign_add(1.0)
        return 7

    with tf.Graph().as_default(), v1.Session() as session:
        asked, counted = both(2.0), count(tf.constant(3))
        assert session.run(asked) == 9
        assert session.run(counted) == 7
        assert session.run([v, w]) == [6, 6]
        assert session.run(asked) == 24
    assert [v.numpy(), w.numpy()] == [8, 16]


def test_variables_start_with_tensors_of_the_graph() -> None:
    def f() -> Any:
        with v1.variable_scope("s", initializer=tf.constant(0.0)):
            made = v1.get_variable("a"), v1.get_variable("b", initializer=[1.0])
        return made[0] + made[1]

    function = v1.wrap_function(f, [])
    assert function().numpy().tolist() == [1]
    names = [v.name for v in function.graph.get_collection("variables")]
    assert names == ["s/a:0", "s/b:0"]


def test_captured_inputs_are_no_arguments_of_a_part() -> None:
    outside = tf.Variable(2.0)
    inside: list[Any] = []

    def f(z: Any) -> Any:
        inside.append(tf.Variable(3.0))
        return tf.identity(outside * inside[0] * z, "fetch")

    whole = tf.compat.v1.wrap_function(f, [tf.TensorSpec([])])
    part = whole.prune(whole.inputs, whole.graph.get_tensor_by_name("fetch:0"))
    x = tf.constant(1.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = part(x)
    assert float(y) == 6
    slopes = tape.gradient(y, [x, outside, inside[0]])
    assert [float(s) for s in slopes] == [6, 3, 2]
