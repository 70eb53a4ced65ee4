"""Mathematics in traced functions, where shapes and arguments may be unknown."""

import numpy as np
import pytest

import tensor as tf

RNG = np.random.default_rng(9)
X = RNG.normal(size=(2, 3, 4))
SQUARE = RNG.normal(size=(2, 3, 3))
POSITIVE = SQUARE @ SQUARE.swapaxes(1, 2) + np.eye(3)


def traced(f, value):
    spec = tf.TensorSpec([None] * np.ndim(value), np.asarray(value).dtype)
    return tf.function(f, input_signature=[spec])


def slope_of(f):
    def slope(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            z = f(x)
            z = tf.math.real(z) if z.dtype.is_complex else z
            z = tf.reduce_sum(z * z)
        return tape.gradient(z, x)

    return slope


@pytest.mark.parametrize(
    ("f", "value"),
    [
        (lambda x: tf.reduce_prod(x, 1), X),
        (lambda x: tf.reduce_logsumexp(x, [0, 2]), X),
        (lambda x: tf.math.reduce_std(x, -1), X),
        (lambda x: tf.reduce_sum(x, tf.rank(x) - 1), X),
        (lambda x: tf.math.cumprod(x, -1), X),
        (lambda x: tf.math.top_k(x, 2).values, X),
        (lambda x: tf.einsum("...ij,...kj->...ik", x, x), X),
        (lambda x: tf.tensordot(x, np.ones((4, 2)), 1), X),
        (lambda x: tf.norm(x, 2, axis=[1, 2]), X),
        (lambda x: tf.math.unsorted_segment_prod(x, [0, 0], 2), X),
        (lambda x: tf.math.segment_max(x, [0, 0]), X),
        (lambda x: tf.signal.fft(tf.complex(x, x)), X),
        (lambda x: tf.signal.rfft(x), X),
        (lambda x: tf.signal.stft(x, 4, 2), X),
        (tf.math.erf, X),
        (tf.linalg.cholesky, POSITIVE),
        (tf.linalg.inv, POSITIVE),
        (lambda x: tf.linalg.triangular_solve(x, x[:, :, :1]), POSITIVE),
        (lambda x: tf.linalg.svd(x, compute_uv=False), POSITIVE),
        (lambda x: tf.linalg.eigh(x)[0], POSITIVE),
        (lambda x: tf.linalg.diag(x[0]), POSITIVE),
        (tf.linalg.trace, POSITIVE),
        (lambda x: tf.linalg.tensor_diag(x[0, 0]), POSITIVE),
        (lambda x: tf.linalg.set_diag(x, x[:, 0]), POSITIVE),
    ],
)
def test_traced_with_unknown_dimensions_gives_the_eager_values(f, value):
    x = tf.constant(value)
    np.testing.assert_allclose(traced(f, value)(x), f(x), rtol=1e-9, atol=1e-12)
    slope = slope_of(f)
    np.testing.assert_allclose(traced(slope, value)(x), slope(x), rtol=1e-7, atol=1e-9)


def test_counting_works_while_tracing():
    labels = np.array([1, 2, 2])
    for f in (
        lambda x: tf.math.confusion_matrix(x, x),
        lambda x: tf.math.bincount(x, minlength=5),
        lambda x: tf.histogram_fixed_width(tf.cast(x, tf.float32), [0.0, 5.0], 5),
    ):
        np.testing.assert_array_equal(traced(f, labels)(tf.constant(labels)), f(labels))
