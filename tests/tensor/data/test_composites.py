"""Ragged and sparse tensors as elements: sliced, mapped, filtered, batched."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensor as tf

Dataset = tf.data.Dataset
ROWS = tf.ragged.constant([[1, 2], [3], []], dtype=tf.int32)
SPARSE = tf.sparse.from_dense([[1.0, 0.0, 2.0], [0.0, 0.0, 3.0]])


def dense(dataset: Any) -> list[Any]:
    return [tf.sparse.to_dense(x).numpy().tolist() for x in dataset]


def test_slices_of_sparse_tensors_are_sparse() -> None:
    slices = Dataset.from_tensor_slices(SPARSE)
    assert slices.element_spec == tf.SparseTensorSpec([3], tf.float32)
    assert dense(slices) == [[1.0, 0.0, 2.0], [0.0, 0.0, 3.0]]
    assert dense(Dataset.from_tensors(SPARSE).unbatch()) == dense(slices)


def test_sparse_elements_batch() -> None:
    batches = Dataset.from_tensor_slices(SPARSE).map(lambda x: x * 2.0).batch(2)
    assert batches.element_spec == tf.SparseTensorSpec([None, 3], tf.float32)
    assert dense(batches) == [[[2.0, 0.0, 4.0], [0.0, 0.0, 6.0]]]


def test_functions_of_composites_are_traced_once() -> None:
    calls = []

    def f(x: Any) -> Any:
        calls.append(x)
        return tf.sparse.to_dense(x), x

    result = list(Dataset.from_tensor_slices(SPARSE).map(f))
    np.testing.assert_array_equal(result[1][0], [0.0, 0.0, 3.0])
    assert isinstance(result[0][1], tf.SparseTensor)
    assert len(calls) == 1


def test_ragged_elements_are_mapped_and_filtered() -> None:
    rows = Dataset.from_tensor_slices(ROWS).filter(lambda x: tf.size(x) > 0)
    assert [r.numpy().tolist() for r in rows] == [[1, 2], [3]]
    batches = Dataset.from_tensor_slices(ROWS).batch(2).map(lambda x: x.to_tensor(9))
    assert batches.element_spec == tf.TensorSpec([None, None], tf.int32)
    assert [b.numpy().tolist() for b in batches] == [[[1, 2], [3, 9]], [[]]]


def test_words_of_lines_are_ragged() -> None:
    lines = Dataset.from_tensor_slices(["a b", "c"])
    words = lines.batch(2).map(tf.strings.split)
    assert words.element_spec == tf.RaggedTensorSpec([None, None], tf.string)
    assert [w.to_list() for w in words] == [[[b"a", b"b"], [b"c"]]]
    together = lines.map(tf.strings.split).ragged_batch(2)
    assert [w.to_list() for w in together] == [[[b"a", b"b"], [b"c"]]]
