"""Images resampled one by one are those that the taps' definition gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensor as tf
from tensor.ops.image.taps import taps_for

rng = np.random.default_rng(0)


def _matrix(method: str, size: int, target: int) -> np.ndarray:
    taps = taps_for(method, size, target, antialias=False)
    matrix = np.zeros((target, size))
    for row, indices, weights in zip(matrix, taps.indices, taps.weights, strict=True):
        np.add.at(row, indices, weights)
    return matrix


@pytest.mark.parametrize("method", ["bilinear", "nearest", "bicubic", "area"])
@pytest.mark.parametrize("size", [(40, 50), (150, 40), (150, 170), (90, 100)])
def test_rows_and_columns_are_sums_over_their_taps(
    size: tuple[int, int], method: str
) -> None:
    x = rng.normal(size=(5, 90, 100, 3)).astype(np.float32)
    rows, columns = _matrix(method, 90, size[0]), _matrix(method, 100, size[1])
    expected = np.einsum("yi,xj,nijc->nyxc", rows, columns, x, optimize=True)
    images = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(images)
        z = tf.image.resize(images, size, method)
    np.testing.assert_allclose(z, expected, atol=1e-5)
    given = rng.normal(size=z.shape).astype(np.float32)
    if method == "area":  # without a gradient in TensorFlow too
        with pytest.raises(LookupError, match="no entry for: ResizeArea"):
            tape.gradient(z, images)
        return
    back = np.einsum("yi,xj,nyxc->nijc", rows, columns, given, optimize=True)
    grad = tape.gradient(z, images, output_gradients=tf.constant(given))
    np.testing.assert_allclose(grad, back, atol=2e-5)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float16", "bfloat16", "float64"])
def test_nearest_keeps_values_and_dtype(dtype: Any) -> None:
    x = tf.cast(rng.integers(0, 100, size=(2, 4, 5, 3)), dtype)
    z = tf.image.resize(x, (8, 10), "nearest")
    assert z.dtype == x.dtype
    doubled = np.repeat(np.repeat(np.asarray(x), 2, axis=1), 2, axis=2)
    np.testing.assert_array_equal(z, doubled)


def test_no_images_are_resized_to_none() -> None:
    assert tf.image.resize(np.zeros((0, 4, 5, 3)), (8, 10)).shape == (0, 8, 10, 3)


def test_nearest_places_are_rounded_in_single_precision() -> None:
    # 1.5 times 10 / 3 in single precision is 5; exactly it would be less, and give 4.
    x = np.arange(10, dtype=np.float32).reshape(1, 10, 1, 1)
    z = tf.image.resize(x, (3, 1), "nearest").numpy()
    assert z.reshape(-1).tolist() == [1, 5, 8]
