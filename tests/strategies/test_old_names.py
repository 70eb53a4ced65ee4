"""Names that old scripts use, and options that are accepted."""

import numpy as np
import pytest

import tensor as tf

distribute = tf.distribute


@pytest.fixture
def strategy():
    return distribute.MirroredStrategy(["CPU:0", "CPU:1"])


def numbers(values) -> list:
    return [v.numpy().tolist() for v in values]


def test_old_ways_to_run_and_to_read_data(strategy) -> None:
    data = tf.data.Dataset.range(4).batch(4)
    iterator = strategy.make_dataset_iterator(data)
    doubled = strategy.experimental_run(lambda x: x * 2, iterator)
    assert numbers(strategy.unwrap(doubled)) == [[0, 2], [4, 6]]
    assert strategy.experimental_run(lambda: 3) == 3
    assert strategy.experimental_run_v2(lambda x: x, args=(3,)) == 3
    iterator = strategy.make_input_fn_iterator(lambda _: tf.data.Dataset.range(2))
    assert numbers(strategy.unwrap(next(iterator))) == [0, 1]
    rows = strategy.experimental_make_numpy_dataset(np.arange(3))
    assert numbers(rows) == [0, 1, 2]


def test_what_sessions_needed_does_nothing(strategy) -> None:
    assert strategy.configure(session_config=None) is None
    assert strategy.update_config_proto("config") == "config"
    with strategy.scope():
        variable = tf.Variable(1.0)
    with strategy.colocate_vars_with(variable):
        pass
    assert strategy.group(variable) is variable


def test_reductions_by_hand(strategy) -> None:
    extended = strategy.extended
    with strategy.scope():
        variable = tf.Variable(1.0)
    ids = strategy.run(
        lambda: tf.cast(
            distribute.get_replica_context().replica_id_in_sync_group, tf.float32
        )
    )
    total = extended.reduce_to("SUM", ids, variable)
    assert numbers(total.values) == [1.0, 1.0]
    (mean,) = extended.batch_reduce_to("MEAN", [(ids, variable)])
    assert numbers(mean.values) == [0.5, 0.5]
    assert numbers(extended.broadcast_to(tf.constant(2.0), variable).values) == [2, 2]
    add = lambda v, x: v.assign_add(x)  # noqa: E731
    extended.update(variable, add, args=(total,))
    assert float(variable) == 2.0
    assert extended.update(variable, lambda _, x: x, args=(3,), group=False) == (3, 3)
    assert extended.non_slot_devices([variable]) == extended.parameter_devices
    assert not extended.experimental_between_graph
    assert not extended.experimental_require_static_shapes
    assert float(extended.read_var(variable)) == 2.0
    assert extended.value_container(variable) is variable


def test_what_replicas_get_from_a_merge_is_theirs(strategy) -> None:
    def step():
        replica = distribute.get_replica_context()
        return replica.merge_call(
            lambda across, x: across.extended.reduce_to("SUM", x, x),
            args=(tf.constant(1.0),),
        )

    parts = strategy.experimental_local_results(strategy.run(step))
    assert [float(part) for part in parts] == [2.0, 2.0]


def test_variables_of_no_strategy_belong_to_the_default_one(strategy) -> None:
    default = distribute.get_strategy().extended
    plain = tf.Variable(1.0)
    with strategy.scope():
        mirrored = tf.Variable(1.0)
    assert default.variable_created_in_scope(plain)
    assert not default.variable_created_in_scope(mirrored)
    assert strategy.extended.variable_created_in_scope(mirrored)


def test_options_print_as_in_tensorflow() -> None:
    options = distribute.experimental.CollectiveHints(1, 2.0)
    assert repr(options) == (
        "Options(bytes_per_pack=1,timeout_seconds=2.0, "
        "implementation=CommunicationImplementation.AUTO)"
    )
    assert repr(distribute.InputOptions()) == (
        "InputOptions(experimental_fetch_to_device=True, "
        "experimental_replication_mode=<InputReplicationMode.PER_WORKER: "
        "'PER_WORKER'>, experimental_place_dataset_on_device=False, "
        "experimental_per_replica_buffer_size=1)"
    )
    assert not distribute.RunOptions(False).experimental_enable_dynamic_batch_size
    with pytest.raises(TypeError, match="unexpected keyword"):
        distribute.RunOptions(speed="fast")
    assert repr(distribute.experimental.ValueContext(1, 2)) == (
        "tf.distribute.ValueContext(replica id 1,  total replicas in sync: 2)"
    )
    assert repr(distribute.InputContext(2, 1, 4)) == (
        "tf.distribute.InputContext(input pipeline id 1, total: 2)"
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: distribute.experimental.CommunicationOptions(bytes_per_pack=-1),
            "must be >=0, Received -1",
        ),
        (lambda: distribute.NcclAllReduce(-1), "requires num_packs >= 0"),
        (lambda: distribute.HierarchicalCopyAllReduce(-1), "requires num_packs >= 0"),
        (
            lambda: distribute.ReduceOp.from_variable_aggregation(
                tf.VariableAggregation.ONLY_FIRST_REPLICA
            ),
            "Could not convert",
        ),
        (
            lambda: distribute.InputContext(2, 1, 4).get_per_replica_batch_size(6),
            "not divisible",
        ),
    ],
)
def test_options_that_cannot_be(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_reduce_op_from_aggregation() -> None:
    found = distribute.ReduceOp.from_variable_aggregation(tf.VariableAggregation.MEAN)
    assert found is distribute.ReduceOp.MEAN


def test_the_experimental_class_is_the_new_one_with_other_arguments() -> None:
    auto = distribute.experimental.CollectiveCommunication.AUTO
    strategy = distribute.experimental.MultiWorkerMirroredStrategy(auto)
    assert isinstance(strategy, distribute.MultiWorkerMirroredStrategy)
    assert strategy.num_replicas_in_sync == 1
    assert strategy.cluster_resolver.task_type is None


def test_central_storage_has_one_replica_by_default() -> None:
    central = distribute.experimental.CentralStorageStrategy
    assert central().num_replicas_in_sync == 1
    assert central(["cpu:0", "cpu:1"]).num_replicas_in_sync == 2


def test_losses_that_average_are_refused_in_loops_of_ones_own(strategy) -> None:
    loss = tf.keras.losses.MeanSquaredError()
    x = tf.ones([2, 1])
    with pytest.raises(ValueError, match=r"Reduction.SUM` or `tf.keras.losses"):
        strategy.run(lambda: loss(x, x * 2.0))
    total = tf.keras.losses.MeanSquaredError(reduction="sum")
    assert numbers(strategy.unwrap(strategy.run(lambda: total(x, x * 2.0)))) == [2, 2]
    with strategy.scope():
        model = tf.keras.Sequential([tf.keras.layers.Dense(1, input_shape=(1,))])
        model.compile("sgd", loss)
    model.fit(x, x, verbose=0)
