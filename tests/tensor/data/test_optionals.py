"""Optionals: elements that may be missing, now and in traced functions."""

from __future__ import annotations

import numpy as np
import pytest

import tensor as tf


def test_a_loop_in_a_function_ends_where_the_data_ends() -> None:
    @tf.function
    def total(iterator):
        result = tf.constant(0, tf.int64)
        for _ in tf.range(10):
            element = iterator.get_next_as_optional()
            if not element.has_value():
                break
            result += element.get_value()
        return result

    iterator = iter(tf.data.Dataset.range(5))
    assert int(total(iterator)) == 10
    assert int(total(iterator)) == 0  # at its end it stays


def test_an_iterator_that_a_function_makes_ends_with_an_empty_one() -> None:
    data = tf.data.Dataset.from_tensor_slices({"x": [1.0, 2.0], "name": ["a", "b"]})

    @tf.function
    def has_values():
        iterator = iter(data)
        found = [iterator.get_next_as_optional() for _ in range(3)]
        return [one.has_value() for one in found], found[1].get_value()

    there, second = has_values()
    assert [bool(x) for x in there] == [True, True, False]
    assert float(second["x"]) == 2.0
    assert second["name"].numpy() == b"b"


def test_a_missing_value_is_an_error_when_the_function_runs() -> None:
    @tf.function
    def value(iterator):
        return iterator.get_next_as_optional().get_value()

    iterator = iter(tf.data.Dataset.range(1))
    assert int(value(iterator)) == 0
    with pytest.raises(tf.errors.InvalidArgumentError, match="does not have a value"):
        value(iterator)


def test_functions_take_and_return_optionals() -> None:
    @tf.function
    def pass_on(optional):
        return optional

    spec = tf.TensorSpec([None], tf.string)
    full = pass_on(tf.experimental.Optional.from_value(tf.constant(["a"])))
    empty = pass_on(tf.experimental.Optional.empty(spec))
    assert full.get_value().numpy().tolist() == [b"a"]
    assert not empty.has_value()
    assert empty.element_spec == spec
    assert "empty" in repr(empty)


@pytest.mark.parametrize("devices", [["CPU:0"], ["CPU:0", "CPU:1"]])
@pytest.mark.parametrize("traced", [True, False])
def test_a_distributed_iterator_says_when_it_ends(devices, traced) -> None:
    strategy = tf.distribute.MirroredStrategy(devices)
    data = tf.data.Dataset.range(5, output_type=tf.int32).batch(2)
    distributed = strategy.experimental_distribute_dataset(data)
    with strategy.scope():
        total = tf.Variable(0, aggregation=tf.VariableAggregation.SUM)

    def step(batch):
        total.assign_add(tf.reduce_sum(batch))

    def train(iterator):
        steps = 0
        for _ in tf.range(10):
            batches = iterator.get_next_as_optional()
            if not batches.has_value():
                break
            strategy.run(step, args=(batches.get_value(),))
            steps += 1
        return steps

    train = tf.function(train) if traced else train
    assert int(train(iter(distributed))) == 3
    assert total.numpy() == 10

    @tf.function
    def first_sizes():
        batches = iter(distributed).get_next_as_optional().get_value()
        return strategy.experimental_local_results(strategy.run(tf.size, (batches,)))

    np.testing.assert_equal(sum(int(n) for n in first_sizes()), 2)


def test_specs_of_optionals_are_compared_by_what_values_are() -> None:
    wide, narrow = (tf.OptionalSpec(tf.TensorSpec([d], tf.int32)) for d in (None, 3))
    assert wide.most_specific_compatible_type(narrow) == wide
    for other in (tf.OptionalSpec(tf.TensorSpec([], tf.string)), tf.TensorSpec([])):
        with pytest.raises(ValueError, match="No TypeSpec is compatible with both"):
            wide.most_specific_compatible_type(other)
    with pytest.raises(ValueError, match="nested structure"):
        wide.most_specific_compatible_type(tf.OptionalSpec((tf.TensorSpec([]),) * 2))
