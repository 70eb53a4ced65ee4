"""Elementwise arithmetic: conventions of TensorFlow at kinks, extremes and zeros."""

import numpy as np
import pytest

import tensor as tf
from tests.support.composed_gradients import check_composed

InvalidArgument = tf.errors.InvalidArgumentError
NAN, INF = np.nan, np.inf


def gradient(f, *values):
    tensors = [tf.constant(v) for v in values]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        z = f(*tensors)
    found = tape.gradient(z, tensors)
    return [None if g is None else g.numpy().tolist() for g in found]


# --- division -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "x", "y", "expected"),
    [
        (tf.math.floordiv, [7, -7, 7, -7], [2, 2, -2, -2], [3, -4, -4, 3]),
        (tf.math.floormod, [7, -7, 7, -7], [2, 2, -2, -2], [1, 1, -1, -1]),
        (tf.truncatediv, [7, -7, 7, -7, 6], [2, 2, -2, -2, -3], [3, -3, -3, 3, -2]),
        (tf.truncatemod, [7, -7, 7, -7], [2, 2, -2, -2], [1, -1, 1, -1]),
        (tf.math.floordiv, [-(2**31)], [-1], [-(2**31)]),
        (tf.math.floormod, [-(2**31)], [-1], [0]),
        (tf.truncatediv, [-7.0, 7.0], [2.0, -2.0], [-3, -3]),
        (tf.truncatemod, [-7.0, 7.0, 3.0], [2.0, -2.0, 0.0], [-1, 1, NAN]),
        (tf.math.floordiv, [7.0, 0.0, INF], [0.0, 0.0, 2.0], [INF, NAN, INF]),
        (tf.math.floormod, [3.0, 5.0, -1e-20], [INF, -INF, 3.0], [3, -INF, 3]),
        (tf.math.divide_no_nan, [1.0, INF, NAN, 6], [0.0, 0, 0, 3], [0, 0, 0, 2]),
        (tf.math.multiply_no_nan, [1.0, INF, NAN, 6], [0.0, 0, 0, 3], [0, 0, 0, 18]),
        (tf.realdiv, [-7.0, 7.0], [0.0, 2.0], [-INF, 3.5]),
    ],
)
def test_division_rounds_as_its_name_says(function, x, y, expected):
    np.testing.assert_array_equal(function(tf.constant(x), tf.constant(y)), expected)


@pytest.mark.parametrize(
    "function", [tf.math.floordiv, tf.math.floormod, tf.truncatediv, tf.truncatemod]
)
def test_integers_are_not_divided_by_zero(function):
    with pytest.raises(InvalidArgument, match="Integer division by zero"):
        function(tf.constant([1, 2]), tf.constant([1, 0]))


def test_true_division_of_integers_gives_floating_point():
    assert (tf.constant(1) / tf.constant(2)).dtype == tf.float64
    assert (tf.constant(1, tf.int8) / tf.constant(2, tf.int8)).dtype == tf.float32
    assert tf.math.divide_no_nan([1, 0], [0, 0]).dtype == tf.float64
    np.testing.assert_array_equal(tf.math.reciprocal_no_nan([2.0, 0]), [0.5, 0])


def test_quotients_without_nan_have_gradients_without_nan():
    assert gradient(tf.math.divide_no_nan, [1.0, 1.0], [2.0, 0.0]) == [
        [0.5, 0],
        [-0.25, 0],
    ]
    assert gradient(tf.math.multiply_no_nan, [INF, 1.0], [0.0, 2.0]) == [
        [0, 2],
        [INF, 1],
    ]


def test_rounding_division_has_no_gradient():
    for function in (tf.math.floordiv, tf.truncatediv, tf.truncatemod):
        assert gradient(function, [7.0], [2.0]) == [None, None]
    assert gradient(tf.math.floormod, [7.0], [2.0]) == [[1.0], [-3.0]]


# --- powers and products with zero ----------------------------------------------------


def test_power_at_its_edges():
    assert gradient(tf.pow, [0.0, 0.0, -2.0], [1.0, 2.0, 2.0]) == [
        [1, 0, -4],
        [0, 0, 0],
    ]
    with pytest.raises(InvalidArgument, match="negative integer powers"):
        tf.pow(tf.constant([2, 3]), tf.constant([-1, 2]))


@pytest.mark.parametrize(
    ("function", "y", "expected"),
    [
        (tf.math.xlogy, [0.0, NAN, -1.0], [0, 0, 0]),
        (tf.math.xlog1py, [-1.0, NAN, -2.0], [0, 0, 0]),
        (tf.math.xdivy, [0.0, NAN, 1.0], [0, 0, 0]),
    ],
)
def test_zero_times_anything_is_zero(function, y, expected):
    x = [0.0, 0.0, 0.0]
    np.testing.assert_array_equal(function(tf.constant(x), tf.constant(y)), expected)
    slope_x, slope_y = gradient(function, x, [0.5, 0.5, 0.5])
    assert slope_x == [0, 0, 0]
    assert slope_y == [0, 0, 0]


def test_python_numbers_take_part_in_products_with_zero():
    y = tf.constant([0.5, 2.0])
    np.testing.assert_allclose(tf.math.xlogy(2.0, y), 2 * np.log([0.5, 2.0]), rtol=1e-6)
    assert gradient(lambda v: tf.math.xdivy(2.0, v), [2.0]) == [[-0.5]]


def test_polynomials_by_horner():
    x = tf.constant([1.0, 2.0])
    assert tf.math.polyval([2.0, 3.0, 4.0], x).numpy().tolist() == [9, 18]
    assert tf.math.polyval([3.0], x).numpy().tolist() == [3, 3]
    assert tf.math.polyval([], x).numpy().tolist() == [0, 0]
    with pytest.raises(ValueError, match="must be list type"):
        tf.math.polyval(3.0, x)


# --- kinks ----------------------------------------------------------------------------


def test_slopes_at_kinks_follow_tensorflow():
    assert gradient(tf.abs, [-1.0, 0.0, 2.0]) == [[-1, 0, 1]]
    assert gradient(tf.sign, [-1.0, 0.0, 2.0]) == [[0, 0, 0]]
    assert gradient(tf.maximum, [1.0, 2.0], [1.0, 3.0]) == [[1, 0], [0, 1]]
    assert gradient(tf.minimum, [1.0, 2.0], [1.0, 3.0]) == [[1, 1], [0, 0]]
    for function in (tf.round, tf.floor, tf.math.ceil, tf.math.rint):
        assert gradient(function, [1.5]) == [None]


def test_nan_wins_a_comparison():
    np.testing.assert_array_equal(tf.maximum([NAN, 1.0], [1.0, NAN]), [NAN, NAN])
    np.testing.assert_array_equal(tf.minimum([NAN, 1.0], [1.0, NAN]), [NAN, NAN])


def test_unsigned_integers_have_no_magnitude():
    with pytest.raises(InvalidArgument, match="of uint8 is not in the list"):
        tf.abs(tf.constant([1], tf.uint8))
    assert tf.abs(tf.constant([-128], tf.int8)).numpy().tolist() == [-128]


# --- rounding and neighbours ----------------------------------------------------------


def test_halves_are_rounded_to_even():
    x = tf.constant([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])
    for function in (tf.round, tf.math.rint):
        assert function(x).numpy().tolist() == [-2, -2, 0, 0, 2, 2]
    assert tf.round([1, 2]).dtype == tf.int32
    with pytest.raises(InvalidArgument, match="of int32 is not in the list"):
        tf.floor([1, 2])
    with pytest.raises(InvalidArgument, match="of bool is not in the list"):
        tf.round([True])


def test_neighbours():
    start = tf.constant([0.0, 1.0], tf.float64)
    found = tf.math.nextafter(start, np.array([1.0, 0.0]))
    np.testing.assert_array_equal(found, [5e-324, 1 - 2.0**-53])
    assert gradient(tf.math.nextafter, [1.0], [2.0]) == [[1.0], [0.0]]


def test_what_is_not_finite():
    x = tf.constant([NAN, INF, -INF, 1.0])
    assert tf.math.is_nan(x).numpy().tolist() == [True, False, False, False]
    assert tf.math.is_inf(x).numpy().tolist() == [False, True, True, False]
    assert tf.math.is_finite(x).numpy().tolist() == [False, False, False, True]


# --- complex numbers ------------------------------------------------------------------

Z = np.array([1 + 2j, -3 + 0.5j], np.complex64)


def test_parts_of_complex_numbers_and_their_gradients():
    np.testing.assert_array_equal(tf.math.real(Z), Z.real)
    np.testing.assert_array_equal(tf.math.imag(Z), Z.imag)
    np.testing.assert_allclose(tf.math.angle(Z), np.angle(Z), rtol=1e-6)
    np.testing.assert_array_equal(tf.math.real([1, 2]), [1, 2])
    np.testing.assert_array_equal(tf.math.imag([1, 2]), [0, 0])
    np.testing.assert_allclose(tf.math.angle([-1.0, 0, 2]), [np.pi, 0, 0], rtol=1e-6)
    z = tf.constant(Z)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(z)
        parts = [f(z) for f in (tf.math.real, tf.math.imag, tf.math.angle, tf.abs)]
    found = [tape.gradient(p, z).numpy() for p in parts]
    np.testing.assert_array_equal(found[0], [1, 1])
    np.testing.assert_array_equal(found[1], [1j, 1j])
    np.testing.assert_allclose(
        found[2], [-0.4 + 0.2j, -0.05405405 - 0.32432432j], rtol=1e-6
    )
    np.testing.assert_allclose(found[3], Z / np.abs(Z), rtol=1e-6)


def test_complex_numbers_are_made_of_equal_dtypes():
    assert tf.complex(1.0, 2.0).numpy() == 1 + 2j
    assert tf.complex(np.ones(2), 2.0).dtype == tf.complex128
    with pytest.raises(TypeError, match="have incorrect types: int32 int32"):
        tf.complex(1, 2)
    with pytest.raises(InvalidArgument, match=r"Incompatible shapes: \[2\] vs. \[3\]"):
        tf.complex(tf.ones([2]), tf.ones([3]))
    with pytest.raises(TypeError, match="must be a numeric tensor"):
        tf.math.real("a")


def test_complex_elementwise_gradients():
    for f in (tf.exp, tf.sin, tf.tanh, tf.sqrt, tf.math.log, tf.square, tf.sigmoid):
        check_composed(
            lambda x, y, f=f: tf.math.real(f(tf.complex(x, y))), [0.3], [0.8]
        )


# --- sums of many ---------------------------------------------------------------------


def test_sums_of_lists():
    x = tf.constant([1.0, 2.0])
    assert tf.add_n([x, x, x]).numpy().tolist() == [3, 6]
    assert tf.add_n([x]).numpy().tolist() == [1, 2]
    assert tf.add_n(tf.constant([1, 2])).numpy() == 3
    slices = tf.IndexedSlices(tf.constant([5.0]), tf.constant([1]), tf.constant([2]))
    assert tf.add_n([x, slices]).numpy().tolist() == [1, 7]
    assert tf.math.accumulate_n([x, x], shape=[2]).numpy().tolist() == [2, 4]
    assert tf.math.accumulate_n([x], tensor_dtype=tf.float32).numpy().tolist() == [1, 2]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: tf.add_n([]), ValueError, "at least one Tensor/IndexedSlices"),
        (
            lambda: tf.add_n([1, [1, 2]]),
            InvalidArgument,
            r"Input 0: \[\] != input 1: \[2\]",
        ),
        (
            lambda: tf.add_n([tf.constant(1), tf.constant(1.0)]),
            InvalidArgument,
            "int32",
        ),
        (lambda: tf.add_n(3), TypeError, "not iterable"),
        (lambda: tf.math.accumulate_n([]), ValueError, "at least one Tensor"),
        (lambda: tf.math.accumulate_n([1, 1.0]), ValueError, "same dtype"),
        (lambda: tf.math.accumulate_n([1, [1]]), ValueError, "not compatible"),
        (
            lambda: tf.math.accumulate_n([1], tensor_dtype=tf.float32),
            TypeError,
            "input is of type",
        ),
        (
            lambda: tf.scalar_mul([1.0, 2.0], [1.0, 2.0]),
            ValueError,
            "must be a 0-D value",
        ),
    ],
)
def test_sums_that_do_not_fit_are_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_scalar_mul_takes_tensors_and_slices():
    assert tf.scalar_mul(2, tf.constant([1.0, 2.0])).numpy().tolist() == [2, 4]
    assert tf.scalar_mul(2, [1, 2]).numpy().tolist() == [2, 4]
    slices = tf.IndexedSlices(tf.constant([5.0]), tf.constant([1]))
    assert tf.scalar_mul(2.0, slices).values.numpy().tolist() == [10]


# --- logic and bits -------------------------------------------------------------------


def test_logic_takes_booleans_alone():
    assert tf.math.logical_xor([True, False], True).numpy().tolist() == [False, True]
    with pytest.raises(TypeError, match="to EagerTensor of dtype bool"):
        tf.logical_and(1, 0)


def test_shifts_are_limited_to_the_width():
    x = tf.constant([1, 2, -128], tf.int8)
    y = tf.constant([9, -1, 3], tf.int8)
    assert tf.bitwise.left_shift(x, y).numpy().tolist() == [-128, 2, 0]
    assert tf.bitwise.right_shift(x, y).numpy().tolist() == [0, 2, -16]
    assert tf.bitwise.left_shift(x, 1).numpy().tolist() == [2, 4, 0]


def test_shapes_that_do_not_broadcast_are_named():
    for function in (tf.add, tf.less, tf.math.igamma, tf.math.squared_difference):
        with pytest.raises(
            InvalidArgument, match=r"Incompatible shapes: \[2\] vs. \[3\]"
        ):
            function(tf.ones([2]), tf.ones([3]))


def test_results_may_go_to_an_array():
    x = np.array([1.0, 2.0])
    out = np.empty(2)
    for op in (tf.sigmoid.op, tf.math.rsqrt.op, tf.math.reciprocal.op):
        assert op.kernel(x, out=out) is out
        np.testing.assert_allclose(out, op.kernel(x))
    difference = tf.math.squared_difference.op
    assert difference.kernel(x, x[::-1], out=out) is out
    assert out.tolist() == [1, 1]


def test_squared_difference_of_complex_numbers_is_real_in_value():
    found = tf.math.squared_difference(Z, np.complex64(1))
    np.testing.assert_allclose(found, np.abs(Z - 1) ** 2, rtol=1e-6)


def test_log_sigmoid_is_exact_far_from_zero():
    x = np.array([-1000.0, -1, 0, 1, 1000])
    expected = [-1000, np.log(1 / (1 + np.e)), -np.log(2), -np.log1p(np.exp(-1)), 0]
    np.testing.assert_allclose(tf.math.log_sigmoid(x), expected, rtol=1e-12)
