"""What TF1 left on variables, and its functions in tf.compat.v1 that change them."""

from __future__ import annotations

import numpy as np
import pytest

import tensor as tf

v1 = tf.compat.v1


def test_an_eager_variable_has_nothing_to_initialize() -> None:
    assert tf.Variable(1.0).initializer is None
    assert bool(v1.is_variable_initialized(tf.Variable(1.0)))


def test_load_replaces_the_value() -> None:
    v = tf.Variable(1.0)
    v.load(2.0)
    assert v.numpy() == 2.0


@pytest.mark.parametrize("count", [tf.Variable.count_up_to, v1.count_up_to])
def test_counting_stops_at_the_limit(count) -> None:
    v = tf.Variable(0)
    assert count(v, 1).numpy() == 0
    with pytest.raises(tf.errors.OutOfRangeError, match="Reached limit of 1"):
        count(v, 1)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("update", [8.0, 4.0]),
        ("add", [8.0, 6.0]),
        ("sub", [8.0, -2.0]),
        ("mul", [8.0, 8.0]),
        ("div", [8.0, 0.5]),
        ("min", [8.0, 2.0]),
        ("max", [8.0, 4.0]),
        ("nd_update", [8.0, 4.0]),
        ("nd_add", [8.0, 6.0]),
        ("nd_sub", [8.0, -2.0]),
    ],
)
def test_scatter_functions_change_the_variable(name, expected) -> None:
    v = tf.Variable([8.0, 2.0])
    indices = [[1]] if name.startswith("nd_") else [1]
    result = getattr(v1, f"scatter_{name}")(v, indices, [4.0])
    np.testing.assert_array_equal(v, expected)
    np.testing.assert_array_equal(result, expected)


def test_batch_scatter_update_replaces_in_each_row() -> None:
    v = tf.Variable(tf.ones((2, 2)))
    v1.batch_scatter_update(v, [[1], [0]], [[2.0], [3.0]])
    np.testing.assert_array_equal(v, [[1, 2], [3, 1]])


def test_assign_functions_take_variables_and_slices() -> None:
    v = tf.Variable([1.0, 2.0])
    v1.assign(v[:1], [5.0])
    v1.assign_add(v, [1.0, 1.0])
    v1.assign_sub(v, [0.0, 1.0])
    np.testing.assert_array_equal(v, [6, 2])


def test_rows_that_do_not_fit_are_refused() -> None:
    v = tf.Variable([0, 1, 2, 3])
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Must have updates\.sh"):
        v.scatter_update(tf.IndexedSlices([0, 1, 2], [0, 1]))


def test_the_text_of_a_variable_out_of_reach_says_so() -> None:
    v = tf.Variable(1)

    def fail() -> None:
        raise ValueError("no connection")

    v.read_value = fail
    assert repr(v) == (
        "<tf.Variable 'Variable:0' shape=() dtype=int32, numpy=<unavailable>>"
    )


def test_the_text_of_a_variable_is_not_recorded() -> None:
    v = tf.Variable(1.0)
    with tf.GradientTape() as tape:
        repr(v)
    assert tape.watched_variables() == ()


def test_a_used_tape_still_knows_what_it_watched() -> None:
    v = tf.Variable(1.0)
    with tf.GradientTape() as tape:
        tape.watch(v)
    tape.gradient(v, v)
    assert tape.watched_variables() == (v,)


@pytest.mark.parametrize("method", ["jacobian", "batch_jacobian"])
def test_row_after_row_needs_a_persistent_tape(method) -> None:
    with tf.GradientTape() as tape:
        x = tf.constant([[1.0, 2.0]])
        tape.watch(x)
        y = x * x
    with pytest.raises(RuntimeError, match="persistent"):
        getattr(tape, method)(y, x, experimental_use_pfor=False)


@pytest.mark.parametrize(("of", "by"), [([2, 2], [2]), ([2], [2, 2])])
def test_batch_jacobians_need_something_per_example(of, by) -> None:
    x = tf.ones(by)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.ones(of)
    with pytest.raises(ValueError, match="must have rank at least 2"):
        tape.batch_jacobian(y, x)


def test_specs_of_placeholders_have_their_names() -> None:
    with tf.Graph().as_default():
        x = v1.placeholder(tf.int64, name="x")
        assert tf.TensorSpec.from_tensor(x).name == "x"


def test_a_named_spec_is_narrower() -> None:
    named, free = tf.TensorSpec([1], name="x"), tf.TensorSpec([1])
    assert free.is_subtype_of(named)
    assert not named.is_subtype_of(free)


def test_unknown_ranks_can_be_transposed_and_masked() -> None:
    spec = tf.TensorSpec(None, tf.int32)
    swap = tf.function(tf.linalg.matrix_transpose, input_signature=[spec])
    np.testing.assert_array_equal(swap([[1, 2, 3]]), [[1], [2], [3]])
    mask = tf.function(
        lambda x, axis: tf.boolean_mask(x, [True, False, True], axis=axis),
        input_signature=[spec, tf.TensorSpec([], tf.int32)],
    )
    np.testing.assert_array_equal(mask([[1, 2, 3]], 1), [[1, 3]])
    square = tf.function(
        lambda x: tf.boolean_mask(x, [[True, False], [False, True]]),
        input_signature=[spec],
    )
    np.testing.assert_array_equal(square([[1, 2], [3, 4]]), [1, 4])


def test_shapes_beyond_the_limits_are_refused() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="too many dimensions"):
        tf.reshape([[1]], [1] * 254)
    with pytest.raises(tf.errors.InvalidArgumentError, match="dim of zero"):
        tf.unravel_index([2], [3, 0])
    with pytest.raises(tf.errors.InvalidArgumentError, match="integer overflow"):
        tf.unravel_index([2], [2**16, 2**16])


class TestSessions(tf.test.TestCase):
    """tf.test.TestCase inside and outside of graphs."""

    def test_a_graph_is_run_by_evaluate_and_by_its_session(self) -> None:
        with tf.Graph().as_default(), self.cached_session() as session:
            x = v1.placeholder(tf.float32)
            assert session.run(x * 2, feed_dict={x: 3.0}) == 6.0
            self.assertAllEqual(self.evaluate(tf.ones([2])), [1, 1])
            self.assertAllClose(tf.ones([2]), [1.0, 1.0])

    def test_outside_of_graphs_a_session_evaluates(self) -> None:
        with self.session() as session:
            self.assertAllEqual(session.run(tf.ones([2])), [1, 1])
            with pytest.raises(RuntimeError, match="feed_dict"):
                session.run(tf.ones([2]), feed_dict={"x": 1})

    def test_ragged_rows_are_compared(self) -> None:
        rows = tf.ragged.constant([[1], [2, 3]])
        self.assertAllEqual(rows, [[1], [2, 3]])
        with pytest.raises(AssertionError):
            self.assertAllEqual(rows, tf.ragged.constant([[1, 2], [3]]))
