"""tf.compat.v1.data: iterators in graphs that sessions run."""

from __future__ import annotations

from typing import Any

import pytest

import tensor as tf

v1 = tf.compat.v1
Range = tf.data.Dataset.range


def test_a_one_shot_iterator_goes_on_from_run_to_run() -> None:
    with tf.Graph().as_default():
        batches = Range(5).map(lambda x: x * 2).batch(2)
        following = v1.data.make_one_shot_iterator(batches).get_next()
        assert following.shape == [None]
        with v1.Session() as session:
            rows = [session.run(following).tolist() for _ in range(3)]
            assert rows == [[0, 2], [4, 6], [8]]
            with pytest.raises(tf.errors.OutOfRangeError):
                session.run(following)
    eager = v1.data.make_one_shot_iterator(Range(2))
    assert [int(eager.get_next()) for _ in range(2)] == [0, 1]


def test_an_initializable_iterator_begins_when_it_is_told() -> None:
    with tf.Graph().as_default():
        size: Any = v1.placeholder(tf.int64, [])
        iterator = v1.data.make_initializable_iterator(Range(size))
        following = iterator.get_next()
        with v1.Session() as session:
            for _ in range(2):
                with pytest.raises(
                    tf.errors.FailedPreconditionError, match="has not been initialized"
                ):
                    session.run(following)
            for count in (2, 3):
                session.run(iterator.initializer, feed_dict={size: count})
                rows = [int(session.run(following)) for _ in range(count)]
                assert rows == list(range(count))
                with pytest.raises(tf.errors.OutOfRangeError):
                    session.run(following)
    with pytest.raises(RuntimeError, match="not supported in eager mode"):
        v1.data.make_initializable_iterator(Range(3))


def test_what_elements_are() -> None:
    batches = v1.data.Dataset.range(3).batch(2)
    assert v1.data.get_output_types(batches) is tf.int64
    assert v1.data.get_output_shapes(batches) == [None]
    assert v1.data.get_output_classes(batches) is tf.Tensor
    ragged = Range(2).map(lambda x: tf.ragged.range([x]))
    assert v1.data.get_output_classes(ragged) is tf.RaggedTensor
