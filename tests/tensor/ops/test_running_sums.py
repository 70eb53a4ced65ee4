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
