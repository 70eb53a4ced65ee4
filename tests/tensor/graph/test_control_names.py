"""Conditionals and loops as nodes: names, kinds, devices, and constants they take."""

from __future__ import annotations

from typing import Any

import pytest

import tensor as tf

v1 = tf.compat.v1


def test_names_inside_begin_with_the_name_of_the_node() -> None:
    found = []

    def note(x: Any) -> Any:
        found.append(tf.get_current_name_scope())
        with tf.name_scope("in"):
            found.append((x * 2.0).name)
        return x

    @tf.function
    def f(x: Any) -> Any:
        with tf.name_scope("a"):
            found.append(v1.get_default_graph().get_name_scope())
            tf.cond(x > 0, lambda: note(x), lambda: x)
            tf.cond(x > 0, lambda: x, lambda: note(x), name="b")
            tf.switch_case(tf.cast(x, tf.int32), [lambda: note(x)])
            tf.case([(x > 0, lambda: note(x))], default=lambda: x)
            tf.while_loop(lambda y: y < 1, note, [x])
            tf.map_fn(note, tf.stack([x]))
        tf.scan(lambda y, _: note(y), tf.stack([x, x]), name="c")
        tf.foldl(lambda y, _: note(y), tf.stack([x, x]))
        tf.foldr(lambda y, _: note(y), tf.stack([x, x]))
        return x

    f.get_concrete_function(tf.TensorSpec([]))
    nodes = ["cond", "b", "switch_case/indexed_case", "case/cond", "while", "map/while"]
    scopes = [f"a/{name}" for name in nodes]
    scopes += ["c/while", "foldl/while", "foldr/while"]
    assert found[0] == "a"
    assert found[1::2] == scopes
    assert found[2::2] == [f"{scope}/in/mul:0" for scope in scopes]


def test_kinds_tell_whether_there_are_effects() -> None:
    v = tf.Variable(1.0)

    @tf.function
    def f(x: Any) -> Any:
        y = tf.while_loop(lambda y: y < 8, lambda y: y * 2, [x], name="plain")[0]
        z = tf.cond(x > 0, lambda: v.assign(x) * 1.0, lambda: x, name="writes")
        return y + z

    graph = f.get_concrete_function(tf.TensorSpec([])).graph
    assert graph.get_operation_by_name("plain").type == "StatelessWhile"
    assert graph.get_operation_by_name("writes").type == "If"
    assert not graph.is_control_flow_graph


def test_tensors_tell_the_device_that_was_asked_for() -> None:
    @tf.function
    def f(x: Any) -> Any:
        inside = []

        def body(y: Any) -> Any:
            assert y.graph.is_control_flow_graph
            z = tf.cos(y)
            with tf.device("CPU:11"):
                inside.extend([z.device, tf.identity(z).device])
            return z

        with tf.device("CPU:10"):
            y = tf.while_loop(lambda y: y > 0.9, body, [x])[0]
        assert [x.device, y.device, *inside] == [
            "",
            *["/device:CPU:10"] * 2,
            "/device:CPU:11",
        ]
        return y

    f.get_concrete_function(tf.TensorSpec([]))


def test_gradients_of_constants_that_branches_and_loops_read() -> None:
    with tf.Graph().as_default(), v1.Session() as session:
        x, y = tf.constant(3.0), tf.constant(5.0)
        p = v1.placeholder(tf.bool)
        product = v1.while_loop(lambda z: z < 20.0, lambda z: z * x + y, [x])
        chosen = tf.cond(p, lambda: x * y, lambda: tf.cond(p, lambda: x, lambda: y * y))
        wanted = [product, *tf.gradients(product, [x, y])]
        wanted += [chosen, *tf.gradients(chosen, [x, y])]
        assert session.run(wanted, {p: True}) == [47, 32, 4, 15, 5, 3]
        assert session.run(wanted, {p: False}) == [47, 32, 4, 25, 0, 10]


def test_constants_are_known_inside_when_the_graph_runs() -> None:
    @tf.function
    def f(n: Any) -> Any:
        scale = tf.constant([1.0, 2.0]) * 2.0
        return tf.while_loop(lambda y: y[0] < n, lambda y: y * scale, [scale])[0]

    text = f.get_concrete_function(tf.TensorSpec([])).explain()
    loop = text.partition("as run:")[2].partition("While(")[2]
    assert "array" not in loop
    assert "Const(value=[2.0, 4.0])" in loop
    assert f(tf.constant(7.0)).numpy().tolist() == [8.0, 64.0]


def test_loops_of_tf1_return_one_variable_alone() -> None:
    def doubled(**options: Any) -> Any:
        return v1.while_loop(lambda x: x < 8, lambda x: x * 2, [1], **options)

    assert int(doubled()) == 8
    assert [int(x) for x in doubled(return_same_structure=True)] == [8]
    assert [
        int(x)
        for x in v1.while_loop(lambda x, y: x < y, lambda x, y: (x + 1, y), [1, 3])
    ] == [3, 3]


def test_messages_name_the_loop_variable_as_the_user_knows_it() -> None:
    def f(after: Any) -> None:
        x = tf.constant(1.0, name="start")
        tf.while_loop(lambda x: x < 10, lambda _: tf.constant(after), [x])

    kinds = "Loop var start:0 enters the loop with type <dtype: 'float32'> but has type"
    with pytest.raises(TypeError, match=f"{kinds} <dtype: 'int32'> after 1 iteration"):
        tf.function(lambda: f(1))()
    shapes = r"Input tensor `start:0` enters the loop with shape \(\), but has shape"
    with pytest.raises(ValueError, match=rf"{shapes} \(2,\) after one iteration"):
        tf.function(lambda: f([1.0, 2.0]))()


def test_shape_invariants_have_the_structure_of_the_loop_variables() -> None:
    @tf.function
    def f() -> Any:
        shapes = [tf.TensorShape([]), tf.TensorShape([])]
        return tf.while_loop(lambda x: x < 3, lambda x: x + 1, [1], shapes)

    with pytest.raises(ValueError, match="two structures don't have the same nested"):
        f()


def test_tensors_of_another_branch_are_refused_by_name() -> None:
    @tf.function
    def f(x: Any) -> Any:
        kept = []

        def first() -> Any:
            kept.append(tf.identity(x, name="kept"))
            return kept[0]

        return tf.cond(x > 0, first, lambda: kept[0] + 1.0)

    text = "Tensor cond/kept:0 in true_fn is accessed from false_fn"
    with pytest.raises(ValueError, match=text):
        f(tf.constant(1.0))


def test_branches_may_do_nothing_or_check_something() -> None:
    @tf.function
    def f(x: Any) -> Any:
        tf.cond(x > 0, tf.no_op, lambda: tf.debugging.Assert(x > -2, ["too small"]))
        return x

    assert [float(f(tf.constant(x))) for x in (1.0, -1.0)] == [1, -1]
    with pytest.raises(tf.errors.InvalidArgumentError, match="too small"):
        f(tf.constant(-3.0))
