"""Gradients that the caller has summed: optimizers apply them as they are."""

from __future__ import annotations

import pytest

import tensor as tf

SKIP = [
    {"skip_gradients_aggregation": True},
    {"experimental_aggregate_gradients": False},
]


@pytest.fixture(params=["eager", "traced"])
def run(request):
    def run_in(strategy, step):
        def call():
            return strategy.run(step)

        return tf.function(call)() if request.param == "traced" else call()

    return run_in


def trained(strategy, run, gradients, **how):
    """Return a variable after a step by SGD(1.0) with `gradients(replica)`."""
    with strategy.scope():
        weights = tf.Variable([[0.0, 0.0], [0.0, 0.0]])
        optimizer = tf.keras.optimizers.SGD(1.0)

    def step():
        replica = tf.distribute.get_replica_context()
        optimizer.apply_gradients([(gradients(replica), weights)], **how)

    run(strategy, step)
    return weights.numpy().tolist()


def own(replica):
    number = tf.cast(replica.replica_id_in_sync_group, tf.float32)
    return tf.fill([2, 2], 1.0 + number)


def summed(replica):
    return replica.all_reduce(tf.distribute.ReduceOp.SUM, own(replica))


def rows(replica, *, alike):
    number = tf.cast(replica.replica_id_in_sync_group, tf.float32)
    values = tf.fill([1, 2], 1.0 if alike else 1.0 + number)
    return tf.IndexedSlices(values, tf.constant([1]), tf.constant([2, 2]))


@pytest.fixture
def strategy():
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


@pytest.mark.parametrize("how", SKIP)
def test_summed_gradients_are_applied_once(strategy, run, how) -> None:
    assert trained(strategy, run, summed, **how) == [[-3.0, -3.0], [-3.0, -3.0]]
    assert trained(strategy, run, own) == [[-3.0, -3.0], [-3.0, -3.0]]


@pytest.mark.parametrize("how", SKIP)
def test_different_gradients_must_be_summed(strategy, run, how) -> None:
    with pytest.raises((ValueError, tf.errors.OpError), match="Sum them first"):
        trained(strategy, run, own, **how)


def test_slices_may_be_summed_by_the_caller_too(strategy, run) -> None:
    how = SKIP[0]
    alike = trained(strategy, run, lambda r: rows(r, alike=True), **how)
    assert alike == [[0.0, 0.0], [-1.0, -1.0]]
    with pytest.raises((ValueError, tf.errors.OpError), match="drift apart"):
        trained(strategy, run, lambda r: rows(r, alike=False), **how)


def test_a_gradient_on_some_replicas_alone_must_be_summed(strategy) -> None:
    with strategy.scope():
        one, other = tf.Variable(1.0), tf.Variable(1.0)
        optimizer = tf.keras.optimizers.SGD(1.0)

    def step(names):
        own = tf.distribute.get_replica_context().replica_id_in_sync_group
        missing = None if int(own) in names else tf.constant(1.0)
        pairs = [(missing, one), (tf.constant(1.0), other)]
        optimizer.apply_gradients(pairs, skip_gradients_aggregation=True)

    with pytest.warns(UserWarning, match="Gradients do not exist"):
        strategy.run(step, args=((0, 1),))
    assert (one.numpy(), other.numpy()) == (1.0, 0.0)
    with pytest.raises(ValueError, match="Only some replicas have a gradient"):
        strategy.run(step, args=((1,),))
