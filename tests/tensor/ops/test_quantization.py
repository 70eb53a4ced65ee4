"""Fake quantisation and Sobol's sequence, with TensorFlow's values."""

import numpy as np
import pytest

import tensor as tf

InvalidArgument = tf.errors.InvalidArgumentError
QUANT = tf.quantization
X = [-7.0, -1, -0.3, 0, 0.2, 0.7, 1, 9]


@pytest.mark.parametrize(
    ("bits", "narrow", "expected"),
    [
        (2, False, [-2 / 3, -2 / 3, 0, 0, 0, 2 / 3, 4 / 3, 4 / 3]),
        (4, True, [-6 / 7, -6 / 7, -2 / 7, 0, 1 / 7, 5 / 7, 1, 8 / 7]),
        (
            8,
            False,
            [
                -0.901961,
                -0.901961,
                -0.298039,
                0,
                0.203922,
                0.698039,
                1.003922,
                1.098039,
            ],
        ),
    ],
)
def test_values_are_rounded_to_a_grid_with_zero_on_it(bits, narrow, expected):
    args = QUANT.fake_quant_with_min_max_args(X, -0.9, 1.1, bits, narrow)
    np.testing.assert_allclose(args, expected, atol=1e-6)
    learnt = QUANT.fake_quant_with_min_max_vars(X, -0.9, 1.1, bits, narrow)
    np.testing.assert_array_equal(learnt, args)


def test_an_empty_range_gives_zeros():
    found = QUANT.fake_quant_with_min_max_vars(X, 0.0, 0.0)
    np.testing.assert_array_equal(found, np.zeros(8))


def test_gradients_pass_inside_the_range_and_reach_its_ends_outside():
    x = tf.constant([[-7.0, -1], [0.3, 0.2], [2, 5]])
    low, high = tf.constant([-1.0, -2]), tf.constant([1.0, 2])
    with tf.GradientTape() as tape:
        tape.watch([x, low, high])
        z = QUANT.fake_quant_with_min_max_vars_per_channel(x, low, high)
    slopes = [g.numpy().tolist() for g in tape.gradient(z, [x, low, high])]
    assert slopes == [[[0, 1], [1, 1], [0, 0]], [1, 0], [1, 1]]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: QUANT.fake_quant_with_min_max_args(X, 3.0, 1.0), "smaller than max"),
        (lambda: QUANT.fake_quant_with_min_max_args(X, num_bits=1), "between 2 and 16"),
        (
            lambda: QUANT.fake_quant_with_min_max_vars_per_channel([X], [1.0], [2.0]),
            "min has incorrect size, expected 8",
        ),
        (lambda: tf.math.sobol_sample(0, 5), "dim must be at least one"),
        (lambda: tf.math.sobol_sample(5000, 5), "Expected dim <= 1111"),
        (lambda: tf.math.sobol_sample(5, 0), "num_results must be at least one"),
        (lambda: tf.math.sobol_sample(5, 2, -1), "skip must be non-negative"),
    ],
)
def test_what_is_out_of_range_is_refused(call, words):
    with pytest.raises(InvalidArgument, match=words):
        call()


def test_sobol_points_are_those_of_tensorflow():
    found = tf.math.sobol_sample(3, 5)
    assert found.dtype == tf.float32
    assert found.numpy().tolist() == [
        [0.5, 0.5, 0.5],
        [0.75, 0.25, 0.25],
        [0.25, 0.75, 0.75],
        [0.375, 0.375, 0.625],
        [0.875, 0.875, 0.125],
    ]
    late = tf.math.sobol_sample(2, 2, skip=3, dtype=tf.float64)
    assert late.numpy().tolist() == [[0.375, 0.375], [0.875, 0.875]]


def test_sobol_points_fill_every_coordinate_evenly():
    points = tf.math.sobol_sample(200, 255).numpy()
    for coordinate in points.T:
        cells = np.sort(np.floor(coordinate * 256))
        np.testing.assert_array_equal(cells, np.arange(1, 256))
