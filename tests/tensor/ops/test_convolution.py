"""Convolution and pooling against the slow obvious version, over random geometry."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import tensor as tf
from tensor.core import thread_pool
from tensor.ops.nn import convolution, pooling
from tensor.ops.nn.windows import Windows, padded


def naive_windows(x: np.ndarray, windows: Windows, fill: float) -> np.ndarray:
    """Return every window's elements: [batch, *counts, places, channels]."""
    x = padded(x, windows.pads(x.shape[1:-1]), fill)
    counts = windows.known_counts(x.shape[1:-1])
    if windows.padding != "VALID":
        counts = Windows(*windows[:3], "VALID").known_counts(x.shape[1:-1])
    result = np.empty((len(x), *counts, int(np.prod(windows.sizes)), x.shape[-1]))
    for at in np.ndindex(*counts):
        for k, place in enumerate(np.ndindex(*windows.sizes)):
            where = tuple(
                a * s + p * d
                for a, s, p, d in zip(
                    at, windows.strides, place, windows.dilations, strict=True
                )
            )
            result[(slice(None), *at, k)] = x[(slice(None), *where)]
    return result


def geometries(seed: int, count: int) -> list[tuple[Any, ...]]:
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        axes = int(rng.integers(1, 4))
        sizes, strides, rates = (
            tuple(int(n) for n in rng.integers(1, high, axes)) for high in (4, 4, 3)
        )
        padding: Any = ["SAME", "VALID"][int(rng.integers(2))]
        if rng.random() < 0.3:
            padding = tuple((int(a), int(b)) for a, b in rng.integers(0, 3, (axes, 2)))
        windows = Windows(sizes, strides, rates, padding)
        spatial = tuple(e + int(rng.integers(0, 5)) for e in windows.extents())
        channels = int(rng.choice([1, 2, 17]))
        found.append(((int(rng.integers(1, 4)), *spatial, channels), windows))
    return found


def inner(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.sum(a * b))


@pytest.mark.parametrize(("shape", "windows"), geometries(1, 40))
def test_convolution_and_its_gradients_agree_with_the_naive_version(
    shape: tuple[int, ...], windows: Windows
) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=shape)
    w, v = rng.normal(size=(2, *windows.sizes, shape[-1], 3))
    z = convolution.convolve(x, w, windows)
    flat = w.reshape(-1, *w.shape[-2:])
    expected = np.einsum("...kc,kcf->...f", naive_windows(x, windows, 0), flat)
    np.testing.assert_allclose(z, expected, atol=1e-12)
    # Both gradients are adjoints of a linear map.
    dz, y = rng.normal(size=z.shape), rng.normal(size=shape)
    dw = convolution.filter_gradient(x, dz, windows)
    assert inner(dw, v) == pytest.approx(inner(convolution.convolve(x, v, windows), dz))
    dx = convolution.input_gradient(dz, w, shape[1:-1], windows)
    assert inner(dx, y) == pytest.approx(inner(convolution.convolve(y, w, windows), dz))


@pytest.mark.parametrize(("shape", "windows"), geometries(2, 30))
def test_pooling_agrees_with_the_naive_version(
    shape: tuple[int, ...], windows: Windows
) -> None:
    x = np.random.default_rng(0).normal(size=shape)
    floor = np.finfo(x.dtype).min  # where a window has nothing but padding
    highest = naive_windows(x, windows, floor).max(axis=-2)
    np.testing.assert_array_equal(pooling.maximum(x, windows), highest)
    counts = naive_windows(np.ones_like(x), windows, 0).sum(axis=-2)
    sums = naive_windows(x, windows, 0).sum(axis=-2)
    with np.errstate(all="ignore"):
        means, ours = sums / counts, pooling.mean(x, windows)
    valid = counts > 0
    np.testing.assert_allclose(ours[valid], means[valid], atol=1e-12)


def test_results_do_not_depend_on_the_number_of_threads() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 12, 12, 16)).astype(np.float32)
    w = rng.normal(size=(3, 3, 16, 8)).astype(np.float32)
    windows = Windows((3, 3), (1, 1), (1, 1), "SAME")
    before = thread_pool.thread_count()
    results = []
    try:
        for threads in (1, 2, 5):
            thread_pool.set_thread_count(threads)
            z = convolution.convolve(x, w, windows)
            results.append((z, convolution.filter_gradient(x, z, windows)))
    finally:
        thread_pool.set_thread_count(before)
    for z, dw in results[1:]:
        np.testing.assert_array_equal(z, results[0][0])
        np.testing.assert_array_equal(dw, results[0][1])


def test_large_images_are_cut_into_rows() -> None:
    x = np.random.default_rng(0).normal(size=(1, 300, 40, 8))
    w = np.random.default_rng(1).normal(size=(3, 3, 8, 2))
    windows = Windows((3, 3), (1, 1), (1, 1), "SAME")
    flat = w.reshape(-1, 8, 2)
    expected = np.einsum("...kc,kcf->...f", naive_windows(x, windows, 0), flat)
    np.testing.assert_allclose(convolution.convolve(x, w, windows), expected)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_adds_up_in_single(dtype: str) -> None:
    x = tf.cast(tf.ones([1, 64, 64, 1]), dtype)
    w = tf.cast(tf.ones([64, 64, 1, 1]), dtype)
    # In half precision the sum would stop growing at 2048.
    assert float(tf.nn.conv2d(x, w, 1, "VALID")[0, 0, 0, 0]) == 4096.0


def test_shapes_are_inferred_in_a_traced_function() -> None:
    @tf.function(input_signature=[tf.TensorSpec([None, None, 5, 2])])
    def f(x: Any) -> Any:
        z = tf.nn.conv2d(x, tf.ones([3, 2, 2, 4]), 2, "SAME")
        assert z.shape.as_list() == [None, None, 3, 4]
        p = tf.nn.max_pool2d(z, 2, 2, "VALID")
        assert p.shape.as_list() == [None, None, 1, 4]
        return p

    for rows in (4, 7):
        x = tf.ones([2, rows, 5, 2])
        z = tf.nn.conv2d(x, tf.ones([3, 2, 2, 4]), 2, "SAME")
        np.testing.assert_array_equal(f(x), tf.nn.max_pool2d(z, 2, 2, "VALID"))


def test_gradients_flow_through_a_traced_convolution_of_unknown_size() -> None:
    w = tf.Variable(tf.ones([2, 2, 1, 1]))

    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 1])])
    def f(x: Any) -> Any:
        with tf.GradientTape() as tape:
            z = tf.reduce_sum(tf.nn.conv2d(x, w, 1, "VALID") ** 2)
        return tape.gradient(z, w)

    for rows, columns in itertools.product((2, 4), (3, 5)):
        x = tf.ones([1, rows, columns, 1])
        expected = 2 * 4 * (rows - 1) * (columns - 1)
        np.testing.assert_allclose(f(x), np.full((2, 2, 1, 1), expected))


def test_nan_is_passed_over_by_max_pooling() -> None:
    x = tf.constant([[[[1.0], [np.nan]], [[3.0], [2.0]]]])
    assert float(tf.nn.max_pool2d(x, 2, 2, "VALID")[0, 0, 0, 0]) == 3.0
