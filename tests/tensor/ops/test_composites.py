"""Ragged and sparse tensors where they do not fit: the errors say what to do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensor as tf

ROWS = tf.ragged.constant([[1, 2], [], [3]])


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (
            lambda: tf.RaggedTensor.from_value_rowids([1, 2], [1, 0]),
            "do not form a valid",
        ),
        (lambda: tf.RaggedTensor.from_value_rowids([1], [3], nrows=2), "got nrows=2"),
        (
            lambda: tf.RaggedTensor.from_uniform_row_length([1, 2, 3], 2),
            "must equal nvals=3",
        ),
        (lambda: tf.RaggedTensor.from_tensor([[1]], [1], 0), "but not both"),
        (lambda: tf.RaggedTensor.from_row_splits([1], tf.constant([0.0])), "int32 or"),
        (lambda: ROWS.merge_dims(1, 0), "less than or equal"),
        (lambda: tf.ragged.constant([[1], 2]), "same nesting depth"),
        (lambda: tf.RaggedTensorSpec(None), "Must specify ragged_rank"),
        (lambda: tf.RaggedTensor.from_sparse(tf.sparse.from_dense([1])), "must be 2"),
        (
            lambda: tf.RaggedTensor.from_sparse(tf.sparse.from_dense([[0, 1]])),
            "not right-ragged",
        ),
        (
            lambda: ROWS + tf.ragged.constant([[1], [2], [3]]),
            "Condition x == y did not hold. Ragged operands have rows of different",
        ),
        (lambda: tf.sparse.reset_shape(tf.sparse.eye(3), [2, 2]), "is smaller than"),
        (lambda: tf.sparse.reshape(tf.sparse.eye(2), [3, 3]), "requested shape has 9"),
        (lambda: tf.strings.ngrams(["a"], 0), "greater than 0"),
        (lambda: tf.strings.to_hash_bucket(["a"], 0), "must be at least minimum 1"),
        (lambda: tf.strings.to_hash_bucket_strong(["a"], 2, [1]), "2 elements"),
        (lambda: tf.strings.as_string([1], precision=2), "precision not supported"),
        (lambda: tf.strings.as_string([1.0], -1, True, True), "Cannot select both"),
        (lambda: tf.strings.unicode_encode([-1], "UTF-8", "strict"), "out of range"),
        (
            lambda: tf.strings.unicode_decode([b"\xff"], "UTF-8", "strict"),
            "Invalid form",
        ),
    ],
)
def test_wrong_values_are_named(make: Any, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        make()


def test_wrong_types_are_named() -> None:
    with pytest.raises(TypeError, match="takes no RaggedTensor"):
        tf.linalg.det(ROWS)
    with pytest.raises(TypeError, match="with an unsupported type"):
        tf.exp(tf.sparse.eye(2))
    with pytest.raises(TypeError, match="At least one input should be SparseTensor"):
        tf.sparse.add(1, 2)
    with pytest.raises(TypeError, match="ngram_width must be integers"):
        tf.strings.ngrams(["a"], 1.5)
    with pytest.raises(TypeError, match="may not be used as a boolean"):
        bool(ROWS)
    with pytest.raises(TypeError, match="unhashable"):
        hash(ROWS)
    deep = tf.ragged.constant([[[1.0]], [[2.0], [3.0]]])
    with pytest.raises(ValueError, match="outer ragged axis 1"):
        tf.nn.softmax(deep, axis=1)
    with pytest.raises(TypeError, match="must be an int; got str"):
        tf.reduce_sum(ROWS, axis="a")
    with pytest.raises(TypeError, match="must be a list of int"):
        tf.reverse(ROWS, 1)
    with pytest.raises(ValueError, match="one number for each of the 2 axes"):
        tf.tile(ROWS, [2])
    with pytest.raises(ValueError, match="must have an axis argument"):
        tf.squeeze(ROWS)
    with pytest.raises(tf.errors.InvalidArgumentError, match="is not squeezable"):
        tf.squeeze(ROWS, 1)


def test_ragged_rows_refuse_to_be_split_unevenly() -> None:
    rows = tf.ragged.constant([[1, 2], [], [3]])
    with pytest.raises(tf.errors.InvalidArgumentError, match="exactly split"):
        tf.split(rows, 2)
    with pytest.raises(tf.errors.InvalidArgumentError, match="exactly split"):
        tf.split(rows, [1, 1])
    with pytest.raises(ValueError, match="must be greater than 0"):
        tf.split(rows, 0)
    with pytest.raises(ValueError, match="axis 0 only"):
        tf.split(rows, 1, axis=1)
    with pytest.raises(ValueError, match="batch_dims != 0"):
        tf.gather_nd(rows, [[0]], batch_dims=1)
    with pytest.raises(tf.errors.InvalidArgumentError, match="is not in"):
        tf.gather_nd(rows, [[1, 0]])
    uniform = tf.RaggedTensor.from_uniform_row_length(rows[:2], 2)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Index 5 out of bounds"):
        uniform[:, 5]
    with pytest.raises(ValueError, match="must have the same length"):
        tf.RaggedTensor.from_nested_value_rowids([1], [[0]], nested_nrows=[1, 2])
    with pytest.raises(ValueError, match="Received 0"):
        tf.RaggedTensor.from_tensor([[1]], ragged_rank=0)


def test_products_with_sparse_matrices_check_their_shapes() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="inner dimension"):
        tf.sparse.sparse_dense_matmul(tf.sparse.eye(2), tf.ones([3, 1]))
    x = tf.constant([[1.0, 2.0]])
    product = tf.sparse.sparse_dense_matmul(x, tf.sparse.eye(2))
    np.testing.assert_array_equal(product, x)


def test_sparse_arguments_are_checked_when_it_runs() -> None:
    a, b = tf.sparse.from_dense([[1.0, 0.0]]), tf.sparse.from_dense([[0.0, 1.0]])
    with pytest.raises(tf.errors.InvalidArgumentError, match="Mismatched indices"):
        tf.sparse.map_values(tf.add, a, b)
    with pytest.raises(TypeError, match="Types don't match"):
        tf.sets.union([[1]], [[1.0]])
    with pytest.raises(TypeError, match="invalid dtype"):
        tf.sets.union([[1.0]], [[1.0]])
    with pytest.raises(TypeError, match="Expected `SparseTensor`"):
        tf.sets.size([1, 2])
    with pytest.raises(TypeError, match="must be a SparseTensor"):
        tf.sparse.reorder(tf.constant([1]))
    with pytest.raises(ValueError, match="num_split is required"):
        tf.sparse.split(a)


def test_rows_and_pieces_name_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="requires strings of known rank"):
        tf.function(tf.strings.split, input_signature=[tf.TensorSpec(None, tf.string)])(
            tf.constant(["a"])
        )
    with pytest.raises(ValueError, match="rank of a RaggedTensor must be greater"):
        tf.RaggedTensor.from_tensor([1, 2])
    with pytest.raises(ValueError, match="Expected nrows >= 0"):
        tf.RaggedTensor.from_value_rowids([1], [0], nrows=-1)
    with pytest.raises(tf.errors.InvalidArgumentError, match="is not in"):
        tf.gather(ROWS, [5])
    with pytest.raises(tf.errors.InvalidArgumentError, match="Requires delta != 0"):
        tf.ragged.range([1], [2], 0)
    with pytest.raises(tf.errors.InvalidArgumentError, match="num_partitions"):
        tf.ragged.stack_dynamic_partitions([1], [2], 2)
    with pytest.raises(tf.errors.InvalidArgumentError, match="noise could only"):
        tf.image.extract_glimpse(tf.ones([1, 2, 2, 1]), [1, 1], [[0.0, 0]], noise="x")
    with pytest.raises(tf.errors.InvalidArgumentError, match="square"):
        tf.image.non_max_suppression_overlaps([[1.0, 2.0]], [1.0], 1)
    with pytest.raises(tf.errors.InvalidArgumentError, match="3 elements"):
        tf.image.sample_distorted_bounding_box([5, 5], [[[0.0, 0, 1, 1]]])
    with pytest.raises(
        tf.errors.InvalidArgumentError, match="higher than input dimension size"
    ):
        tf.nn.fractional_max_pool(tf.ones([1, 2, 2, 1]), 3.0)
    with pytest.raises(tf.errors.InvalidArgumentError, match="list of allowed"):
        tf.nn.fractional_max_pool(tf.ones([1, 2, 2, 1], tf.float16), 1.0)
    with pytest.raises(tf.errors.InvalidArgumentError, match="num_true matrix"):
        tf.nn.compute_accidental_hits([[1, 2]], [1], 1)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"quality must be in"):
        tf.image.adjust_jpeg_quality(tf.zeros([2, 2, 3], tf.uint8), 101)
    with pytest.raises(ValueError, match=r"'k': Shape .* must have rank 0"):
        tf.image.rot90(tf.ones([2, 2, 1]), tf.constant([1]))


def test_the_best_are_found_exactly() -> None:
    values, indices = tf.nn.approx_max_k(tf.constant([[3.0, 1.0, 2.0]]), 2)
    np.testing.assert_array_equal(values, [[3.0, 2.0]])
    np.testing.assert_array_equal(indices, [[0, 2]])
    values, indices = tf.nn.approx_min_k(tf.constant([[3.0], [1.0]]), 1, 0)
    np.testing.assert_array_equal(values, [[1.0]])
    np.testing.assert_array_equal(indices, [[1]])
