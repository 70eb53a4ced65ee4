"""Shuffled orders are TensorFlow's own; the values below come from TensorFlow 2.21."""

from __future__ import annotations

from typing import Any

import pytest

import tensor as tf
from tensor.core import seed
from tests.tensor.data.pipelines import plain

Range = tf.data.Dataset.range


@pytest.fixture(autouse=True)
def no_global_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Orders under test follow from the seeds they name alone."""
    monkeypatch.setattr(seed, "_seeds", seed._Seeds())


def ints(dataset: Any) -> list[int]:
    return [int(x) for x in dataset]


@pytest.mark.parametrize("source", [Range, lambda n: plain(Range(n))])
def test_order_is_tensorflows(source: Any) -> None:
    dataset = source(10).shuffle(4, seed=3)
    assert ints(dataset) == [0, 3, 2, 1, 4, 7, 6, 5, 8, 9]
    assert ints(dataset) == [0, 4, 1, 2, 5, 3, 6, 8, 9, 7]
    fixed = source(10).shuffle(10, seed=3, reshuffle_each_iteration=False)
    assert ints(fixed) == ints(fixed) == [7, 2, 6, 8, 9, 1, 5, 3, 4, 0]


def test_order_over_epochs_is_tensorflows() -> None:
    dataset = Range(6).shuffle(6, seed=3).repeat(3)
    first = [0, 1, 2, 3, 4, 5, 0, 4, 1, 5, 3, 2, 2, 4, 5, 3, 0, 1]
    assert ints(dataset) == first
    second = [2, 0, 4, 1, 3, 5, 3, 2, 1, 4, 0, 5, 0, 2, 4, 5, 1, 3]
    assert ints(dataset) == second
    dataset = Range(6).shuffle(4, seed=3, reshuffle_each_iteration=False).repeat(2)
    assert ints(dataset) == [3, 4, 2, 5, 0, 1] * 2
    dataset = Range(6).repeat(2).shuffle(4, seed=3)
    assert ints(dataset) == [0, 3, 2, 1, 4, 1, 0, 3, 2, 5, 4, 5]


def test_order_follows_the_global_seed() -> None:
    tf.random.set_seed(5)
    dataset = Range(10).shuffle(10)
    assert ints(dataset) == [7, 5, 4, 1, 0, 9, 6, 3, 8, 2]
    assert ints(dataset) == [9, 1, 6, 4, 2, 7, 0, 5, 8, 3]
    dataset = Range(10).shuffle(10, seed=7)
    assert ints(dataset) == [7, 8, 1, 3, 0, 9, 5, 4, 2, 6]


def test_without_seeds_orders_differ() -> None:
    assert ints(Range(100).shuffle(100)) != ints(Range(100).shuffle(100))


def test_an_unbounded_buffer_shuffles_everything() -> None:
    unknown = tf.data.UNKNOWN_CARDINALITY
    assert sorted(ints(plain(Range(20)).shuffle(unknown, seed=1))) == list(range(20))


def test_buffer_size_must_be_positive() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="buffer_size"):
        Range(3).shuffle(0)
    with pytest.raises(TypeError, match="buffer_size"):
        Range(3).shuffle(2.5)


def test_features_stay_with_their_labels() -> None:
    numbers = list(range(20))
    pairs = tf.data.Dataset.from_tensor_slices((numbers, [7 * n for n in numbers]))
    for a, b in pairs.shuffle(20).batch(6):
        assert (a * 7).numpy().tolist() == b.numpy().tolist()
