"""The few largest of many elements are found without sorting all, and are the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensor as tf

rng = np.random.default_rng(0)
MANY = 1 << 12


@pytest.mark.parametrize(
    "x",
    [
        rng.normal(size=(3, MANY)).astype(np.float32),
        rng.integers(-3, 4, size=(2, 2, MANY)),
        rng.integers(0, 255, size=MANY, dtype=np.uint8),
        np.zeros(MANY),
        np.where(rng.random(MANY) < 0.1, np.inf, -np.inf),
    ],
)
@pytest.mark.parametrize("k", [1, 7, MANY // 16])
def test_the_few_largest_of_many(x: Any, k: int) -> None:
    values, indices = tf.math.top_k(x, k)
    largest = np.argsort(-x.astype(np.float64), axis=-1, kind="stable")[..., :k]
    np.testing.assert_array_equal(indices, largest)
    np.testing.assert_array_equal(values, np.take_along_axis(x, largest, -1))
    assert indices.dtype == tf.int32


@pytest.mark.parametrize("holes", [1, 5, 100])
def test_nan_counts_as_the_largest_in_long_rows_as_in_short_ones(holes: int) -> None:
    x = rng.normal(size=MANY).astype(np.float32)
    x[rng.choice(MANY, holes, replace=False)] = np.nan
    few, all_of_them = tf.math.top_k(x, 20), tf.math.top_k(x, MANY)
    np.testing.assert_array_equal(few.indices, all_of_them.indices[:20])
