"""What ragged and sparse functions, shapes and partitions refuse."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import numpy as np
import pytest

import tensor as tf

ROWS = tf.ragged.constant([[1, 2], [], [3]])
NARROW = ROWS.with_row_splits_dtype(tf.int32)
DEEP = tf.ragged.constant([[[1], [2, 3]], []])
SPARSE = tf.sparse.from_dense([[1, 0, 2]])
PARTITION = tf.experimental.RowPartition.from_row_lengths([2, 0, 1])
Shape = tf.experimental.DynamicRaggedShape
SHAPE = Shape.from_lengths([2, (1, 2), 4])
STRINGS = tf.constant([["a", "b"]])
INVALID = tf.errors.InvalidArgumentError


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (
            lambda: tf.gather(ROWS, [[0]], axis=0, batch_dims=1),
            ValueError,
            "axis must be",
        ),
        (
            lambda: tf.gather(DEEP, [[0], [0]], axis=2, batch_dims=1),
            ValueError,
            "needs axis == batch_dims",
        ),
        (lambda: tf.matmul(ROWS, [1.0]), ValueError, "must have the same rank"),
        (lambda: tf.matmul(ROWS, ROWS), INVALID, "ragged in their innermost"),
        (
            lambda: tf.math.bincount(ROWS, weights=[1, 2, 3], axis=-1),
            ValueError,
            "must be a RaggedTensor",
        ),
        (lambda: tf.math.bincount(-ROWS, axis=-1), INVALID, "non-negative"),
        (lambda: ROWS + NARROW, ValueError, "mismatched row_splits dtypes"),
        (lambda: ROWS + tf.ragged.constant([[1], [2]]), INVALID, "x == y did not hold"),
        (lambda: tf.ragged.cross(3), TypeError, "must be a list"),
        (lambda: tf.ragged.cross([]), ValueError, "at least one feature"),
        (lambda: tf.ragged.cross([DEEP]), ValueError, "only supports inputs with rank"),
        (lambda: tf.ragged.cross([[[1.5]]]), ValueError, "integers or strings"),
        (lambda: tf.ragged.cross_hashed([ROWS], -1), ValueError, "non-negative"),
        (lambda: tf.ragged.cross([ROWS, [[1]]]), INVALID, "same batch dimension"),
        (lambda: tf.ragged.stack([]), ValueError, "may not be empty"),
        (
            lambda: PARTITION.with_dtype(tf.float32),
            ValueError,
            "must be int32 or int64",
        ),
        (lambda: SHAPE.is_uniform(-1), IndexError, "Negative axis"),
        (lambda: SHAPE[::2], IndexError, "Cannot stride"),
        (lambda: SHAPE[1:], ValueError, "begins inside of the ragged"),
        (lambda: Shape.from_lengths([2, (1, 2)], 0), ValueError, "0 row partitions"),
        (lambda: tf.exp(SHAPE), ValueError, "unsupported type"),
        (lambda: tf.sparse.bincount([1], axis=2), ValueError, "Only 0 and -1"),
        (lambda: tf.sparse.bincount([[[1]]]), ValueError, "at most rank 2"),
        (lambda: tf.io.serialize_sparse([1]), TypeError, "must be a SparseTensor"),
        (lambda: tf.io.serialize_many_sparse([1]), TypeError, "must be a SparseTensor"),
        (
            lambda: tf.io.deserialize_many_sparse(STRINGS, tf.int32),
            INVALID,
            "should have 3 columns",
        ),
        (
            lambda: tf.io.deserialize_many_sparse(
                tf.io.serialize_many_sparse(SPARSE), tf.int32, rank=3
            ),
            INVALID,
            "Expected sparse tensors of rank 3",
        ),
        (lambda: tf.io.decode_json_example(["{"]), INVALID, "Error while parsing JSON"),
        (lambda: tf.SparseTensor.from_value(3), TypeError, "neither a SparseTensor"),
        (lambda: SPARSE.set_shape([2, 3]), ValueError, "are not compatible"),
        (
            lambda: tf.strings.reduce_join([["a"]], 5),
            tf.errors.OutOfRangeError,
            "5 for",
        ),
    ],
)
def test_refused(make: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        make()


def test_shapes_are_cut_where_they_are_uniform() -> None:
    assert repr(SHAPE[:1]) == "<DynamicRaggedShape lengths=[2] num_row_partitions=0>"
    assert SHAPE[:2].static_lengths() == [2, (1, 2)]
    assert SHAPE[2:].static_lengths() == [4]
    assert SHAPE[:3].static_lengths() == SHAPE.static_lengths()
    narrow = SHAPE.with_dtype(tf.int32)
    assert narrow.row_partitions[0].dtype is tf.int32


def test_specs_of_partitions_join_to_what_both_say() -> None:
    one, other = PARTITION._type_spec, PARTITION.from_row_lengths([1])._type_spec
    joined = one.most_specific_compatible_type(other)
    assert (one.nrows, other.nrows, joined.nrows) == (3, 1, None)
    with pytest.raises(ValueError, match="No TypeSpec is compatible"):
        one.most_specific_compatible_type(PARTITION.with_dtype("int32")._type_spec)


def test_compressed_strings_and_examples_written_as_json() -> None:
    packed = [zlib.compress(b"one"), zlib.compress(b"two")]
    found = tf.io.decode_compressed(packed, "ZLIB")
    np.testing.assert_array_equal(found, [b"one", b"two"])
    text = base64.b64encode(b"x").decode()
    feature = {
        "a": {"bytesList": {"value": [text]}},
        "b": {"float_list": {"value": [2]}},
    }
    example = tf.io.decode_json_example(json.dumps({"features": {"feature": feature}}))
    parsed = tf.train.Example.FromString(example.numpy())
    assert parsed.features.feature["a"].bytes_list.value == [b"x"]
    assert parsed.features.feature["b"].float_list.value == [2.0]


def test_products_over_the_last_axis_keep_the_rows() -> None:
    rows = tf.ragged.constant([[[1.0, 2.0]], [[3.0, 4.0], [5.0, 6.0]]], ragged_rank=1)
    weights = tf.constant([[1.0], [10.0]])
    expected = [[[21.0]], [[43.0], [65.0]]]
    assert tf.tensordot(rows, weights, [[2], [0]]).to_list() == expected
    assert tf.tensordot(rows, weights, 1).to_list() == expected
    dense = tf.keras.layers.Dense(1, kernel_initializer="ones")
    assert dense(rows).to_list() == [[[3.0]], [[7.0], [11.0]]]
    with pytest.raises(ValueError, match="sums over the last axis, 2, only"):
        tf.tensordot(rows, weights, [[1], [0]])
    with pytest.raises(ValueError, match="uniform last axis"):
        tf.tensordot(ROWS, [[1]], 1)


def test_texts_may_hold_rows() -> None:
    text = tf.strings.format("{} and {}", [ROWS, tf.constant(1)])
    assert text.numpy() == b"[[1, 2], [], [3]] and 1"


@pytest.mark.parametrize(
    ("rowids", "nrows", "words"),
    [
        ([0, 2, 1], 3, r"`value_rowids` must not decrease, got \[0, 2, 1\]"),
        ([0, 1, 2], 2, "`nrows` is 2, but there is a row 2"),
    ],
)
def test_numbers_of_rows_that_a_graph_computes_are_checked(
    rowids, nrows, words
) -> None:
    @tf.function
    def made(rowids, nrows):
        return tf.RaggedTensor.from_value_rowids([1, 2, 3], rowids, nrows=nrows)

    with pytest.raises(INVALID, match=words):
        made(tf.constant(rowids, tf.int64), tf.constant(nrows, tf.int64))


def test_rows_without_a_first_one_do_not_join() -> None:
    with pytest.raises(ValueError, match="rt_inputs may not be empty"):
        tf.ragged.stack([])


def test_filling_keeps_inner_dimensions() -> None:
    pairs = tf.ragged.constant([[[1, 2]], []], ragged_rank=1)
    with pytest.raises(INVALID, match="the inner dimensions are"):
        pairs.to_tensor(shape=[2, None, 3])


def test_lengths_are_integers() -> None:
    with pytest.raises(ValueError, match="lengths must have dtype int32 or int64"):
        tf.RaggedTensor.from_tensor([[1, 2]], lengths=[1.5])
