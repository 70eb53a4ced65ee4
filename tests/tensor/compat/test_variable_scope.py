"""TF1's variables in graphs: assignments that run when asked for, get_variable."""

from __future__ import annotations

import pytest

import tensor as tf

v1 = tf.compat.v1


def test_an_assignment_runs_when_it_is_fetched() -> None:
    with tf.Graph().as_default():
        v = tf.Variable([1.0, 2.0])
        assigned = v.assign([5.0, 6.0])
        added = v.assign_add([1.0, 1.0], read_value=False)
        sliced = v[0].assign(9.0)
        rows = v.scatter_add(tf.IndexedSlices([10.0], [1]))
        double = assigned * 2.0
        with v1.Session() as sess:
            assert sess.run(v).tolist() == [1, 2]
            assert sess.run(assigned).tolist() == [5, 6]
            sess.run(added.op)
            assert sess.run(v).tolist() == [6, 7]
            assert sess.run(sliced).tolist() == [9, 7]
            assert sess.run(rows).tolist() == [9, 17]
            assert sess.run(double).tolist() == [10, 12]
            assert sess.run(v).tolist() == [5, 6]


def test_variables_are_shared_by_name_in_a_scope() -> None:
    with tf.Graph().as_default():
        first = v1.get_variable("w", [2, 3], initializer=v1.zeros_initializer())
        with v1.variable_scope("layer", initializer=v1.ones_initializer()):
            inner = v1.get_variable("u", [2], trainable=False)
            with v1.variable_scope("deep", dtype=tf.int32):
                deep = v1.get_variable("n", [1], initializer=v1.zeros_initializer)
        with v1.variable_scope("layer", reuse=True) as scope:
            assert v1.get_variable("u", [2]) is inner
            with pytest.raises(ValueError, match="does not exist"):
                v1.get_variable("other", [2])
            with pytest.raises(ValueError, match="Trying to share variable layer/u"):
                v1.get_variable("u", [3])
        with v1.variable_scope(scope, reuse=v1.AUTO_REUSE):
            assert v1.get_variable_scope().name == "layer"
            assert v1.get_variable("u") is inner
            assert v1.get_variable("new", initializer=3.0).shape == []
        with v1.variable_scope(None, "default"):
            v1.get_variable_scope().reuse_variables()
            assert v1.get_variable_scope().reuse
            assert (tf.constant(1.0) + 1.0).name == "default/add:0"
        with pytest.raises(ValueError, match="already exists, disallowed"):
            v1.get_variable("w", [2, 3])
        names = [v.name for v in v1.global_variables()]
        assert names == ["w:0", "layer/u:0", "layer/deep/n:0", "layer/new:0"]
        assert v1.trainable_variables("layer/u") == []
        with v1.Session() as sess:
            sess.run(v1.global_variables_initializer())
            assert sess.run(first).shape == (2, 3)
            assert sess.run(inner).tolist() == [1, 1]
            assert sess.run(deep).dtype == "int32"
    assert v1.global_variables() == []


def test_a_scope_says_what_it_does_not_take() -> None:
    with pytest.raises(TypeError, match="name_or_scope is required"):
        v1.variable_scope(None)
    with pytest.raises(NotImplementedError, match="variable_creator_scope"):
        v1.variable_scope("a", custom_getter=lambda getter, name: getter(name))
    with pytest.raises(ValueError, match="must be fully defined"):
        v1.get_variable("a", [None])
    with pytest.raises(ValueError, match="do not specify shape"):
        v1.get_variable("a", [1], initializer=1.0)
    assert repr(v1.AUTO_REUSE) == "<_ReuseMode.AUTO_REUSE: 1>"


def test_eager_variables_are_new_at_each_call() -> None:
    first = v1.get_variable("a", [2], initializer=tf.constant_initializer(10.0))
    assert first.numpy().tolist() == [10, 10]
    assert v1.get_variable("a", [2]) is not first
    assert v1.get_variable("n", [2], tf.int32).numpy().tolist() == [0, 0]


def test_a_handle_stands_for_the_variable() -> None:
    handle = tf.Variable([1.0], name="weights").handle
    assert isinstance(handle, tf.Tensor)
    assert (handle.dtype, handle.shape, handle.name) == (tf.resource, [], "weights:0")
    assert "CPU" in handle.device
    assert "weights:0" in repr(handle)
    with pytest.raises(tf.errors.InvalidArgumentError, match="cannot be a resource"):
        tf.identity(handle)
