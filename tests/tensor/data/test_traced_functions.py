"""Functions of elements, and datasets inside traced functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensor as tf
from tests.tensor.data.test_every_pipeline import values

Range = tf.data.Dataset.range
Spec = tf.TensorSpec


def test_functions_in_debug_mode_run_as_python(monkeypatch: Any) -> None:
    from tensor.data.debug import debug_mode

    calls = []
    monkeypatch.setattr(debug_mode, "enabled", False)
    tf.data.experimental.enable_debug_mode()
    dataset = Range(3).map(lambda x: calls.append(type(x)) or x + 1)
    assert values(dataset) == [[1], [2], [3]]
    assert len(calls) == 4  # once to learn the spec, then for every element


def test_datasets_inside_traced_functions() -> None:
    dataset = Range(4).map(lambda x: x * 2)

    @tf.function
    def total() -> Any:
        return dataset.reduce(np.int64(1), lambda a, b: a + b)

    @tf.function
    def first_two() -> Any:
        iterator = iter(dataset)
        return next(iterator) + 10, iterator.get_next()

    iterator = iter(dataset)

    @tf.function
    def following() -> Any:
        return next(iterator)

    assert int(total()) == 13
    assert [int(x) for x in first_two()] == [10, 2]
    assert [int(following()) for _ in range(4)] == [0, 2, 4, 6]
    with pytest.raises(tf.errors.OutOfRangeError, match="End of sequence"):
        following()

    @tf.function
    def beyond() -> Any:
        iterator = iter(Range(0))
        return next(iterator)

    with pytest.raises(tf.errors.OutOfRangeError, match="End of sequence"):
        beyond()
    windows = Range(4).window(2)
    single = windows.map(lambda w: w.batch(2).get_single_element())
    assert values(single) == [[[0, 1]], [[2, 3]]]

    for make in (
        Range,
        tf.data.Dataset.from_tensors,
        lambda n: tf.data.Dataset.from_tensor_slices([n, n]),
        lambda n: Range(5).take(n),
    ):

        @tf.function
        def from_tensors(n: Any, make: Any = make) -> Any:
            return make(n).reduce(np.int64(0), lambda a, _: a)

        with pytest.raises(tf.errors.UnimplementedError, match="outside the tf"):
            from_tensors(tf.constant(3))

    @tf.function
    def not_tensors() -> Any:
        return Range(4).window(2).get_single_element()

    with pytest.raises(tf.errors.UnimplementedError, match="must be tensors"):
        not_tensors()
