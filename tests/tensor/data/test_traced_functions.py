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


def test_elements_may_be_datasets_in_traced_functions() -> None:
    @tf.function
    def digits() -> Any:
        total = tf.constant(0, tf.int64)
        for window in Range(7).window(3):
            for number in window:
                total = total * 10 + number
        return total, Range(2).window(2).get_single_element().cardinality()

    assert [int(x) for x in digits()] == [123456, 2]


def number(dataset: Any) -> Any:
    """Return the elements as the digits of a number."""
    return dataset.reduce(np.int64(0), lambda a, b: a * 10 + b)


# What TensorFlow gives for n = 3.
MADE_IN_GRAPHS: list[tuple[Any, Any]] = [
    (lambda n: Range(n), [0, 1, 2]),
    (lambda n: Range(1, n * 3, n - 1), [1, 3, 5, 7]),
    (lambda n: Range(9).skip(n).take(n), [3, 4, 5]),
    (lambda n: Range(9).shard(n, n - 1), [2, 5, 8]),
    (lambda n: Range(2).repeat(n), [0, 1, 0, 1, 0, 1]),
    (lambda n: Range(4).map(lambda v: v * n + 1), [1, 4, 7, 10]),
    (lambda n: Range(6).filter(lambda v: v > n), [4, 5]),
    (lambda n: Range(6).take_while(lambda v: v < n), [0, 1, 2]),
    (lambda n: Range(3).scan(n, lambda s, v: (s + n, s + v)), [3, 7, 11]),
    (lambda n: Range(7).batch(n).map(tf.reduce_sum), [3, 12, 6]),
    (lambda n: Range(7).batch(n, drop_remainder=n > 2), [[0, 1, 2], [3, 4, 5]]),
    (lambda n: Range(7).batch(4).rebatch(n), [[0, 1, 2], [3, 4, 5], [6]]),
    (lambda n: Range(n).enumerate(n), [[3, 0], [4, 1], [5, 2]]),
    (lambda n: Range(n).concatenate(Range(2)), [0, 1, 2, 0, 1]),
    (lambda n: Range(n).cache().prefetch(n).shuffle(n, 1).reduce(n, tf.maximum), 3),
    (lambda n: tf.data.Dataset.from_tensors(n).unique(), [3]),
    (lambda n: tf.data.Dataset.from_tensor_slices([n, n + 1]), [3, 4]),
    (
        lambda n: Range(3).interleave(
            lambda v: Range(v + n), cycle_length=n, block_length=n - 1
        ),
        [0, 1, 0, 1, 0, 1, 2, 2, 3, 2, 3, 4],
    ),
    (
        lambda n: Range(2).flat_map(
            lambda v: Range(v + 1).flat_map(lambda w: Range(w + n))
        ),
        [0, 1, 2, 0, 1, 2, 0, 1, 2, 3],
    ),
    (
        lambda n: Range(6).window(n, n - 1).flat_map(lambda w: w.batch(2)),
        [[0, 1], [2], [2, 3], [4], [4, 5]],
    ),
    (
        lambda n: (
            Range(5)
            .window(n, 1, drop_remainder=True)
            .map(lambda w: w.reduce(n, lambda a, b: a + b))
        ),
        [6, 9, 12],
    ),
    (
        lambda n: tf.data.Dataset.choose_from_datasets(
            [Range(n), Range(10, 10 + n)], Range(2).repeat(n)
        ),
        [0, 10, 1, 11, 2, 12],
    ),
    (
        lambda n: (
            Range(1, 4)
            .map(lambda v: tf.fill([v], v))
            .padded_batch(n, tf.stack([n + 1]), padding_values=n)
        ),
        [[[1, 3, 3, 3], [2, 2, 3, 3], [3, 3, 3, 3]]],
    ),
    (
        lambda n: (
            Range(1, 4)
            .map(lambda v: tf.fill([v], v))
            .padded_batch(n, padded_shapes=[n + 1])
        ),
        [[[1, 0, 0, 0], [2, 2, 0, 0], [3, 3, 3, 0]]],
    ),
    (
        lambda n: Range(7).group_by_window(
            lambda v: v % 2, lambda _, d: d.batch(n), window_size_func=lambda k: n - k
        ),
        [[1, 3], [0, 2, 4], [6], [5]],
    ),
    (
        lambda n: (
            Range(n)
            .bucket_by_sequence_length(lambda e: tf.cast(e, tf.int32), [2], [2, 2])
            .reduce(n, lambda a, b: a + tf.reduce_sum(b))
        ),
        6,
    ),
    (
        lambda n: tf.data.Dataset.from_generator(
            lambda k: iter(range(k)), tf.int64, args=(n,)
        ),
        [0, 1, 2],
    ),
    (
        lambda n: tf.data.Dataset.from_tensor_slices(
            tf.sparse.from_dense(tf.eye(2, dtype=tf.int64) * n)
        ).map(tf.sparse.reduce_sum),
        [3, 3],
    ),
    (lambda n: Range(n).batch(2).cardinality(), 2),
    (lambda n: len(Range(n).batch(2)), 2),
    (lambda n: tf.data.Dataset.from_tensors(n * 2).get_single_element(), 6),
    (lambda n: number(tf.cond(n > 2, lambda: Range(n), lambda: Range(1))), 12),
]


@pytest.mark.parametrize("row", range(len(MADE_IN_GRAPHS)))
def test_datasets_are_made_of_what_a_function_computes(row: int) -> None:
    make, expected = MADE_IN_GRAPHS[row]
    result = tf.function(make)(tf.constant(3, tf.int64))
    if isinstance(result, tf.data.Dataset):
        result = [
            [int(x) for x in e] if isinstance(e, tuple) else e.numpy().tolist()
            for e in result
        ]
    else:
        result = int(result)
    assert result == expected


def test_loops_over_datasets_of_what_a_function_computes() -> None:
    weight = tf.Variable(2.0)

    @tf.function
    def trained(x: Any) -> Any:
        used = 0
        for batch in tf.data.Dataset.from_tensor_slices(x).batch(2):
            if tf.reduce_sum(batch) > 10.0:
                break
            if batch[0] < 0.0:
                continue
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(batch * weight)
            weight.assign_sub(0.1 * tape.gradient(loss, weight))
            used += 1
        return used, weight.read_value()

    used, value = trained(tf.constant([1.0, 2.0, -1.0, 5.0, 3.0, 8.0]))
    assert int(used) == 1
    assert float(value) == pytest.approx(1.7)

    @tf.function
    def grown(n: Any) -> Any:
        dataset = Range(2)
        step = tf.constant(0, tf.int64)
        while step < n:
            dataset = dataset.map(lambda v: v + step)  # noqa: B023  # traced now
            step += 1
        iterator = iter(dataset)
        first = next(iterator)
        ended = iterator.get_next_as_optional(), iterator.get_next_as_optional()
        return first, ended[1].has_value()

    first, has_more = grown(tf.constant(3, tf.int64))
    assert (int(first), bool(has_more)) == (3, False)


def test_what_is_wrong_is_told_when_the_graph_runs() -> None:
    for make, words in (
        (lambda n: Range(5).batch(n), "Batch size must be greater than zero"),
        (lambda n: Range(5).shard(2, n + 2), "Index must be between 0 and 1"),
        (lambda n: Range(5).shard(n, 0), "Number of shards must be greater"),
        (
            lambda n: Range(5).window(n).flat_map(lambda w: w),
            "Window size must be greater than zero",
        ),
        (lambda n: Range(5).shuffle(n), "buffer_size must be greater than zero"),
    ):
        with pytest.raises(tf.errors.InvalidArgumentError, match=words):
            tf.function(lambda n, make=make: number(make(n)))(
                np.int64(0) * tf.ones([], tf.int64)
            )

    @tf.function
    def unknown_length(n: Any) -> Any:
        return len(Range(n).filter(lambda v: v > 0))

    with pytest.raises(tf.errors.InvalidArgumentError, match="definitive cardinality"):
        unknown_length(tf.constant(3, tf.int64))

    @tf.function
    def distributed(n: Any) -> Any:
        return Range(n).map(lambda v: v).with_inputs((Range(2),))

    with pytest.raises(ValueError, match="cannot be distributed there"):
        distributed(tf.constant(3, tf.int64))
    with pytest.raises(ValueError, match="requested dtype int64 for Tensor with"):
        tf.function(lambda x: number(Range(3).take(x)))(tf.constant(1.0))


def test_static_shapes_of_datasets_of_what_a_function_computes() -> None:
    specs: list[Any] = []

    @tf.function
    def traced(n: Any) -> Any:
        specs.append(Range(9).batch(n, drop_remainder=True).element_spec)
        two = tf.constant(2, tf.int64)
        specs.append(Range(9).batch(two, drop_remainder=True).element_spec)
        specs.append(Range(9).padded_batch(n, padded_shapes=[]).element_spec)
        rows = tf.reshape(tf.range(n), [n, 1])
        specs.append(tf.data.Dataset.from_tensor_slices(rows).element_spec)
        return n

    traced(tf.constant(3, tf.int64))
    assert [s.shape.as_list() for s in specs] == [[None], [2], [None], [1]]


def test_functions_take_and_return_datasets() -> None:
    traces: list[Any] = []

    @tf.function
    def shifted(dataset: Any, by: Any) -> Any:
        traces.append(dataset)
        return dataset.map(lambda v: v + by), dataset.cardinality()

    by = tf.constant(1, tf.int64)
    for size in (2, 4):
        result, count = shifted(Range(size), by)
        assert list(result.as_numpy_iterator()) == list(range(1, size + 1))
        assert int(count) == size
    assert len(traces) == 1  # for all datasets of one spec
    shifted(tf.data.Dataset.from_tensors(np.int64([1, 2])), by)
    assert len(traces) == 2
    concrete = shifted.get_concrete_function(Range(1), by)
    assert concrete.structured_outputs[0].element_spec == Spec([], tf.int64)

    spec = tf.data.DatasetSpec(Spec([None], tf.int64))

    @tf.function(input_signature=[spec])
    def described(dataset: Any) -> Any:
        return dataset

    result = described(Range(4).batch(2, drop_remainder=True))
    assert result.element_spec == Spec([None], tf.int64)
    assert values(result.unbatch().batch(4)) == [[[0, 1, 2, 3]]]


def test_functions_take_and_return_iterators() -> None:
    traces: list[Any] = []

    @tf.function
    def following(iterator: Any) -> Any:
        traces.append(iterator)
        return next(iterator) + 1

    first, second = iter(Range(3)), iter(Range(5, 9))
    assert [int(following(i)) for i in (first, second, first)] == [1, 6, 2]
    assert len(traces) == 1  # for all iterators of one spec

    @tf.function(input_signature=[tf.data.IteratorSpec(Spec([], tf.int64))])
    def total(iterator: Any) -> Any:
        result = tf.constant(0, tf.int64)
        for number in iterator:
            result += number
        return result

    assert [int(total(first)), int(total(first))] == [2, 0]

    @tf.function
    def begun(n: Any) -> Any:
        iterator = iter(Range(n))
        next(iterator)
        return iterator

    iterator = begun(tf.constant(3, tf.int64))
    assert isinstance(iterator, tf.data.Iterator)
    assert [int(x) for x in iterator] == [1, 2]


def test_specs_of_datasets_are_compared_by_what_elements_are() -> None:
    wide, narrow = (tf.data.DatasetSpec(Spec([d], tf.int32)) for d in (None, 3))
    assert wide.is_compatible_with(tf.data.Dataset.from_tensors([1, 2]))
    assert not wide.is_compatible_with(Range(3))
    assert not wide.is_compatible_with(3)
    assert not wide.is_compatible_with(Range(3).enumerate())
    assert narrow.is_subtype_of(wide)
    assert not wide.is_subtype_of(narrow)
    assert wide.most_specific_compatible_type(narrow) == wide
    with pytest.raises(ValueError, match="No TypeSpec is compatible with both"):
        wide.most_specific_compatible_type(Range(3).leaf_spec)
