"""Ragged tensors in pipelines; specs and values as TensorFlow 2.21 has them."""

from __future__ import annotations

from typing import Any

import tensor as tf

Dataset = tf.data.Dataset
Ragged = tf.RaggedTensorSpec
ROWS = [[1], [2, 3], [], [4, 5, 6]]


def listed(dataset: Any) -> list[Any]:
    return [
        x.to_list() if hasattr(x, "to_list") else x.numpy().tolist() for x in dataset
    ]


def has_spec(dataset: Any, *spec: Any) -> bool:
    return repr(dataset.element_spec) == repr(Ragged(*spec))


def test_slices_of_a_ragged_tensor_stack_to_one() -> None:
    dataset = Dataset.from_tensor_slices(tf.ragged.constant(ROWS))
    assert has_spec(dataset, [None], tf.int32, 0)
    assert listed(dataset) == ROWS
    assert listed(dataset.map(lambda x: x + 1)) == [[2], [3, 4], [], [5, 6, 7]]
    batches = dataset.batch(2)
    assert has_spec(batches, [None, None], tf.int32, 1)
    assert listed(batches) == [ROWS[:2], ROWS[2:]]
    assert listed(batches.unbatch()) == ROWS


def test_ragged_elements_stack_too() -> None:
    rows = [[[1], [2, 3]], [[4]], []]
    dataset = Dataset.from_tensor_slices(tf.ragged.constant(rows))
    assert listed(dataset) == rows
    batches = dataset.batch(2, drop_remainder=True)
    assert has_spec(batches, [2, None, None], tf.int32, 2)
    assert listed(batches) == [rows[:2]]


def test_elements_of_different_shapes_become_ragged_batches() -> None:
    sizes = Dataset.range(1, 5, output_type=tf.int32)
    lines = sizes.map(lambda n: tf.fill([n], n))
    batches = lines.ragged_batch(3)
    assert has_spec(batches, [None, None], tf.int32, 1)
    assert listed(batches) == [[[1], [2, 2], [3, 3, 3]], [[4] * 4]]
    planes = sizes.map(lambda n: (tf.fill([n, 2], n), n))
    plane, size = next(iter(planes.ragged_batch(2, row_splits_dtype=tf.int32)))
    assert plane.to_list() == [[[1, 1]], [[2, 2], [2, 2]]]
    assert plane.row_splits.dtype == tf.int32
    assert size.numpy().tolist() == [1, 2]
    cubes = sizes.map(lambda n: tf.fill([n, n], n)).take(2).ragged_batch(2)
    assert listed(cubes) == [[[[1]], [[2, 2], [2, 2]]]]


def test_functions_of_ragged_tensors() -> None:
    batches = Dataset.from_tensor_slices(tf.ragged.constant(ROWS)).batch(2)
    dense = batches.map(lambda x: x.to_tensor())
    assert dense.element_spec == tf.TensorSpec([None, None], tf.int32)
    assert listed(dense) == [[[1, 0], [2, 3]], [[0, 0, 0], [4, 5, 6]]]
    more = batches.map(lambda x: x + 1)
    assert has_spec(more, [None, None], tf.int32, 1)
    assert listed(more) == [[[2], [3, 4]], [[], [5, 6, 7]]]
    texts = Dataset.from_tensors(tf.ragged.constant([[b"a"], []]))
    assert listed(texts.map(lambda x: x)) == [[[b"a"], []]]
