"""Moments, scale and shift of channels: many pieces, unknown sizes, other layouts."""

from __future__ import annotations

import numpy as np
import pytest

import tensor as tf

RNG = np.random.default_rng(7)
LARGE = RNG.normal(3, 2, size=(40, 50, 96)).astype(np.float32)
WEIGHTS = RNG.normal(size=(4, 96)).astype(np.float32)


def reference(x: np.ndarray, dz: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return batch normalization of rows and its gradients, in double precision."""
    rows, given = (a.reshape(-1, a.shape[-1]).astype(np.float64) for a in (x, dz))
    scale, shift = WEIGHTS[:2].astype(np.float64)
    spread = 1 / np.sqrt(rows.var(axis=0) + 1e-3)
    h = (rows - rows.mean(axis=0)) * spread
    g = given * scale
    back = spread * (g - g.mean(axis=0) - h * (g * h).mean(axis=0))
    z, back = (a.reshape(x.shape) for a in (h * scale + shift, back))
    return z, back, (given * h).sum(axis=0), given.sum(axis=0)


def normalized(x: tf.Tensor, scale: tf.Tensor, shift: tf.Tensor) -> tf.Tensor:
    mean, variance = tf.nn.moments(x, [0, 1])
    return tf.nn.batch_normalization(x, mean, variance, shift, scale, 1e-3)


def step(x: tf.Tensor, dz: tf.Tensor) -> tuple[tf.Tensor, ...]:
    scale, shift = tf.constant(WEIGHTS[0]), tf.constant(WEIGHTS[1])
    with tf.GradientTape() as tape:
        tape.watch([x, scale, shift])
        z = normalized(x, scale, shift)
    return z, *tape.gradient(z, [x, scale, shift], output_gradients=dz)


@pytest.mark.parametrize("mode", ["eager", "traced", "sizes unknown"])
def test_batch_normalization_of_many_pieces_is_that_of_double_precision(
    mode: str,
) -> None:
    dz = RNG.normal(size=LARGE.shape).astype(np.float32)
    spec = tf.TensorSpec([None, None, 96])
    run = {
        "eager": step,
        "traced": tf.function(step),
        "sizes unknown": tf.function(step, input_signature=[spec, spec]),
    }[mode]
    found = run(tf.constant(LARGE), tf.constant(dz))
    for ours, expected in zip(found, reference(LARGE, dz), strict=True):
        scale = np.abs(expected).max()
        np.testing.assert_allclose(ours, expected, rtol=0, atol=3e-6 * scale)


def test_moments_of_channels_keep_their_dimensions_if_asked() -> None:
    mean, variance = tf.nn.moments(LARGE[:3], [0, 1], keepdims=True)
    assert mean.shape == variance.shape == (1, 1, 96)
    np.testing.assert_allclose(variance[0, 0], LARGE[:3].var((0, 1)), rtol=1e-5)


def test_rows_that_do_not_lie_in_a_row_are_normalized_alike() -> None:
    turned = np.asfortranarray(LARGE[:4])
    found = normalized(tf.constant(turned), WEIGHTS[0], WEIGHTS[1])
    expected = normalized(tf.constant(LARGE[:4]), WEIGHTS[0], WEIGHTS[1])
    np.testing.assert_array_equal(found, expected)


def test_moments_of_nothing_are_nan() -> None:
    mean, variance = tf.nn.moments(tf.zeros([0, 3]), [0])
    assert np.isnan(mean).all()
    assert np.isnan(variance).all()


def test_half_precision_is_computed_in_single() -> None:
    x = tf.cast(LARGE[:2], tf.float16)
    mean, _ = tf.nn.moments(x, [0, 1])
    assert mean.dtype == tf.float16
    np.testing.assert_allclose(
        mean, np.asarray(x, np.float32).mean((0, 1)), rtol=1e-3, atol=1e-3
    )
