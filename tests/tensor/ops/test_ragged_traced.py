"""Ragged and sparse functions give in a traced function what they give eagerly.

The function knows nothing of how many rows there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import tensor as tf

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = tf.ragged.constant([[3, 1, 4], [], [1, 5, 9], [2]])
FLOATS = tf.ragged.constant([[1.0, 2.0], [3.0], []])
DEEP = tf.ragged.constant([[[1, 2], [3]], [], [[4], [], [5, 6, 7]]])
TEXTS = tf.ragged.constant([["ab", "c"], [], ["Def"]])
STACK = tf.ragged.constant([[[1.0, 2.0]], [[3.0, 4.0], [5.0, 6.0]]])
SPARSE = tf.sparse.from_dense([[1, 0, 2], [0, 0, 3]])
RAGGED = tf.ragged.constant

FUNCTIONS: list[tuple[Any, Callable[[Any], Any]]] = [
    (ROWS, lambda x: x + tf.constant([[1], [2], [3], [4]])),
    (ROWS, lambda x: x * x - 1),
    (ROWS, lambda x: tf.where(x > 2)),
    (ROWS, lambda x: tf.where(x > 2, x, 0)),
    (ROWS, lambda x: tf.gather(x, RAGGED([[2, 0], [3]]))),
    (ROWS, lambda x: tf.gather(x, RAGGED([[0], [], [2, 1], [0]]), batch_dims=1)),
    (DEEP, lambda x: tf.gather(x, RAGGED([[0], [], [2, 1]]), batch_dims=1)),
    (ROWS, lambda x: tf.gather_nd(x, [[0, 1], [2, 0]])),
    (ROWS, lambda x: tf.concat([x, x], 1)),
    (ROWS, lambda x: tf.stack([x, x], 1)),
    (ROWS, lambda x: tf.tile(x, [2, 2])),
    (ROWS, lambda x: tf.squeeze(tf.expand_dims(x, 1), 1)),
    (ROWS, lambda x: tf.reverse(x, [0, 1])),
    (ROWS, lambda x: tf.cumsum(x)),
    (ROWS, lambda x: tf.cumsum(x, 1, exclusive=True)),
    (ROWS, lambda x: tf.cumsum(x, 1, reverse=True)),
    (ROWS, lambda x: tf.split(x, 2)),
    (ROWS, lambda x: tf.ragged.boolean_mask(x, x > 2)),
    (ROWS, lambda x: tf.math.unsorted_segment_max(x, [0, 0, 1, 1], 2)),
    (ROWS, lambda x: tf.dynamic_partition(x, [0, 1, 0, 1], 2)),
    (TEXTS, lambda x: tf.ragged.cross([x, x])),
    (TEXTS, lambda x: tf.ragged.cross_hashed([x, x], 100)),
    (TEXTS, lambda x: tf.strings.reduce_join(x, axis=0, separator="-")),
    (STACK, lambda x: tf.matmul(x, x, transpose_b=True)),
    (ROWS, lambda x: tf.math.bincount(x, axis=-1)),
    (ROWS, lambda x: tf.sparse.bincount(x, axis=-1)),
    (ROWS, lambda x: tf.shape(x)[0]),
    (ROWS, lambda x: tf.zeros(tf.shape(x))),
    (ROWS, lambda x: tf.broadcast_to([[1], [2], [3], [4]], tf.shape(x))),
    (FLOATS, lambda x: tf.reduce_logsumexp(x, 1)),
    (ROWS, lambda x: x[1:, :2]),
    (DEEP, lambda x: x.merge_dims(0, -1)),
    (ROWS, lambda x: tf.RaggedTensor.from_uniform_row_length(x.values, 7)),
    (SPARSE, lambda x: tf.sparse.cross([x, x])),
    (SPARSE, lambda x: tf.math.bincount(x, axis=-1)),
    (
        SPARSE,
        lambda x: tf.io.deserialize_many_sparse(
            tf.io.serialize_many_sparse(x), tf.int32
        ),
    ),
]


def parts(value: Any) -> list[Any]:
    return [p.numpy().tolist() for p in tf.nest.flatten(value, expand_composites=True)]


def loosened(value: Any) -> Any:
    spec = tf.type_spec_from_value(value)
    dims = [None] * spec.shape.rank
    if isinstance(spec, tf.SparseTensorSpec):
        return tf.SparseTensorSpec(dims, spec.dtype)
    return tf.RaggedTensorSpec(dims, spec.dtype)


@pytest.mark.parametrize("case", range(len(FUNCTIONS)))
def test_functions_of_rows_that_are_not_known_yet(case: int) -> None:
    value, function = FUNCTIONS[case]
    traced = tf.function(function, input_signature=[loosened(value)])
    assert parts(traced(value)) == parts(function(value))
    traced.get_concrete_function()


def test_what_is_known_of_rows_is_known_of_results() -> None:
    def shape_of(function: Callable[[Any], Any], *dims: int | None) -> list[int | None]:
        spec = tf.RaggedTensorSpec(dims, tf.float32)
        outputs = tf.function(function).get_concrete_function(spec).structured_outputs
        return outputs.shape.as_list()

    assert shape_of(lambda x: x * [[1.0], [2.0]], 2, None) == [2, None]
    assert shape_of(lambda x: tf.reduce_sum(x, 1), 3, None) == [3]
    assert shape_of(lambda x: tf.concat([x, x], 0), 3, None) == [6, None]
    assert shape_of(lambda x: x[1:], 3, None) == [2, None]
    assert shape_of(lambda x: tf.stack([x, x]), 3, None) == [2, None, None]
    assert shape_of(lambda x: x.to_tensor(), 4, 3) == [4, 3]


def test_gradients_flow_through_rows() -> None:
    x = tf.Variable([1.0, 2.0, 3.0])

    @tf.function
    def loss() -> tf.Tensor:
        rows = tf.RaggedTensor.from_row_lengths(x, [2, 0, 1])
        sums = tf.cumsum(rows, axis=1) * [[1.0], [2.0], [3.0]]
        return tf.reduce_sum(sums * sums)

    with tf.GradientTape() as tape:
        y = loss()
    # (x0)², (x0 + x1)², (3 x2)²
    assert float(y) == 1 + 9 + 81
    gradient = tf.convert_to_tensor(tape.gradient(y, x))
    np.testing.assert_allclose(gradient, [2 + 6, 6, 54])
