"""Running sums along the last axis of large arrays, which are made in blocks."""

from __future__ import annotations

import numpy as np
import pytest

import tensor as tf

rng = np.random.default_rng(0)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("exclusive", [False, True])
@pytest.mark.parametrize("shape", [(300, 129), (20_001,), (3, 64, 100)])
def test_blocks_give_the_running_sums(
    shape: tuple[int, ...], exclusive: bool, reverse: bool
) -> None:
    x = rng.uniform(size=shape).astype(np.float32)
    wide = np.flip(x, -1) if reverse else x
    expected = np.cumsum(wide, axis=-1, dtype=np.float64)
    expected = expected - wide if exclusive else expected
    expected = np.flip(expected, -1) if reverse else expected
    total = tf.cumsum(x, -1, exclusive, reverse)
    assert total.dtype == tf.float32
    np.testing.assert_allclose(total, expected, rtol=1e-5, atol=1e-5)


def test_what_is_not_finite_spoils_only_what_comes_after_it() -> None:
    x = np.ones((40, 1000), np.float32)
    x[3, 500], x[4, 20], x[5, [3, 900]] = np.inf, np.nan, 3e38
    with np.errstate(over="ignore"):
        expected = np.cumsum(x, axis=1)
    np.testing.assert_array_equal(tf.cumsum(x, 1), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.int32, np.complex128])
@pytest.mark.parametrize("axis", [0, 1])
def test_long_rows_are_combined_whole(axis: int, dtype: type) -> None:
    x = rng.integers(-2, 3, size=(20, 30, 25)).astype(dtype)
    total = tf.cumsum(x, axis)
    assert total.dtype == dtype
    np.testing.assert_array_equal(total, np.cumsum(x, axis, dtype=dtype))
    product = tf.math.cumprod(x[:, :9], axis)
    np.testing.assert_array_equal(product, np.cumprod(x[:, :9], axis, dtype=dtype))
