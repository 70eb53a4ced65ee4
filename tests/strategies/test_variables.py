"""Variables under a strategy, as measured on TensorFlow with two replicas."""

import copy

import numpy as np
import pytest

import tensor as tf

ON_READ = tf.VariableSynchronization.ON_READ
Aggregation = tf.VariableAggregation


@pytest.fixture
def strategy():
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


def make(strategy, initial=1.0, **options):
    with strategy.scope():
        return tf.Variable(initial, **options)


def assign_id(variable):
    """Assign this replica's number plus one."""
    replica_id = tf.distribute.get_replica_context().replica_id
    variable.assign_add(float(replica_id + 1))
    return variable.read_value()


@pytest.mark.parametrize(
    ("aggregation", "expected"),
    [
        (Aggregation.MEAN, 2.5),
        (Aggregation.SUM, 4.0),
        (Aggregation.ONLY_FIRST_REPLICA, 2.0),
    ],
)
def test_assigning_in_replicas_aggregates(strategy, aggregation, expected) -> None:
    v = make(strategy, aggregation=aggregation)
    local = strategy.run(assign_id, args=(v,))
    assert [float(x) for x in strategy.experimental_local_results(local)] == [
        expected,
        expected,
    ]
    assert v.numpy() == expected


def test_different_values_without_aggregation_are_refused(strategy) -> None:
    v = make(strategy)
    with pytest.raises(ValueError, match="drift apart"):
        strategy.run(assign_id, args=(v,))
    strategy.run(lambda: v.assign(5.0) and None)
    assert v.numpy() == 5.0


def test_assigning_across_replicas_reaches_all(strategy) -> None:
    v = make(strategy)
    v.assign(7.0)
    values = strategy.run(lambda: v.read_value())
    assert [float(x) for x in strategy.experimental_local_results(values)] == [7.0, 7.0]


def test_mean_of_integers_is_refused_at_creation(strategy) -> None:
    with pytest.raises(ValueError, match="mean of integers"):
        make(strategy, initial=1, aggregation=Aggregation.MEAN)


def test_on_read_sum_keeps_a_value_for_each_replica(strategy) -> None:
    v = make(strategy, 0.0, synchronization=ON_READ, aggregation=Aggregation.SUM)
    assert v.trainable is False
    local = strategy.run(assign_id, args=(v,))
    assert [float(x) for x in strategy.experimental_local_results(local)] == [1.0, 2.0]
    assert v.numpy() == 3.0
    assert float(v.read_value()) == 3.0
    assert float(v + 0.0) == 3.0
    np.testing.assert_allclose(np.asarray(v), 3.0)


def test_on_read_sum_divides_what_is_assigned_across(strategy) -> None:
    v = make(strategy, 0.0, synchronization=ON_READ, aggregation=Aggregation.SUM)
    v.assign(10.0)
    parts = strategy.run(lambda: v.read_value())
    assert [float(x) for x in strategy.experimental_local_results(parts)] == [5.0, 5.0]
    assert v.numpy() == 10.0
    with pytest.raises(ValueError, match="does not support"):
        v.assign_add(1.0)


def test_on_read_mean_and_first(strategy) -> None:
    mean = make(strategy, 0.0, synchronization=ON_READ, aggregation=Aggregation.MEAN)
    first = make(
        strategy,
        0.0,
        synchronization=ON_READ,
        aggregation=Aggregation.ONLY_FIRST_REPLICA,
    )
    for v in (mean, first):
        strategy.run(assign_id, args=(v,))
    assert mean.numpy() == 1.5
    assert first.numpy() == 1.0


def test_on_read_without_aggregation_has_no_value_across(strategy) -> None:
    v = make(strategy, 0.0, synchronization=ON_READ)
    with pytest.raises(ValueError, match="no rule for combining"):
        v.numpy()
    assert float(v.local_value()) == 0.0


def test_variables_know_their_strategy(strategy) -> None:
    v = make(strategy)
    assert v.distribute_strategy is strategy
    assert strategy.extended.variable_created_in_scope(v)
    assert not strategy.extended.variable_created_in_scope(tf.Variable(1.0))


def test_a_variable_created_in_replicas_is_one_variable(strategy) -> None:
    made = []

    def replica():
        if len(made) < 2:
            made.append(tf.Variable(float(len(made))))
        return made[0].read_value()

    strategy.run(replica)
    assert made[0] is made[1]


def test_gradients_flow_to_variables_in_replicas(strategy) -> None:
    v = make(strategy, 2.0)

    def replica():
        weight = float(tf.distribute.get_replica_context().replica_id + 1)
        with tf.GradientTape() as tape:
            y = v * v * weight
        return tape.gradient(y, v)

    grads = strategy.experimental_local_results(strategy.run(replica))
    assert [float(g) for g in grads] == [4.0, 8.0]


def test_replicas_that_build_something_together_build_it_once() -> None:
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    built = []
    owns = []

    def replica():
        if not built:
            built.append(tf.Variable(1.0, name="shared"))
        own = tf.Variable(2.0, name="own")
        owns.append(own)
        return built[0] + own, own.name

    sums, names = strategy.run(replica)
    assert [float(x) for x in strategy.experimental_local_results(sums)] == [3.0, 3.0]
    assert names == "own:0"
    assert len(built) == 1
    assert owns[0] is owns[1]


@pytest.mark.parametrize("traced", [False, True])
def test_one_value_for_all_replicas_has_no_sum(strategy, traced) -> None:
    v = make(strategy, aggregation=Aggregation.SUM)

    def add(x):
        v.assign_add(x)

    with pytest.raises(ValueError, match="A non-DistributedValues value"):
        strategy.run(tf.function(add) if traced else add, args=(5.0,))
    strategy.run(lambda: add(tf.constant(5.0)))
    assert v.numpy() == 11.0


def test_variables_show_the_devices_and_names_of_their_replicas(strategy) -> None:
    cpu = "/job:localhost/replica:0/task:0/device:CPU:"
    mirrored = make(strategy, name="v")
    for v in (mirrored, make(strategy, name="v", synchronization=ON_READ)):
        assert v.device == cpu + "0"
        assert [part.device for part in v.values] == [cpu + "0", cpu + "1"]
        assert [part.name for part in v.values] == ["v:0", "v/replica_1:0"]
        assert strategy.run(lambda v=v: v.device).values == (cpu + "0", cpu + "1")
    mirrored.values[1].assign(3.0)
    assert mirrored.numpy() == 3.0


def test_one_device_and_central_storage_show_plain_variables() -> None:
    one = tf.distribute.OneDeviceStrategy("CPU:1")
    central = tf.distribute.experimental.CentralStorageStrategy(["CPU:0", "CPU:1"])
    for strategy, device in ((one, "CPU:1"), (central, "CPU:0")):
        v = make(strategy)
        assert v.device.endswith(device)
        assert repr(v) == "<tf.Variable 'Variable:0' shape=() dtype=float32, numpy=1.0>"


def test_what_replicas_create_is_one_variable_by_its_name(strategy) -> None:
    def numbered():
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        return tf.Variable(1.0, name=f"foo_{int(replica)}")

    assert strategy.run(numbered).name == "foo_0:0"

    def different():
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        return tf.Variable(1.0, name="ab"[int(replica)])

    with pytest.raises(RuntimeError, match="b with mismatching name on device 1"):
        strategy.run(different)


def test_an_on_read_assignment_gives_each_replica_its_own_part(strategy) -> None:
    v = make(strategy, 0.0, synchronization=ON_READ, aggregation=Aggregation.SUM)

    def assign():
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        return v.assign(tf.cast(replica, tf.float32) + 1.0)

    parts = strategy.experimental_local_results(strategy.run(assign))
    assert [float(part) for part in parts] == [1.0, 2.0]


def test_copying_a_variable_gives_the_variable(strategy) -> None:
    for v in (make(strategy), tf.Variable(1.0)):
        assert copy.copy(v) is v


def test_averages_of_variables_move_in_replicas(strategy) -> None:
    v = make(strategy, 0.0)
    average = tf.train.ExponentialMovingAverage(0.5)

    def step():
        average.apply([v])
        v.assign(4.0)
        average.apply([v])

    strategy.run(step)
    assert average.average(v).numpy() == 2.0
