"""Elementwise kernels give the same in pieces as whole, whatever the operands."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensor as tf
from tensor.core import elementwise, thread_pool

rng = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def pieces(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count in how many pieces each kernel runs; let small arrays be large ones."""
    counts: list[int] = []
    run = thread_pool.run
    monkeypatch.setattr(thread_pool, "thread_count", lambda: 2)
    monkeypatch.setattr(elementwise, "LARGE", 60)
    monkeypatch.setattr(elementwise, "_PIECE", 16)
    monkeypatch.setattr(
        thread_pool, "run", lambda work, n: counts.append(n) or run(work, n)
    )
    return counts


def normal(*shape: int, dtype: Any = np.float32) -> np.ndarray:
    return rng.normal(size=shape).astype(dtype)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (normal(4, 5, 3), normal(4, 5, 3)),
        (normal(7, 10), normal(10)),
        (normal(10), normal(7, 10)),
        (normal(7, 10), normal(7, 1)),
        (normal(7, 10), normal(1, 10)),
        (normal(7, 10), 2.0),
        (2, normal(64)),
        (normal(64), np.float32(3)),
        (normal(1, 100), normal(1, 100)),
        (normal(7, 10, dtype=np.float64), normal(7, 10, dtype=np.float64)),
    ],
)
def test_operands_that_fit_are_cut(x: Any, y: Any, pieces: list[int]) -> None:
    z = elementwise.compute(np.subtract, x, y)
    expected = x - y
    np.testing.assert_array_equal(z, expected)
    assert z.dtype == expected.dtype
    assert pieces
    assert pieces[0] > 1


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (normal(8, 10).T, normal(10, 8)),
        (normal(64, 1), normal(1, 64)),
        (normal(64), normal(3, 64)[:, :1]),
        (normal(64), normal(64, dtype=np.float64)),
        (np.arange(64), np.arange(64)),
        (normal(64), np.float64(3)),
        (normal(4), normal(4)),
        (normal(0, 64), normal(1, 64)),
    ],
)
def test_other_operands_are_computed_whole(x: Any, y: Any, pieces: list[int]) -> None:
    z = elementwise.compute(np.subtract, x, y)
    expected = x - y
    np.testing.assert_array_equal(z, expected)
    assert z.dtype == expected.dtype
    assert not pieces


def test_the_result_can_be_written_in_place(pieces: list[int]) -> None:
    x, y = normal(8, 10), normal(8, 10)
    expected = x + y
    assert elementwise.compute(np.add, x, y, out=x) is x
    np.testing.assert_array_equal(x, expected)
    columns = np.zeros((10, 8), np.float32).T
    elementwise.compute(np.add, x, y, out=columns)
    np.testing.assert_array_equal(columns, x + y)
    assert pieces == [4]


def test_large_tensors_are_computed_in_pieces(
    monkeypatch: pytest.MonkeyPatch, pieces: list[int]
) -> None:
    large = 1 << 19
    monkeypatch.setattr(elementwise, "LARGE", large)
    monkeypatch.setattr(elementwise, "_PIECE", 1 << 16)
    x = tf.constant(np.linspace(-1, 1, large, dtype=np.float32))
    np.testing.assert_array_equal(tf.tanh(x), np.tanh(x.numpy()))
    np.testing.assert_array_equal(2.0 * x, 2 * x.numpy())
    np.testing.assert_array_equal(tf.nn.relu(x), np.maximum(x.numpy(), 0))
    assert (x > 0).dtype == tf.bool
    v = tf.Variable(x)
    v.assign_sub(x)  # a new array: x has the old one
    v.assign_add(x)  # in place
    v.assign_sub(x)
    np.testing.assert_array_equal(v, np.zeros(large))
    assert pieces == [4] * 6
