"""Segments, the k largest, and counting."""

import numpy as np
import pytest

import tensor as tf
from tests.support.composed_gradients import check_composed

InvalidArgument = tf.errors.InvalidArgumentError
ROWS = [[1, 2], [3, 4], [5, 6]]
LOW, HIGH = -(2**31), 2**31 - 1


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (tf.math.segment_sum, [[4, 6], [0, 0], [5, 6]]),
        (tf.math.segment_mean, [[2, 3], [0, 0], [5, 6]]),
        (tf.math.segment_prod, [[3, 8], [1, 1], [5, 6]]),
        (tf.math.segment_max, [[3, 4], [0, 0], [5, 6]]),
        (tf.math.segment_min, [[1, 2], [0, 0], [5, 6]]),
    ],
)
def test_sorted_segments(function, expected):
    found = function(ROWS, [0, 0, 2])
    assert found.dtype == tf.int32
    assert found.numpy().tolist() == expected
    assert function(tf.zeros([0, 2]), tf.zeros([0], tf.int32)).shape == (0, 2)
    x = np.array([[1.0, -2], [3, 4.5], [-5, 6]])
    check_composed(lambda v: function(v, [0, 0, 2]), x)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (tf.math.unsorted_segment_sum, [[6, 8], [0, 0], [0, 0]]),
        (tf.math.unsorted_segment_prod, [[5, 12], [1, 1], [1, 1]]),
        (tf.math.unsorted_segment_max, [[5, 6], [LOW, LOW], [LOW, LOW]]),
        (tf.math.unsorted_segment_min, [[1, 2], [HIGH, HIGH], [HIGH, HIGH]]),
        (tf.math.unsorted_segment_mean, [[3, 4], [0, 0], [0, 0]]),
        (tf.math.unsorted_segment_sqrt_n, [[18**0.5, 32**0.5], [0, 0], [0, 0]]),
    ],
)
def test_unsorted_segments_leave_out_negative_ids(function, expected):
    found = function(ROWS, [0, -1, 0], 3)
    np.testing.assert_allclose(found, expected)
    x = np.array([[1.0, -2], [3, 4.5], [-5, 6]])
    check_composed(lambda v: function(v, [0, -1, 0], 1), x)
    check_composed(lambda v: function(v, [[0, 1], [1, -1], [1, 0]], 2), x)


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        ([0, 2, 1], "not increasing"),
        ([-1, 0, 1], r"Segment id -1 out of range \[0, 2\)"),
        ([0, 1], "same size as dimension 0"),
        ([[0, 1, 2]], "should be a vector"),
        ([0.0, 1, 2], "'Tindices' of float"),
    ],
)
def test_segment_ids_that_do_not_fit_are_refused(ids, words):
    with pytest.raises(InvalidArgument, match=words):
        tf.math.segment_max(ROWS, ids)


@pytest.mark.parametrize(
    ("ids", "count", "words"),
    [
        ([0, 1, 5], 3, r"segment_ids\[2\] = 5 is out of range \[0, 3\)"),
        ([0, 1], 3, "does not start with"),
        ([0, 1, 2], -1, "must not be negative"),
    ],
)
def test_unsorted_ids_that_do_not_fit_are_refused(ids, count, words):
    with pytest.raises(InvalidArgument, match=words):
        tf.math.unsorted_segment_max(ROWS, ids, count)


def test_tied_rows_share_the_gradient():
    x = tf.constant([1.0, 1.0, 0.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        largest = tf.math.segment_max(x, [0, 0, 0])
        smallest = tf.math.unsorted_segment_min(x, [0, 0, 1], 2)
    assert tape.gradient(largest, x).numpy().tolist() == [0.5, 0.5, 0]
    assert tape.gradient(smallest, x).numpy().tolist() == [0.5, 0.5, 1]


@pytest.mark.parametrize("x", [[0.0, 2, 3], [0.0, 0, 3], [1.0, 2, 0]])
def test_gradient_of_a_segment_product_is_exact_where_factors_are_zero(x):
    check_composed(lambda v: tf.math.segment_prod(v, [0, 0, 0]), x, order=1)
    check_composed(lambda v: tf.math.unsorted_segment_prod(v, [0, 0, 0], 1), x, order=1)


# --- top_k ----------------------------------------------------------------------------


def test_the_largest_come_first_and_equals_by_index():
    values, indices = tf.math.top_k([3, 1, 3, 2], k=3)
    assert values.numpy().tolist() == [3, 3, 2]
    assert indices.numpy().tolist() == [0, 2, 3]
    assert indices.dtype == tf.int32
    assert tf.math.top_k([1.0], index_type=tf.int64).indices.dtype == tf.int64
    assert tf.math.top_k([[1, 2], [4, 3]]).values.numpy().tolist() == [[2], [4]]
    check_composed(lambda v: tf.math.top_k(v, 2).values, [[3.0, 1, 2], [4, 6, 5]])


@pytest.mark.parametrize(
    ("x", "k", "words"),
    [
        ([1.0, 2], 3, "must have at least k columns. Had 2, needed 3"),
        ([1.0, 2], -1, "Need k >= 0, got -1"),
        (3.0, 1, "must be >= 1-D"),
    ],
)
def test_top_k_explains_what_does_not_fit(x, k, words):
    with pytest.raises(InvalidArgument, match=words):
        tf.math.top_k(x, k)


def test_in_top_k_counts_ties_and_refuses_what_is_not_finite():
    predictions = [[1.0, 2], [3, 3], [np.inf, 1], [np.nan, 1], [1, 2]]
    found = tf.math.in_top_k([0, 1, 1, 1, 7], predictions, 1)
    assert found.numpy().tolist() == [False, True, False, False, False]
    assert tf.math.in_top_k([0], tf.zeros([1, 0]), 1).numpy().tolist() == [False]


@pytest.mark.parametrize(
    ("targets", "predictions", "words"),
    [
        ([0, 1, 2], [[1.0], [2.0]], "must match length of targets 3"),
        ([0], [1.0], "predictions must be 2-dimensional"),
        ([[0]], [[1.0]], "targets must be 1-dimensional"),
    ],
)
def test_in_top_k_explains_shapes_that_do_not_fit(targets, predictions, words):
    with pytest.raises(InvalidArgument, match=words):
        tf.math.in_top_k(targets, predictions, 1)


def test_the_best_along_an_axis():
    x = [[3.0, 1, 2], [4, 6, 5]]
    values, indices = tf.math.approx_max_k(x, 1, reduction_dimension=0)
    assert values.numpy().tolist() == [[4, 6, 5]]
    assert indices.numpy().tolist() == [[1, 1, 1]]
    values, indices = tf.math.approx_min_k(x, 2)
    assert values.numpy().tolist() == [[1, 2], [4, 5]]
    assert indices.numpy().tolist() == [[1, 2], [0, 2]]


# --- permutations ---------------------------------------------------------------------


def test_permutations_are_inverted():
    assert tf.math.invert_permutation([3, 4, 0, 2, 1]).numpy().tolist() == [
        2,
        4,
        3,
        0,
        1,
    ]
    assert tf.math.invert_permutation(tf.zeros([0], tf.int64)).shape == (0,)


@pytest.mark.parametrize(
    ("x", "words"),
    [
        ([1, 1], "1 is duplicated in the input"),
        ([0, 5], "5 is not between 0 and 2"),
        ([[0]], "expects a 1D vector"),
        ([0.0], "of float is not in the list"),
    ],
)
def test_what_is_no_permutation_is_refused(x, words):
    with pytest.raises(InvalidArgument, match=words):
        tf.math.invert_permutation(x)


# --- counting -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "kwargs", "expected"),
    [
        ([1, 1, 3], {}, [0, 2, 0, 1]),
        ([], {}, []),
        ([1, 1, 3], {"weights": [0.5, 0.5, 1]}, [0, 1, 0, 1]),
        ([1, 1, 3], {"minlength": 6}, [0, 2, 0, 1, 0, 0]),
        ([1, 1, 3], {"minlength": 6, "maxlength": 2}, [0, 2]),
        ([[1, 1], [0, 0]], {}, [2, 2]),
        ([[1, 1], [0, 0]], {"axis": -1}, [[0, 2], [2, 0]]),
        ([[1, 1], [0, 0]], {"axis": 0, "binary_output": True}, [1, 1]),
        ([[1, 1], [0, 0]], {"axis": -1, "weights": [[1, 2], [3, 4]]}, [[0, 3], [7, 0]]),
        ([True, False], {}, [1, 1]),
    ],
)
def test_bincount(x, kwargs, expected):
    found = tf.math.bincount(x, **kwargs)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("kwargs", "error", "words"),
    [
        ({"arr": [-1]}, InvalidArgument, "must be non-negative"),
        ({"arr": [1], "axis": 1}, ValueError, "Only 0 and -1 are currently supported"),
        ({"arr": [1, 2], "weights": [1.0]}, InvalidArgument, "same shape as `arr`"),
        ({"arr": [1], "maxlength": -1}, InvalidArgument, "`maxlength` must be non-neg"),
        (
            {"arr": [1], "weights": [1.0], "binary_output": True},
            ValueError,
            "mutually exclusive",
        ),
    ],
)
def test_bincount_explains_what_does_not_fit(kwargs, error, words):
    with pytest.raises(error, match=words):
        tf.math.bincount(**kwargs)


def test_confusion_matrix():
    found = tf.math.confusion_matrix([0, 1, 2], [1, 1, 2])
    assert found.numpy().tolist() == [[0, 1, 0], [0, 1, 0], [0, 0, 1]]
    weighted = tf.math.confusion_matrix(
        [[0], [1]], [1, 1], num_classes=3, weights=[0.5, 2], dtype=tf.float32
    )
    assert weighted.numpy().tolist() == [[0, 0.5, 0], [0, 2, 0], [0, 0, 0]]


@pytest.mark.parametrize(
    ("labels", "predictions", "words"),
    [
        ([0, 4], [0, 1], "`labels` out of bound"),
        ([0, 1], [0, 4], "`predictions` out of bound"),
        ([0, -1], [0, 1], "`labels` contains negative values"),
        ([0, 1], [0, 1, 1], "Shapes of all inputs must match"),
    ],
)
def test_confusion_matrix_explains_what_does_not_fit(labels, predictions, words):
    with pytest.raises(InvalidArgument, match=words):
        tf.math.confusion_matrix(labels, predictions, num_classes=4)


def test_histograms_put_what_lies_outside_into_the_end_bins():
    x = [-1.0, 0, 1.5, 2, 5, 15]
    bins = tf.histogram_fixed_width_bins(x, [0.0, 5.0], nbins=5)
    assert bins.numpy().tolist() == [0, 0, 1, 2, 4, 4]
    counts = tf.histogram_fixed_width(x, [0.0, 5.0], nbins=5)
    assert counts.numpy().tolist() == [2, 1, 1, 0, 2]
    counts = tf.histogram_fixed_width([1, 2, 9], [0, 10], nbins=2, dtype=tf.int64)
    assert counts.numpy().tolist() == [2, 1]
    assert counts.dtype == tf.int64
    with pytest.raises(InvalidArgument, match="value_range should satisfy"):
        tf.histogram_fixed_width(x, [5.0, 5.0])
    with pytest.raises(InvalidArgument, match="nbins should be a positive number"):
        tf.histogram_fixed_width(x, [0.0, 5.0], nbins=0)


def test_order_of_elements():
    assert tf.math.is_non_decreasing([1, 1, 2]).numpy()
    assert not tf.math.is_strictly_increasing([1, 1, 2]).numpy()
    assert tf.math.is_strictly_increasing([]).numpy()
    assert tf.math.is_non_decreasing([[1, 2], [2, 3]]).numpy()
    with pytest.raises(TypeError, match="Expected x to be numeric"):
        tf.math.is_non_decreasing(["a"])
