"""Rows and slices of variables that replicas share, changed in the replicas.

The expected values are TensorFlow 2.21's, where it supports the change.
"""

from __future__ import annotations

import copy

import pytest

import tensor as tf

Aggregation = tf.VariableAggregation


@pytest.fixture
def strategy():
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


def make(strategy, value, aggregation=Aggregation.NONE, **how):
    with strategy.scope():
        return tf.Variable(value, aggregation=aggregation, **how)


def replica_id():
    return tf.distribute.get_replica_context().replica_id_in_sync_group


def run(strategy, step, traced):
    return strategy.run(tf.function(step) if traced else step)


@pytest.mark.parametrize("traced", [False, True])
@pytest.mark.parametrize(
    ("method", "start", "aggregation", "expected"),
    [
        ("scatter_sub", [0.0, 0.0, 0.0], Aggregation.MEAN, [-1.0, -1.5, 0.0]),
        ("scatter_add", [0.0, 0.0, 0.0], Aggregation.SUM, [2.0, 3.0, 0.0]),
        ("scatter_div", [6.0, 6.0, 1.0], Aggregation.SUM, [3.0, 2.0, 1.0]),
        ("scatter_mul", [2.0, 1.0, 1.0], Aggregation.MEAN, [2.0, 1.5, 1.0]),
        ("scatter_max", [0.0, 2.0, 0.0], Aggregation.ONLY_FIRST_REPLICA, [2, 2, 0]),
        ("scatter_update", [0.0] * 3, Aggregation.ONLY_FIRST_REPLICA, [2.0, 0, 0]),
    ],
)
def test_rows_are_aggregated(
    strategy, traced, method, start, aggregation, expected
) -> None:
    variable = make(strategy, start, aggregation)

    def step():
        number = replica_id()
        values = tf.reshape(tf.cast(number + 2, tf.float32), [1])
        slices = tf.IndexedSlices(values, tf.reshape(number, [1]), (3,))
        return getattr(variable, method)(slices)

    run(strategy, step, traced)
    assert variable.numpy().tolist() == expected


@pytest.mark.parametrize("traced", [False, True])
@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("scatter_sub", 2.0),
        ("scatter_add", 6.0),
        ("scatter_min", 2.0),
        ("scatter_mul", 8.0),
        ("scatter_update", 2.0),
    ],
)
def test_equal_rows_change_once_without_aggregation(
    strategy, traced, method, expected
) -> None:
    variable = make(strategy, [4.0])
    slices = tf.IndexedSlices(tf.constant([2.0]), tf.constant([0]))
    run(strategy, lambda: getattr(variable, method)(slices), traced)
    assert variable.numpy().tolist() == [expected]


def test_different_rows_need_an_aggregation(strategy) -> None:
    variable = make(strategy, [4.0, 4.0])

    def step():
        number = tf.reshape(replica_id(), [1])
        variable.scatter_add(tf.IndexedSlices(tf.constant([1.0]), number))

    with pytest.raises(ValueError, match="drift apart"):
        strategy.run(step)


@pytest.mark.parametrize("method", ["scatter_min", "scatter_max", "scatter_update"])
def test_what_cannot_be_summed_is_refused(strategy, method) -> None:
    variable = make(strategy, [4.0], Aggregation.SUM)
    slices = tf.IndexedSlices(tf.constant([2.0]), tf.constant([0]))
    with pytest.raises(NotImplementedError, match=f"{method} is only supported"):
        strategy.run(lambda: getattr(variable, method)(slices))
    with pytest.raises(NotImplementedError, match=f"{method} is only supported"):
        getattr(variable, method)(slices)


def test_slices_are_aggregated(strategy) -> None:
    variable = make(strategy, [1.0, 2.0], Aggregation.MEAN)

    def step():
        variable[0].assign(tf.cast(replica_id(), tf.float32) * 6.0)

    strategy.run(step)
    assert variable.numpy().tolist() == [3.0, 2.0]
    variable[1].assign(5.0)
    assert variable.numpy().tolist() == [3.0, 5.0]


def test_elements_have_no_rule_for_replicas(strategy) -> None:
    variable = make(strategy, [1.0, 2.0], Aggregation.SUM)
    with pytest.raises(NotImplementedError, match="scatter_nd"):
        strategy.run(lambda: variable.scatter_nd_add([[0]], [1.0]))
    slices = tf.IndexedSlices(tf.constant([2.0]), tf.constant([0]))
    with pytest.raises(NotImplementedError, match="batch_scatter_update"):
        variable.batch_scatter_update(slices)


def test_each_replica_has_its_own_part_of_what_is_combined_when_read(strategy) -> None:
    variable = make(
        strategy,
        [1.0, 2.0],
        Aggregation.SUM,
        synchronization=tf.VariableSynchronization.ON_READ,
    )
    strategy.run(lambda: variable[0].assign(tf.cast(replica_id(), tf.float32)))
    parts = strategy.experimental_local_results(variable)
    assert [p.numpy().tolist() for p in parts] == [[0.0, 2.0], [1.0, 2.0]]
    assert variable.numpy().tolist() == [1.0, 4.0]
    parts[0].assign([5.0, 5.0])
    assert variable.numpy().tolist() == [6.0, 7.0]
    values = strategy.experimental_distribute_values_from_function(
        lambda c: tf.fill([2], float(c.replica_id_in_sync_group))
    )
    strategy.extended.update(variable, lambda v, x: v.assign_add(x), args=(values,))
    assert [p.numpy().tolist() for p in variable.values] == [[5.0, 5.0], [2.0, 3.0]]
    copied = copy.deepcopy(variable)
    assert [p.numpy().tolist() for p in copied.values] == [[5.0, 5.0], [2.0, 3.0]]
    with pytest.raises(NotImplementedError, match="cannot be assigned across"):
        variable[0].assign(1.0)
    slices = tf.IndexedSlices(tf.constant([2.0]), tf.constant([0]))
    with pytest.raises(NotImplementedError, match="scatter of rows"):
        variable.scatter_add(slices)


def test_copies_of_a_variable_belong_to_its_strategy(strategy) -> None:
    variable = make(strategy, 1.0, Aggregation.MEAN)
    copied = copy.deepcopy(variable)
    variable.assign(2.0)
    assert copied.numpy() == 1.0
    assert copied.distribute_strategy is strategy
    assert copied.aggregation is Aggregation.MEAN
