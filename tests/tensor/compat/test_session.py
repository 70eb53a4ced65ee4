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
