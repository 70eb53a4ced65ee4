"""Layer normalization in pieces is what its formula says, and so are its gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensor as tf

rng = np.random.default_rng(0)


def _by_formula(x: Any, gamma: Any, beta: Any, epsilon: float) -> Any:
    mean, variance = tf.nn.moments(x, [-1], keepdims=True)
    return (x - mean) / tf.sqrt(variance + epsilon) * gamma + beta


@pytest.mark.parametrize("shape", [(700, 401), (3, 5, 8), (2, 1), (0, 4)])
def test_result_and_gradients_are_those_of_the_formula(shape: tuple[int, ...]) -> None:
    layer = tf.keras.layers.LayerNormalization(epsilon=0.01, dtype="float64")
    layer.build(shape)
    for weight in layer.weights:
        weight.assign(rng.normal(size=weight.shape))
    x = tf.constant(rng.normal(1.0, size=shape))
    given = tf.constant(rng.normal(size=shape))
    sources = [x, layer.gamma, layer.beta]

    def results(normalize: Any) -> list[Any]:
        with tf.GradientTape() as tape:
            tape.watch(x)
            z = normalize(x)
        return [z, *tape.gradient(z, sources, output_gradients=given)]

    expected = results(lambda x: _by_formula(x, layer.gamma, layer.beta, 0.01))
    for run in (layer, tf.function(layer)):
        for one, other in zip(results(run), expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-11)


def test_large_means_leave_the_variance_exact() -> None:
    x = rng.normal(1000, 1, size=(300, 512))
    layer = tf.keras.layers.LayerNormalization(center=False, scale=False)
    expected = _by_formula(tf.constant(x), 1.0, 0.0, 1e-3)
    single = layer(x.astype(np.float32))
    assert single.dtype == tf.float32
    np.testing.assert_allclose(single, expected, atol=3e-4)


def test_half_precision_is_computed_in_single() -> None:
    layer = tf.keras.layers.LayerNormalization(dtype="float16")
    x = rng.normal(100, 1, size=(4, 64)).astype(np.float16)
    z = layer(x)
    assert z.dtype == tf.float16
    expected = _by_formula(tf.constant(x, tf.float32), 1.0, 0.0, 1e-3)
    np.testing.assert_allclose(tf.cast(z, tf.float32), expected, atol=2e-3)
