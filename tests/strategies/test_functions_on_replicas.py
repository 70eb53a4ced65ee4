"""`strategy.run` of a tf.function, with several replicas in the process."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

import tensor as tf


@pytest.fixture
def strategy():
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


@pytest.fixture
def numbers(strategy):
    return strategy.experimental_distribute_values_from_function(
        lambda c: tf.constant([1.0, 2.0]) * (c.replica_id_in_sync_group + 1)
    )


def local(strategy, value):
    return [x.numpy().tolist() for x in strategy.experimental_local_results(value)]


def total(x):
    return tf.distribute.get_replica_context().all_reduce("sum", x)


def test_replicas_meet_in_it_and_it_is_traced_once(strategy, numbers) -> None:
    traces = []
    with strategy.scope():
        layer = tf.keras.layers.Dense(1, kernel_initializer="ones", use_bias=False)
        optimizer = tf.keras.optimizers.SGD(0.125)

    @tf.function
    def step(x):
        traces.append(1)
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(x[None]))
        weights = layer.trainable_variables
        gradients = tape.gradient(loss, weights)
        optimizer.apply_gradients(zip(gradients, weights, strict=True))
        return loss

    losses = [local(strategy, strategy.run(step, (numbers,))) for _ in range(3)]
    # The weights go down by 1/8 of (1 + 2, 2 + 4) at each step.
    assert losses == [[3.0, 6.0], [1.125, 2.25], [-0.75, -1.5]]
    first = len(traces)
    strategy.run(step, (numbers,))
    assert len(traces) == first


def test_it_has_signatures_methods_keywords_and_autograph(strategy, numbers) -> None:
    @tf.function(input_signature=[tf.TensorSpec([None])])
    def signed(x):
        return total(x)

    class Model:
        @tf.function
        def step(self, x, *, factor):
            if tf.reduce_sum(x) > 4.0:
                x = -x
            return {"x": x * factor, "none": None}

    assert local(strategy, strategy.run(signed, (numbers,))) == [[3.0, 6.0]] * 2
    model = Model()
    results = strategy.run(model.step, (numbers,), {"factor": 3.0})
    assert local(strategy, results["x"]) == [[3.0, 6.0], [-6.0, -12.0]]
    assert results["none"] is None


def test_variables_that_it_returns_are_read_on_each_replica(strategy) -> None:
    with strategy.scope():
        mirrored = tf.Variable(1.0, aggregation=tf.VariableAggregation.MEAN)
        own = tf.Variable(
            1.0,
            synchronization=tf.VariableSynchronization.ON_READ,
            aggregation=tf.VariableAggregation.SUM,
        )

    @tf.function
    def step():
        context = tf.distribute.get_replica_context()
        number = tf.cast(context.replica_id_in_sync_group, tf.float32)
        return mirrored.assign(number), own.assign_add(number)

    a, b = strategy.run(step)
    assert local(strategy, a) == [0.5, 0.5]
    assert local(strategy, b) == [1.0, 2.0]


def test_what_runs_it_on_all_goes_with_it(strategy) -> None:
    @tf.function
    def step():
        return total(tf.constant(1.0))

    strategy.run(step)
    gone = weakref.ref(step)
    del step
    gc.collect()
    assert gone() is None


def test_it_may_run_eagerly(strategy, numbers) -> None:
    tf.config.run_functions_eagerly(True)
    try:
        result = strategy.run(tf.function(lambda x: total(x)), (numbers,))
    finally:
        tf.config.run_functions_eagerly(False)
    assert local(strategy, result) == [[3.0, 6.0]] * 2


def test_each_replica_has_traces_of_what_it_calls(strategy) -> None:
    with strategy.scope():
        count = tf.Variable(
            0.0,
            synchronization=tf.VariableSynchronization.ON_READ,
            aggregation=tf.VariableAggregation.SUM,
        )

    @tf.function
    def counted():
        count.assign_add(1.0)
        return count.read_value()

    @tf.function
    def read():
        return count.read_value()

    @tf.function
    def number():
        return tf.distribute.get_replica_context().replica_id_in_sync_group

    @tf.function
    def is_across():
        return tf.constant(tf.distribute.in_cross_replica_context())

    assert local(strategy, strategy.run(lambda: counted())) == [1.0, 1.0]
    assert float(read()) == 2.0
    assert local(strategy, strategy.run(lambda: read())) == [1.0, 1.0]
    assert local(strategy, strategy.run(lambda: number())) == [0, 1]
    with strategy.scope():
        assert bool(is_across())
    assert local(strategy, strategy.run(lambda: is_across())) == [False, False]


def test_a_saved_function_is_for_one_replica(strategy, tmp_path) -> None:
    class Model(tf.Module):
        def __init__(self):
            self.weight = tf.Variable(2.0)
            self.own = tf.Variable(
                1.0,
                synchronization=tf.VariableSynchronization.ON_READ,
                aggregation=tf.VariableAggregation.SUM,
            )

        @tf.function(input_signature=[tf.TensorSpec([])])
        def step(self, x):
            self.own.assign_add(x)
            return self.weight * x + self.own

    with strategy.scope():
        model = Model()
    tf.saved_model.save(model, tmp_path / "model")
    loaded = tf.saved_model.load(tmp_path / "model")
    # Saved is the sum of what the two replicas have: 2.
    assert [float(loaded.step(1.0)) for _ in range(2)] == [5.0, 6.0]
    assert local(strategy, model.own) == [1.0, 1.0]
    with strategy.scope():
        again = tf.saved_model.load(tmp_path / "model")
    assert local(strategy, again.own) == [1.0, 1.0]
    assert again.own.aggregation is tf.VariableAggregation.SUM


def nested(x):
    return tf.function(total)(x)


def branching(x):
    if tf.reduce_sum(x) > 0.0:
        return total(x)
    return x


@pytest.mark.parametrize("step", [nested, branching])
def test_meeting_inside_a_nested_function_or_branch_is_refused(
    strategy, numbers, step
) -> None:
    with pytest.raises(RuntimeError, match=r"merge_call.* called while defining"):
        tf.function(lambda: strategy.run(step, (numbers,)))()
    result = strategy.run(tf.function(total), (numbers,))  # nothing is left behind
    np.testing.assert_array_equal(local(strategy, result), [[3.0, 6.0]] * 2)


@pytest.mark.parametrize("traced", [True, False])
def test_results_of_metrics_are_those_of_all_replicas(
    strategy, numbers, traced
) -> None:
    with strategy.scope():
        mean = tf.keras.metrics.Mean()
        largest = tf.keras.metrics.Mean()

    def step(x):
        mean.update_state(x)
        return mean.result(), largest(tf.reduce_max(x))

    run = tf.function(step) if traced else step
    first, second = strategy.run(run, (numbers,))
    # 1, 2 on the one and 2, 4 on the other.
    assert {float(x) for x in strategy.experimental_local_results(first)} == {2.25}
    assert {float(x) for x in strategy.experimental_local_results(second)} == {3.0}
