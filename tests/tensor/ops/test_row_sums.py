"""Sums over leading axes are the exact ones, to the rounding of their dtype."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tensor as tf
from tensor.ops import row_sums

rng = np.random.default_rng(0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("shape", "axes"),
    [((64, 64), 1), ((5000, 3), 1), ((10, 300, 2), 2), ((80, 4, 30), 1)],
)
def test_sums_over_leading_axes_are_exact(
    shape: tuple[int, ...], axes: int, dtype: type
) -> None:
    x = rng.normal(size=shape).astype(dtype)
    axis = tuple(range(axes))
    assert row_sums.applies(x, axis)
    exact = np.apply_along_axis(
        math.fsum, 0, x.reshape(-1, *shape[axes:]).astype(np.float64)
    )
    total = tf.reduce_sum(x, axis=axis)
    assert total.dtype == dtype
    kept = tf.reduce_sum(x, axis=axis, keepdims=True)
    np.testing.assert_array_equal(kept, np.reshape(total, (1,) * axes + total.shape))
    np.testing.assert_allclose(
        total, exact, rtol=0, atol=5000 * float(np.finfo(dtype).eps)
    )


def test_what_is_not_finite_stays_in_its_column() -> None:
    x = np.ones((100, 50), np.float32)
    x[3, 1], x[4, 2], x[5, 2], x[6, 3] = np.inf, np.inf, -np.inf, np.nan
    total = tf.reduce_sum(x, axis=0).numpy()
    assert total[1] == np.inf
    assert np.isnan(total[2:4]).all()
    assert (np.delete(total, (1, 2, 3)) == 100).all()


def test_many_rows_are_summed_in_pieces_whose_order_does_not_depend_on_threads() -> (
    None
):
    x = rng.normal(size=(1 << 14, 40)).astype(np.float32)
    totals = {tf.reduce_sum(x, axis=0).numpy().tobytes() for _ in range(5)}
    assert len(totals) == 1
    np.testing.assert_allclose(
        tf.reduce_sum(x, axis=0), x.sum(axis=0, dtype=np.float64), atol=1e-3
    )


@pytest.mark.parametrize(
    ("x", "axis"),
    [
        (np.ones((100, 100), np.int32), (0,)),
        (np.ones((100, 100), np.float32), (1,)),
        (np.ones((100, 100), np.float32), (0, 1)),
        (np.ones((100, 100), np.float32), None),
        (np.ones((100, 200), np.float32)[:, ::2], (0,)),
        (np.ones((10000, 1), np.float32), (0,)),
        (np.ones((8, 8), np.float32), (0,)),
    ],
)
def test_other_sums_are_numpy_s(x: np.ndarray, axis: tuple[int, ...] | None) -> None:
    assert not row_sums.applies(x, axis)
    np.testing.assert_array_equal(tf.reduce_sum(x, axis=axis), x.sum(axis=axis))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("shape", "axis"),
    [
        ((300, 200), None),
        ((70_001,), None),
        ((2_100_000,), (0,)),
        ((1200, 33), (1,)),
        ((17, 5001), (-1,)),
        ((3, 40, 50, 7), (2, 3)),
    ],
)
def test_sums_over_trailing_axes_are_exact(
    shape: tuple[int, ...], axis: tuple[int, ...] | None, dtype: type
) -> None:
    x = rng.uniform(size=shape).astype(dtype)
    assert row_sums.applies_trailing(x, axis)
    exact = np.sum(x.astype(np.longdouble), axis=axis, keepdims=True)
    kept = tf.reduce_sum(x, axis=axis, keepdims=True)
    assert kept.dtype == dtype
    assert kept.shape == exact.shape
    precision = 16 * float(np.finfo(dtype).eps)
    np.testing.assert_allclose(kept, exact.astype(dtype), rtol=precision)
    total = tf.reduce_sum(x, axis=axis)
    np.testing.assert_array_equal(total, np.reshape(kept, total.shape))


def test_other_layouts_are_left_to_numpy() -> None:
    x = np.ones((300, 200), np.float32)
    assert not row_sums.applies_trailing(x.T, (1,))
    assert not row_sums.applies_trailing(x, (0,))
    assert not row_sums.applies_trailing(x, ())
    assert not row_sums.applies_trailing(x.astype(np.int32), None)
