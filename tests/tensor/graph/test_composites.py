"""Ragged and sparse tensors, and slices, inside traced functions."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

import tensor as tf

ROWS = tf.ragged.constant([[1, 2], [], [3]])
SPARSE = tf.sparse.from_dense([[1.0, 0.0, 2.0], [0.0, 0.0, 3.0]])


def test_ragged_tensors_of_one_spec_share_a_trace() -> None:
    f = tf.function(lambda x: x + 1)
    assert f(ROWS).to_list() == [[2, 3], [], [4]]
    assert f(tf.ragged.constant([[1, 2, 3], [4], [5]])).to_list()[0] == [2, 3, 4]
    assert f.experimental_get_tracing_count() == 1
    f(tf.ragged.constant([[1]]))
    assert f.experimental_get_tracing_count() == 2


@pytest.mark.parametrize(
    "function",
    [
        lambda x: (x[0], x[:, :1], x[1:], x[-1], x[::-1], x[:, ::-1]),
        lambda x: (x.to_tensor(), x.to_tensor(9, shape=[None, 3]), x.bounding_shape()),
        lambda x: (x.value_rowids(), x.row_lengths(), x.nrows(), x.merge_dims(0, 1)),
        lambda x: (tf.concat([x, x], 0), tf.concat([x, x], 1), tf.stack([x, x])),
        lambda x: (tf.reduce_sum(x, 1), tf.reduce_max(x, 0), tf.reduce_any(x > 2, 1)),
        lambda x: (tf.gather(x, [2, 0]), tf.expand_dims(x, 0), tf.where(x > 1, x, 0)),
        lambda x: (tf.ragged.boolean_mask(x, x > 1), tf.ragged.range(x.row_lengths())),
        lambda x: tf.sparse.to_dense(x.to_sparse()),
        lambda x: tf.RaggedTensor.from_sparse(x.to_sparse()),
        lambda x: tf.RaggedTensor.from_tensor(x.to_tensor(), padding=0),
        lambda x: tf.RaggedTensor.from_tensor(x.to_tensor(), lengths=x.row_lengths()),
        lambda x: tf.RaggedTensor.from_value_rowids(x.values, x.value_rowids(), 3),
        lambda x: tf.RaggedTensor.from_row_starts(x.values, x.row_starts()),
        lambda x: tf.RaggedTensor.from_row_limits(x.values, x.row_limits()),
        lambda x: tf.map_fn(lambda row: row * 2, x),
        lambda x: tf.map_fn(tf.reduce_sum, x, fn_output_signature=tf.int32),
        lambda x: tf.cond(x.nrows() > 1, lambda: x, lambda: x[:1]),
        lambda x: tf.while_loop(
            lambda i, _: i < 3, lambda i, y: (i + 1, y + 1), [0, x]
        ),
    ],
)
def test_traced_ragged_ops_give_what_eager_ones_give(function: Any) -> None:
    eager, traced = function(ROWS), tf.function(function)(ROWS)
    for a, b in zip(
        tf.nest.flatten(eager, True), tf.nest.flatten(traced, True), strict=True
    ):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: (x * 2.0, tf.sparse.add(x, x), tf.sparse.concat(1, [x, x])),
        lambda x: (
            tf.sparse.reorder(x),
            tf.sparse.transpose(x),
            tf.sparse.slice(x, [0, 1], [2, 2]),
        ),
        lambda x: (tf.sparse.reshape(x, [3, -1]), tf.sparse.retain(x, x.values > 1.5)),
        lambda x: tuple(tf.sparse.split(x, 2, axis=1)),
        lambda x: (tf.sparse.expand_dims(x, 1), tf.sparse.reset_shape(x)),
        lambda x: (tf.sparse.maximum(x, x * 2.0), tf.sparse.softmax(x)),
        lambda x: tf.sparse.fill_empty_rows(x, 7.0),
        lambda x: (
            tf.sparse.reduce_sum(x, 1),
            tf.sparse.reduce_max(x, 0, keepdims=True),
        ),
        lambda x: tf.sparse.sparse_dense_matmul(x, tf.ones([3, 2])),
        lambda x: tf.sparse.to_indicator(tf.sparse.map_values(tf.cast, x, tf.int64), 5),
        lambda x: tf.map_fn(tf.sparse.to_dense, x, fn_output_signature=tf.float32),
        lambda x: tf.map_fn(lambda row: row * 2.0, x),
        lambda x: (
            tf.sets.size(x),
            tf.sets.union(tf.cast(x, tf.int32), tf.cast(x, tf.int32)),
            tf.sparse.from_dense(tf.ones([2])),
        ),
        lambda x: tf.sparse.mask(
            tf.IndexedSlices(x.values, tf.constant([0, 1, 2])), [1]
        ),
    ],
)
def test_traced_sparse_ops_give_what_eager_ones_give(function: Any) -> None:
    eager, traced = function(SPARSE), tf.function(function)(SPARSE)
    for a, b in zip(
        tf.nest.flatten(eager, True), tf.nest.flatten(traced, True), strict=True
    ):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


def test_signatures_describe_composites() -> None:
    spec = tf.RaggedTensorSpec([None, None], tf.int32)
    f = tf.function(lambda x: x * 2, input_signature=[spec])
    assert f(ROWS).to_list() == [[2, 4], [], [6]]
    with pytest.raises(TypeError, match="Can not cast"):
        f(tf.ragged.constant([[1.0]]))
    with pytest.raises(TypeError, match="Can not cast"):
        f(tf.constant([[1]]))
    concrete = tf.function(lambda x: x.values).get_concrete_function(
        tf.SparseTensorSpec([None, None], tf.float32)
    )
    np.testing.assert_array_equal(concrete(SPARSE), [1.0, 2.0, 3.0])
    assert concrete.structured_input_signature[0] == (
        tf.SparseTensorSpec([None, None], tf.float32),
    )


def test_the_static_shape_of_sparse_arguments_is_known() -> None:
    shapes = []

    @tf.function
    def f(x: Any) -> Any:
        shapes.append((x.shape.as_list(), (x * 2.0).shape.as_list()))
        return tf.sparse.to_dense(x)

    np.testing.assert_array_equal(f(SPARSE), [[1.0, 0.0, 2.0], [0.0, 0.0, 3.0]])
    assert shapes == [([2, 3], [2, 3])]


def test_slices_go_in_and_come_out_as_slices() -> None:
    slices = tf.IndexedSlices(tf.ones([2, 3]), tf.constant([0, 1]), tf.constant([5, 3]))
    result = tf.function(lambda x: x)(slices)
    assert isinstance(result, tf.IndexedSlices)
    np.testing.assert_array_equal(result.indices, [0, 1])
    dense = tf.function(tf.convert_to_tensor)(slices)
    assert dense.shape == (5, 3)


def test_rows_are_split_and_iterated_over_in_a_graph() -> None:
    @tf.function
    def lengths(lines: Any) -> Any:
        total = tf.constant(0)
        for words in tf.strings.split(lines):
            total += tf.size(words)
        return total, tf.strings.split(lines, ",")

    total, parts = lengths(tf.constant(["a b c", "d,e"]))
    assert int(total) == 4
    assert parts.to_list() == [[b"a b c"], [b"d", b"e"]]


def test_map_fn_makes_rows_of_results_of_different_lengths() -> None:
    rows = tf.RaggedTensorSpec([None], tf.int32)

    def ranges(limits: Any) -> Any:
        return tf.map_fn(tf.range, limits, fn_output_signature=rows)

    for f in (ranges, tf.function(ranges)):
        result = f(tf.constant([3, 0, 2]))
        assert result.to_list() == [[0, 1, 2], [], [0, 1]]
    with pytest.raises(tf.errors.InvalidArgumentError, match="must have rank >= 1"):
        tf.map_fn(tf.reduce_sum, ROWS)
    with pytest.raises(ValueError, match="returned a value of ragged_rank 1"):
        tf.map_fn(lambda _: ROWS, tf.constant([1]), fn_output_signature=rows)


def test_gradients_of_composites_have_their_form() -> None:
    x = tf.ragged.constant([[1.0, 2.0], [3.0]])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum((x * x).to_tensor())
    gradient = tape.gradient(y, x)
    assert gradient.to_list() == [[2.0, 4.0], [6.0]]
    with tf.GradientTape() as tape:
        tape.watch(SPARSE)
        y = tf.reduce_sum(tf.sparse.to_dense(SPARSE * SPARSE.values[0]) ** 2)
    found = tape.gradient(y, SPARSE)
    assert isinstance(found, tf.SparseTensor)
    np.testing.assert_array_equal(found.indices, SPARSE.indices)


def test_specs_nest_and_compare() -> None:
    spec = tf.RaggedTensorSpec([2, None], tf.float32)
    assert tf.nest.flatten(spec, expand_composites=True) == [
        tf.TensorSpec([None], tf.float32),
        tf.TensorSpec([3], tf.int64),
    ]
    loose = tf.RaggedTensorSpec([None, None], tf.float32)
    assert spec.is_subtype_of(loose)
    assert not loose.is_subtype_of(spec)
    assert not loose.is_subtype_of(tf.TensorSpec([2]))
    assert spec.most_specific_compatible_type(loose) == loose
    with pytest.raises(ValueError, match="No TypeSpec is compatible"):
        spec.most_specific_compatible_type(tf.RaggedTensorSpec([2, None], tf.int32))
    sparse = tf.SparseTensorSpec([2, 3])
    wide = sparse.most_specific_compatible_type(tf.SparseTensorSpec([4, 3]))
    assert wide == tf.SparseTensorSpec([None, 3])
    with pytest.raises(ValueError, match="No TypeSpec is compatible"):
        sparse.most_specific_compatible_type(spec)
    slices = tf.type_spec_from_value(
        tf.IndexedSlices(tf.ones([1, 3]), tf.constant([0]))
    )
    assert slices == tf.IndexedSlicesSpec(None, tf.float32, tf.int32, None, [1])
    assert slices.is_compatible_with(slices)


def test_symbolic_rows_have_no_values_yet() -> None:
    with pytest.raises(ValueError, match="only be used in eager mode"):
        tf.function(lambda x: x.to_list())(ROWS)
    with pytest.raises(ValueError, match="only supported in eager mode"):
        tf.function(lambda x: x.numpy())(ROWS)


def test_shape_invariants_of_composite_tensors_are_specs_or_shapes() -> None:
    def doubled(invariants: Any) -> Any:
        return tf.while_loop(
            lambda i, _: i < 2,
            lambda i, r: (i + 1, tf.concat([r, r], 0)),
            (0, tf.ragged.constant([[1], [2, 3]])),
            shape_invariants=invariants,
        )[1]

    shapes = (tf.TensorShape([]), tf.TensorShape([None, None]))
    specs = (tf.TensorSpec([], tf.int32), tf.RaggedTensorSpec([None, None], tf.int32))
    for given in (shapes, specs):
        found = tf.function(functools.partial(doubled, given), autograph=False)()
        assert found.to_list() == [[1], [2, 3]] * 4


def test_retracing_is_reduced_for_composite_tensors() -> None:
    seen: list[Any] = []

    @tf.function(reduce_retracing=True)
    def note(x: Any, y: Any) -> Any:
        seen.append(tf.type_spec_from_value(x))
        return x, y

    def ragged(*shape: int | None) -> Any:
        return tf.RaggedTensorSpec(shape, tf.int32)

    def sparse(*shape: int | None) -> Any:
        return tf.SparseTensorSpec(shape, tf.int32)

    one = tf.constant(1)
    for rows, spec in (
        ([[1], [2, 3]], ragged(2, None)),
        ([[1, 2], [3]], None),
        ([[1], [2], [3]], ragged(None, None)),
        ([[1]], None),
        ([[[1]]], ragged(1, None, None)),
        ([[[1]], [[2]]], ragged(None, None, None)),
    ):
        found = note(tf.ragged.constant(rows), one)[0]
        assert found.to_list() == rows
        assert (seen.pop() if seen else None) == spec
    for width, spec in ((2, sparse(1, 2)), (3, sparse(1, None)), (4, None)):
        found = note(tf.sparse.from_dense(tf.ones([1, width], tf.int32)), one)[0]
        assert found.dense_shape.numpy().tolist() == [1, width]
        assert (seen.pop() if seen else None) == spec
