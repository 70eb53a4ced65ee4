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


def test_vectors_choose_rows_in_the_old_where() -> None:
    chosen = v1.where([True, False], [[1], [2]], [[3], [4]])
    np.testing.assert_array_equal(chosen, [[1], [4]])
    np.testing.assert_array_equal(v1.where([False, True]), [[1]])


@pytest.mark.parametrize(
    ("indices", "updates", "message"),
    [
        ([[-1], [0]], [1.0, 2.0], r"indices\[0\] = \[-1\] does not index into shape"),
        ([[0], [1]], [1.0], r"Dimensions \[0,1\) of indices\[shape=\[2,1\]\] must"),
        ([[0], [1]], [[1.0], [2.0]], r"Dimensions \[1,1\) of input\[shape=\[2\]\] m"),
    ],
)
def test_elements_that_do_not_fit_are_refused(indices, updates, message) -> None:
    v = tf.Variable([8.0, 2.0])
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        v.scatter_nd_update(indices, updates)


def test_a_scalar_has_no_elements_to_scatter_into() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="must be at least 1-D"):
        tf.Variable(0.0).scatter_nd_add([[0]], [1.0])


def test_nothing_is_scattered_into_nothing() -> None:
    assert tf.scatter_nd(tf.zeros([0], tf.int32), tf.zeros([0]), [0]).shape == (0,)


@pytest.mark.parametrize("axis", [1, 2, -2])
def test_an_axis_that_is_not_there_is_refused_when_it_becomes_known(axis) -> None:
    lookup = tf.function(
        lambda x, axis: tf.gather(x, 0, axis=axis),
        input_signature=[tf.TensorSpec(None, tf.int32), tf.TensorSpec([], tf.int32)],
    )
    with pytest.raises(tf.errors.InvalidArgumentError, match="must be at least rank"):
        lookup([0, 1, 2], axis)


def test_outer_accumulators_see_the_derivatives_of_inner_ones() -> None:
    x, one = tf.constant(2.0), tf.constant(1.0)
    forward = tf.autodiff.ForwardAccumulator
    with forward(x, one) as outer, forward(x, one) as inner:
        y = x**3.0
    np.testing.assert_allclose(outer.jvp(inner.jvp(y)), 12.0)


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([0, 1, 2, 0], r"Segment id 1 out of range \[0, 1\)"),
        ([-1, -1, 0, 0], r"Segment id -1 out of range \[0, 1\)"),
        ([0, 1, 0, 1], "segment ids are not increasing"),
        ([0, 0, 0, -1], "segment ids must be >= 0"),
    ],
)
def test_segment_ids_out_of_order_are_refused(ids, message) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        tf.math.segment_sum(tf.ones([4]), ids)


def test_shapes_become_tensors_of_integers_that_hold_them() -> None:
    wide = tf.TensorShape([2**31, 2])
    assert tf.convert_to_tensor(wide).dtype is tf.int64
    with pytest.raises(ValueError, match=r"a dimension is too large.*int64"):
        tf.convert_to_tensor(wide, dtype=tf.int32)
    with pytest.raises(TypeError, match="Cannot convert a TensorShape to dtype"):
        tf.convert_to_tensor(tf.TensorShape([2]), dtype=tf.float32)


def test_a_scalar_structure_takes_one_leaf() -> None:
    with pytest.raises(ValueError, match="However the input is a sequence"):
        tf.nest.pack_sequence_as("scalar", [4, 5])


def test_dtypes_are_subtypes_of_themselves_and_equal_no_python_int() -> None:
    assert tf.string.is_subtype_of(tf.string)
    assert not tf.string.is_subtype_of(tf.uint32)
    assert tf.string.most_specific_common_supertype([tf.string]) is tf.string
    assert tf.string.most_specific_common_supertype([tf.uint32]) is None
    assert not tf.int32 == int  # noqa: E721, SIM201  # the comparison is the point

    class HasName:
        dtype = "f4"

    assert tf.as_dtype(HasName) is tf.float32


def test_a_threefry_generator_has_a_state_but_draws_nothing() -> None:
    generator = tf.random.Generator.from_seed(1234, "threefry")
    np.testing.assert_array_equal(generator.state, [1234, 0])
    assert generator.algorithm == tf.random.Algorithm.THREEFRY.value
    with pytest.raises(tf.errors.UnimplementedError, match="ThreeFry"):
        generator.normal([2])


def test_a_generator_moves_the_variable_it_is_given() -> None:
    v = tf.Variable([1, 2, 3], dtype=tf.int64)
    tf.random.Generator(state=v, alg="philox").normal([2])
    assert v.numpy().tolist() == [513, 2, 3]


def test_a_range_of_floats_has_a_lower_bound() -> None:
    with pytest.raises(ValueError, match="unsupported type"):
        tf.random.stateless_uniform([2], seed=[1, 2], minval=None)


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
