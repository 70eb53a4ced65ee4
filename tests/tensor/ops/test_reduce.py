"""Reductions, running sums and statistics: empty, NaN, ties, dtypes, axes."""

import numpy as np
import pytest

import tensor as tf
from tests.support.composed_gradients import check_composed

InvalidArgument = tf.errors.InvalidArgumentError
NAN, INF = np.nan, np.inf
X = np.random.default_rng(1).normal(size=(2, 3, 4))


def gradient(f, value):
    x = tf.constant(value)
    with tf.GradientTape() as tape:
        tape.watch(x)
        z = f(x)
    return tape.gradient(z, x).numpy()


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (tf.reduce_sum, 0),
        (tf.reduce_mean, NAN),
        (tf.reduce_prod, 1),
        (tf.reduce_max, -INF),
        (tf.reduce_min, INF),
        (tf.reduce_logsumexp, -INF),
        (tf.math.reduce_euclidean_norm, 0),
    ],
)
def test_reductions_of_nothing(function, expected):
    np.testing.assert_array_equal(function(tf.zeros([0])), expected)
    np.testing.assert_array_equal(function(tf.zeros([0, 2]), axis=0), [expected] * 2)


def test_truth_and_extremes_of_nothing():
    nothing = tf.zeros([0], tf.bool)
    assert tf.reduce_all(nothing).numpy()
    assert not tf.reduce_any(nothing).numpy()
    assert tf.reduce_max(tf.zeros([0], tf.int32)).numpy() == -(2**31)
    assert tf.reduce_min(tf.zeros([0], tf.uint8)).numpy() == 255
    assert tf.reduce_mean(tf.zeros([0], tf.int32)).numpy() == 0


def test_integers_stay_integers():
    assert tf.reduce_mean([1, 2, 4]).numpy() == 2
    assert tf.reduce_mean([-1, -2, -4]).numpy() == -2
    assert tf.reduce_mean(tf.constant([100] * 3, tf.int8)).numpy() == 100
    total = tf.reduce_sum(tf.constant([2**31 - 1, 1]))
    assert total.dtype == tf.int32
    assert total.numpy() == -(2**31)
    assert tf.math.reduce_euclidean_norm([3, 4]).numpy() == 5


def test_half_precision_adds_up_in_single():
    for dtype in (tf.float16, tf.bfloat16):
        x = tf.fill([5000, 3], tf.constant(0.125, dtype))
        for z in (tf.reduce_sum(x, 0)[0], tf.cumsum(x)[-1, 0]):
            assert z.dtype == dtype
            np.testing.assert_allclose(tf.cast(z, tf.float32), 625, rtol=4e-3)
        assert tf.reduce_mean(x).numpy() == np.float32(0.125)
        assert tf.reduce_prod(tf.ones([3], dtype)).dtype == dtype


@pytest.mark.parametrize("axis", [None, 0, -1, [0, 2], (), [-1, 1]])
@pytest.mark.parametrize("keepdims", [False, True])
def test_reductions_agree_with_numpy(axis, keepdims):
    a = tuple(axis) if isinstance(axis, list) else axis
    for ours, theirs in (
        (tf.reduce_sum, np.sum),
        (tf.reduce_mean, np.mean),
        (tf.reduce_max, np.max),
        (tf.reduce_min, np.min),
        (tf.reduce_prod, np.prod),
        (tf.math.reduce_std, np.std),
        (tf.math.reduce_variance, np.var),
    ):
        found = ours(X, axis, keepdims)
        np.testing.assert_allclose(
            found, theirs(X, axis=a, keepdims=keepdims), atol=1e-12
        )


@pytest.mark.parametrize(
    ("axis", "words"),
    [
        (3, r"Invalid reduction dimension \(3 for input with 3 dimension"),
        ([0, 0], "duplicate dimension: 0"),
        ([0, -3], "duplicate dimension: 0"),
    ],
)
def test_axes_that_do_not_fit_are_refused(axis, words):
    with pytest.raises(InvalidArgument, match=words):
        tf.reduce_sum(X, axis)
    with pytest.raises(
        TypeError, match=r"Cannot convert 1\.0 to EagerTensor of dtype int32"
    ):
        tf.reduce_sum(X, 1.0)


def test_dtypes_that_do_not_fit_are_refused():
    with pytest.raises(InvalidArgument, match="of bool is not in the list"):
        tf.reduce_sum([True])
    with pytest.raises(InvalidArgument, match="of complex128 is not in the list"):
        tf.reduce_max([1j])
    with pytest.raises(
        InvalidArgument, match="expected to be a bool tensor but is a int32"
    ):
        tf.reduce_all(tf.constant([1]))
    with pytest.raises(TypeError, match="of dtype bool"):
        tf.reduce_any([1, 0])
    with pytest.raises(
        TypeError, match=r"either real or complex\. Received integer type"
    ):
        tf.math.reduce_variance([1, 2])
    with pytest.raises(InvalidArgument, match="of int32 is not in the list"):
        tf.reduce_logsumexp([1, 2])


def test_ties_share_the_gradient_of_an_extreme():
    assert gradient(tf.reduce_max, [1.0, 3.0, 3.0]).tolist() == [0, 0.5, 0.5]
    assert gradient(tf.reduce_min, [1.0, 1.0, 3.0]).tolist() == [0.5, 0.5, 0]


@pytest.mark.parametrize("zeros", [[], [(0, 0, 0)], [(0, 0, 0), (0, 1, 0)]])
@pytest.mark.parametrize("axis", [None, 1, [0, 2]])
def test_gradient_of_a_product_is_exact_where_factors_are_zero(zeros, axis):
    x = X.copy()
    for place in zeros:
        x[place] = 0
    # As in TensorFlow, the second derivative is exact only where no factor is zero.
    check_composed(lambda v: tf.reduce_prod(v, axis), x, order=1 if zeros else 2)


def test_logsumexp_neither_overflows_nor_makes_nan():
    assert tf.reduce_logsumexp([1000.0, 1000.0]).numpy() == np.float32(1000 + np.log(2))
    assert tf.reduce_logsumexp([-INF, -INF]).numpy() == -INF
    assert tf.reduce_logsumexp([INF, 1.0]).numpy() == INF
    kept = tf.reduce_logsumexp(X, [0, 2], keepdims=True)
    assert kept.shape == (1, 3, 1)
    check_composed(lambda v: tf.reduce_logsumexp(v, 1), X)


def test_statistics_of_complex_numbers_are_real():
    assert tf.math.reduce_variance([1 + 2j, 2]).numpy() == 1.25
    assert tf.math.reduce_std([1 + 2j, 2]).dtype == tf.float64
    check_composed(lambda v: tf.math.reduce_std(v, 1), X)
    check_composed(lambda v: tf.math.reduce_euclidean_norm(v, [0, 1]), X)
    assert np.isnan(gradient(tf.math.reduce_euclidean_norm, [0.0])).all()


def test_counting_what_is_not_zero():
    assert tf.math.count_nonzero([[0, 1], [2, 3]], axis=0).numpy().tolist() == [1, 2]
    assert tf.math.count_nonzero(["", "a"]).numpy() == 1
    assert tf.math.count_nonzero([True, False], dtype=tf.int32).dtype == tf.int32
    assert tf.math.count_nonzero([[0.0, 1]], 1, keepdims=True).shape == (1, 1)


# --- argmax ---------------------------------------------------------------------------


def test_argmax_takes_the_first_of_equals_and_passes_over_nan():
    assert tf.argmax([3.0, 5.0, 5.0]).numpy() == 1
    assert tf.argmin([3.0, 1.0, 1.0]).numpy() == 1
    assert tf.argmax([NAN, 3.0, 1.0]).numpy() == 1
    assert tf.argmin([[NAN, 3.0], [NAN, 1.0]], axis=0).numpy().tolist() == [0, 1]
    assert tf.argmax(X, axis=-1).dtype == tf.int64
    assert tf.argmax([1, 2], output_type=tf.uint16).dtype == tf.uint16


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: tf.argmax(X, axis=3), r"in the range \[-3, 3\), but got 3"),
        (lambda: tf.argmax(3.0), r"in the range \[0, 0\), but got 0"),
        (lambda: tf.argmax(tf.zeros([0])), r"Reduction axis 0 is empty in shape \[0\]"),
        (lambda: tf.argmin([1], output_type=tf.float32), "'output_type' of float"),
    ],
)
def test_argmax_explains_what_does_not_fit(call, words):
    with pytest.raises(InvalidArgument, match=words):
        call()


# --- running sums ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "exclusive", "reverse", "expected"),
    [
        (tf.cumsum, False, False, [1, 3, 6]),
        (tf.cumsum, True, False, [0, 1, 3]),
        (tf.cumsum, False, True, [6, 5, 3]),
        (tf.cumsum, True, True, [5, 3, 0]),
        (tf.math.cumprod, False, False, [1, 2, 6]),
        (tf.math.cumprod, True, False, [1, 1, 2]),
        (tf.math.cumprod, True, True, [6, 3, 1]),
    ],
)
def test_running_sums_and_products(function, exclusive, reverse, expected):
    found = function([1, 2, 3], exclusive=exclusive, reverse=reverse)
    assert found.numpy().tolist() == expected


def test_running_logsumexp():
    found = tf.math.cumulative_logsumexp([0.0, 2, 3], exclusive=True)
    np.testing.assert_allclose(found, [-INF, 0, 2.126928], rtol=1e-6)
    found = tf.math.cumulative_logsumexp([0.0, -INF, 3], reverse=True)
    np.testing.assert_allclose(found, [3.0485873, 3, 3], rtol=1e-6)
    slope = gradient(lambda x: tf.math.cumulative_logsumexp(x)[-1], [1000.0, 1000.0])
    np.testing.assert_allclose(slope, [0.5, 0.5], rtol=1e-4)
    slope = gradient(
        lambda x: tf.math.cumulative_logsumexp(x, exclusive=True), [0.0, 1.0]
    )
    np.testing.assert_allclose(slope, [1, 0])


def test_gradient_of_a_running_product_at_zero_is_zero():
    assert gradient(tf.math.cumprod, [2.0, 0.0, 3.0]).tolist() == [1, 0, 0]


def test_scan_axes_are_checked():
    with pytest.raises(
        InvalidArgument, match=r"scan axis in the range \[-1, 1\), but got 1"
    ):
        tf.cumsum([1, 2], axis=1)
    assert tf.cumsum(tf.zeros([0, 2])).shape == (0, 2)
