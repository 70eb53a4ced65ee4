"""TF1's graphs and sessions, and the conversions between text and bytes."""

from __future__ import annotations

import pathlib
from typing import Any

import numpy as np
import pytest

import tensor as tf

v1 = tf.compat.v1


def test_a_session_runs_what_is_fetched() -> None:
    with tf.Graph().as_default() as graph:
        x = v1.placeholder(tf.float32, [None], name="x")
        y = tf.square(x, name="y")
        z = x + y
        outside = tf.constant([1.0, 2.0])
    with v1.Session(graph=graph) as sess:
        assert sess.run(z, {x: [1, 2]}).tolist() == [2, 6]
        assert sess.run([z, {"y": y}], {x: [3]})[1]["y"].tolist() == [9]
        # A fed value stands for the computed one.
        assert sess.run(z, feed_dict={x: [1], y: [10]}).tolist() == [11]
        assert sess.run("y:0", {x: [2]}).tolist() == [4]
        assert z.eval({x: [1]}).tolist() == [2]
        assert sess.run(outside).tolist() == [1, 2]
    assert graph.get_operation_by_name("y").type == "Square"
    assert [op.name for op in graph.get_operations()][:2] == ["x", "y"]
    assert tf.executing_eagerly()


def test_variables_have_their_values_in_a_session() -> None:
    with tf.Graph().as_default():
        v = tf.Variable([1.0, 2.0])
        z = v * 2.0
        with v1.Session() as sess:
            sess.run(v1.global_variables_initializer())
            assert sess.run(z).tolist() == [2, 4]
            assert sess.run(v).tolist() == [1, 2]


def test_converted_functions_run_in_a_session() -> None:
    def halve(x: Any) -> Any:
        if x > 4:
            return x / 2.0
        return -1.0

    converted = tf.autograph.to_graph(halve)
    with tf.Graph().as_default(), v1.Session() as sess:
        found = sess.run([converted(tf.constant(9.0)), converted(tf.constant(2.0))])
    assert found == [4.5, -1.0]


def test_a_session_refuses_what_it_cannot_run() -> None:
    with tf.Graph().as_default() as graph:
        x = v1.placeholder(tf.float32, [2])
        y = x * 2.0
    with tf.Graph().as_default():
        other = tf.constant(1.0) * 2.0
    sess = v1.Session(graph=graph)
    with pytest.raises(tf.errors.InvalidArgumentError, match="You must feed a value"):
        sess.run(y)
    with pytest.raises(ValueError, match="Cannot feed value of shape"):
        sess.run(y, {x: [1.0, 2.0, 3.0]})
    with pytest.raises(ValueError, match="not an element of this graph"):
        sess.run(other)
    with pytest.raises(TypeError, match="invalid type"):
        sess.run(5)
    with pytest.raises(ValueError, match="does not exist"):
        sess.run("nothing:0")
    with pytest.raises(ValueError, match="No default session"):
        y.eval({x: [1.0, 2.0]})
    sess.close()
    with pytest.raises(RuntimeError, match="closed Session"):
        sess.run(y)
    with pytest.raises(RuntimeError, match="not compatible with eager"):
        v1.placeholder(tf.float32)
    with pytest.raises(NotImplementedError, match="as_default"):
        v1.disable_eager_execution()
    with pytest.raises(ValueError, match="no attr"):
        y.op.get_attr("nothing")


def test_an_interactive_session_is_the_default_until_it_is_closed() -> None:
    with tf.Graph().as_default() as graph:
        y = tf.constant(2.0) * 3.0
    sess = v1.InteractiveSession(graph=graph)
    assert y.eval() == 6
    sess.close()
    with pytest.raises(ValueError, match="No default session"):
        y.eval()


def test_names_of_tf2_are_there_under_v1() -> None:
    assert v1.square is tf.square
    assert tf.compat.v2 is tf
    with pytest.raises(AttributeError, match="not part of ringflow"):
        _ = v1.no_such_name
    with pytest.raises(AttributeError, match="not part of ringflow"):
        _ = tf.compat.v3


def test_text_and_bytes() -> None:
    compat = tf.compat
    assert (
        compat.as_bytes("é") == "é".encode() == compat.as_bytes(bytearray("é", "utf8"))
    )
    assert compat.as_text(b"abc") == compat.as_str("abc") == "abc"
    assert compat.as_str_any(5) == "5"
    assert compat.as_str_any(b"x") == "x"
    assert compat.path_to_str(pathlib.Path("a/b")) == "a/b"
    assert compat.path_to_str(3) == 3
    assert compat.path_to_bytes(pathlib.Path("a")) == b"a"
    for wrong in (compat.as_bytes, compat.as_text):
        with pytest.raises(TypeError, match="Expected binary or unicode"):
            wrong(np.float32(1))


def test_a_placeholder_may_have_a_default() -> None:
    with tf.Graph().as_default():
        x = v1.placeholder_with_default([1.0, 2.0], [None])
        assert x.shape.as_list() == [None]
        double = x * 2.0
        slope = tf.gradients(double, x)[0]
        with v1.Session() as sess:
            assert sess.run(double).tolist() == [2, 4]
            assert sess.run(double, {x: [5.0]}).tolist() == [10]
            assert sess.run(slope).tolist() == [2, 2]
    assert v1.placeholder_with_default(3, []).numpy() == 3
    with pytest.raises(ValueError, match="does not fit the placeholder's shape"):
        v1.placeholder_with_default([1.0], [2])


def test_fetched_scalars_are_numbers_and_bytes() -> None:
    with tf.Graph().as_default(), v1.Session() as sess:
        assert sess.run(tf.strings.join(["a", "b"])) == b"ab"
        mean = sess.run(tf.nn.moments(tf.constant([1.0, 2.0]), [0]))[0]
        assert isinstance(mean, np.float32)


def test_control_inputs_run_before_what_waits_for_them() -> None:
    with tf.Graph().as_default() as graph, v1.Session() as sess:
        v = tf.Variable(1.0)
        x = v1.placeholder(tf.float32, name="x")
        add = v.assign_add(x)
        with tf.control_dependencies([add]):
            y = tf.identity(x, name="y") + v
            z = y * 2.0
            with tf.control_dependencies(None):
                free = tf.identity(v)
        identity = graph.get_operation_by_name("y")
        assert identity.control_inputs == [add.op]
        assert z.op.control_inputs == free.op.control_inputs == []
        assert identity.node_def.input == ["x", f"^{add.op.name}"]
        assert sess.run([y, z], {x: 2.0}) == [5.0, 10.0]
        assert sess.run(free) == 3.0
        both = tf.group(add, tf.debugging.assert_less(x, 5.0), name="both")
        assert (both.name, both.type, len(both.control_inputs)) == ("both", "NoOp", 2)
        assert sess.run(both, {x: 1.0}) is None
        assert v.eval() == 4.0
        with pytest.raises(tf.errors.InvalidArgumentError, match="assertion failed"):
            both.run({x: 7.0})
        one = v.assign_add(1.0)
        waits, none = tf.tuple([tf.constant(5.0), None], control_inputs=[one])
        assert none is None
        assert sess.run([waits, tf.no_op()], {x: 1.0}) == [5.0, None]
        for wrong in (1, [1]):
            with pytest.raises(TypeError, match="into a Tensor or Operation"):
                graph.control_dependencies([wrong])
        with pytest.raises(KeyError, match="not in the graph"):
            tf.control_dependencies(["zz"])
        with pytest.raises(ValueError, match="at least one Tensor"):
            tf.tuple([None])


def test_branches_and_loops_wait_for_operations_around_them() -> None:
    with tf.Graph().as_default(), v1.Session() as sess:
        v = tf.Variable(0.0)
        adds = [v.assign_add(1.0), tf.group(v.assign_add(10.0))]

        def body(i: Any) -> Any:
            with tf.control_dependencies(adds):
                return i + 1

        def loop() -> Any:
            return tf.while_loop(lambda i: i < 3, body, [0])[0]

        assert sess.run(loop()) == 3
        assert v.eval() == 11
        assert sess.run(tf.cond(tf.constant(True), loop, lambda: 5)) == 3
        assert v.eval() == 22


def test_a_graph_of_variables_alone_is_not_empty() -> None:
    with tf.Graph().as_default(), v1.Session() as sess:
        assert sess.run(tf.Variable(1.0)) == 1.0


def test_initializers_give_variables_their_first_values_again() -> None:
    with tf.Graph().as_default(), v1.Session() as sess:
        v, w = tf.Variable([1.0, 2.0]), tf.Variable(3, trainable=False)
        init = v1.global_variables_initializer()
        sess.run([v.assign_add([1.0, 1.0]), w.assign(5)])
        assert sess.run(v.initial_value).tolist() == [1, 2]
        sess.run(v.initializer)
        assert [sess.run(v).tolist(), sess.run(w)] == [[1, 2], 5]
        init.run()
        assert sess.run(w) == 3
        assert v1.get_collection(v1.GraphKeys.GLOBAL_VARIABLES) == [v, w]
        assert v1.get_collection("trainable_variables") == [v]
    assert v.initializer is None
    assert v1.variables_initializer([v]) is None
    with pytest.raises(RuntimeError, match="not supported when eager"):
        _ = v.initial_value


def test_composite_tensors_are_fetched_and_fed() -> None:
    with tf.Graph().as_default(), v1.Session() as sess:
        sparse = v1.sparse_placeholder(tf.float32, [2, None])
        value = v1.SparseTensorValue([[0, 1]], [5.0], [2, 3])
        dense = tf.sparse.to_dense(sparse)
        assert sess.run(dense, {sparse: value}).tolist() == [[0, 5, 0], [0, 0, 0]]
        found = sess.run(sparse, {sparse: tuple(value)})
        assert found.indices.tolist() == [[0, 1]]
        assert sparse.shape.as_list() == [2, None]
        unknown = v1.sparse_placeholder(tf.float32)
        assert sess.run(unknown, {unknown: value}).dense_shape.tolist() == [2, 3]
        slices = tf.IndexedSlices(tf.constant([[1.0, 2.0]]), tf.constant([0]))
        found = sess.run({"s": slices})["s"]
        assert (found.values.tolist(), found.dense_shape) == ([[1, 2]], None)
        assert sess.run(slices, {slices: ([[7.0, 8.0]], [1])}).indices.tolist() == [1]
        rows = v1.ragged.placeholder(tf.int64, 2, [])
        given = v1.ragged.constant_value([[[1, 2]], [[3], []]])
        found = sess.run(rows + tf.constant(1, tf.int64), {rows: given})
        assert found.to_list() == [[[2, 3]], [[4], []]]
        assert (found.shape, found.ragged_rank) == ((2, None, None), 2)
        assert str(found) == "<tf.RaggedTensorValue [[[2, 3]], [[4], []]]>"
        assert "tf.RaggedTensorValue(values=array([2, 3, 4])" in repr(found)
        assert found.dtype == np.int64
    assert v1.ragged.constant is tf.ragged.constant


def test_what_is_fed_is_checked() -> None:
    with tf.Graph().as_default() as graph, v1.Session() as sess:
        x, i = v1.placeholder(tf.float32), v1.placeholder(tf.int32)
        assert sess.run([x, i], {(x, i): (1.5, 2)}) == [1.5, 2]
        assert sess.make_callable([i, x], [x, i])(1.5, 2) == [2, 1.5]
        for feed, match in (
            ({x: x}, "The value of a feed cannot be a tf.Tensor"),
            ({5: 1}, "Cannot interpret feed_dict key as Tensor: Can not convert a int"),
            ({"y": 1}, "Cannot interpret feed_dict key"),
            ({i: 2**40}, "is not compatible with Tensor type"),
            ([1], "must be a dictionary"),
        ):
            with pytest.raises(TypeError, match=match):
                sess.run(x, feed)
        for wrong in (None, [None], {"a": x, "b": None}):
            with pytest.raises(TypeError, match="Cannot be None"):
                sess.run(wrong, {x: 1.0})
        graph.finalize()
        with pytest.raises(RuntimeError, match="finalized and cannot be modified"):
            tf.constant(1)
    with pytest.raises(RuntimeError, match="closed Session"):
        sess.run(x, {x: 1.0})
    with pytest.raises(TypeError, match=r"must be a tf\.Graph, but got int"):
        v1.Session(graph=5)


def test_a_session_that_is_entered_has_the_default_graph() -> None:
    with v1.Session(graph=tf.Graph()) as sess:
        assert not tf.executing_eagerly()
        assert not v1.executing_eagerly_outside_functions()
        with pytest.raises(RuntimeError, match="Session graph is empty"):
            sess.run([])
        assert v1.get_default_session() is sess
        assert sess.run(tf.constant(1)) == 1
    assert v1.get_default_session() is None
    assert v1.executing_eagerly_outside_functions()


def test_elements_of_graphs_have_names() -> None:
    with tf.Graph().as_default() as graph:
        x = v1.placeholder(tf.float32, [2], name="x")
    for name, error, match in (
        ("nope", ValueError, r"looks like an \(invalid\) Operation name"),
        ("x", ValueError, "refers to an Operation, not a Tensor"),
        ("x:y", ValueError, "looks a like a Tensor name, but is not a valid one"),
        ("x:5", KeyError, "exists but only has 1 outputs"),
        ("nope:0", KeyError, "does not exist in the graph"),
        (1, TypeError, "Tensor names are strings"),
    ):
        with pytest.raises(error, match=match):
            graph.get_tensor_by_name(name)
    for name, error, match in (
        ("nope", KeyError, "refers to an Operation not in the graph"),
        ("x:0", ValueError, "appears to refer to a Tensor, not a Operation"),
        (1, TypeError, "Operation names are strings"),
    ):
        with pytest.raises(error, match=match):
            graph.get_operation_by_name(name)
    assert graph.as_graph_element("x") == x.op
    assert graph.as_graph_element(x) is x
    assert x.op.values()[0].name == graph.as_graph_element("x:0").name
    with pytest.raises(TypeError, match=r"Can not convert a int into a Tensor\."):
        graph.as_graph_element(1, allow_operation=False)
    with pytest.raises(ValueError, match="not an element of this graph"):
        tf.Graph().as_graph_element(x.op)


def test_graphs_have_collections() -> None:
    with tf.Graph().as_default() as graph:
        x = tf.constant(1.0, name="x")
        v1.add_to_collection("a", 1)
        v1.add_to_collections(["a", "b"], x)
        assert v1.get_collection("a") == [1, x]
        assert v1.get_collection("a", scope="x") == graph.get_collection("b") == [x]
        v1.get_collection_ref("c").append(2)
        with graph.name_scope("q"), graph.device("/cpu:0"):
            y = tf.identity(x)
        assert (y.op.name, y.device) == ("q/Identity", "/device:CPU:0")
        assert graph.get_all_collection_keys() == graph.collections == ["a", "b", "c"]
        graph.clear_collection("a")
        assert v1.get_collection("a") == []
