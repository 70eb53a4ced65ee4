"""Where code stands: the state machine of scopes, replicas and merges."""

import pytest

import tensor as tf

TWO = ["CPU:0", "CPU:1"]


def test_outside_of_everything_the_default_replica_is_current() -> None:
    assert not tf.distribute.has_strategy()
    assert not tf.distribute.in_cross_replica_context()
    replica = tf.distribute.get_replica_context()
    assert replica.num_replicas_in_sync == 1
    assert type(replica.replica_id_in_sync_group) is int
    assert replica.strategy is tf.distribute.get_strategy()


def test_scope_is_across_replicas_and_ends_with_the_block() -> None:
    strategy = tf.distribute.MirroredStrategy(TWO)
    with strategy.scope() as entered:
        assert entered is strategy
        assert tf.distribute.get_strategy() is strategy
        assert tf.distribute.in_cross_replica_context()
        assert tf.distribute.get_replica_context() is None
    assert not tf.distribute.has_strategy()


def test_scope_ends_when_an_exception_leaves_it() -> None:
    strategy = tf.distribute.MirroredStrategy(TWO)
    with pytest.raises(KeyError), strategy.scope():
        raise KeyError
    assert not tf.distribute.has_strategy()


def test_run_enters_each_replica_and_merge_call_leaves_it() -> None:
    strategy = tf.distribute.MirroredStrategy(TWO)
    seen = []

    def merged(across, ids):
        assert across is strategy
        assert tf.distribute.in_cross_replica_context()
        return strategy.experimental_local_results(ids)

    def replica():
        context = tf.distribute.get_replica_context()
        assert tf.distribute.get_strategy() is strategy
        seen.append(int(context.replica_id_in_sync_group))
        ids = context.merge_call(merged, args=(context.replica_id_in_sync_group,))
        assert tf.distribute.get_replica_context() is context
        return [int(i) for i in ids]

    assert strategy.run(replica) == [0, 1]
    assert seen == [0, 1]


def test_scopes_of_two_strategies_do_not_mix() -> None:
    one, other = (tf.distribute.MirroredStrategy(TWO) for _ in range(2))
    with (
        one.scope(),
        pytest.raises(RuntimeError, match="Mixing different"),
        other.scope(),
    ):
        pass


def test_the_default_scope_is_not_for_inside_of_others() -> None:
    default = tf.distribute.get_strategy()
    with default.scope():
        assert not tf.distribute.has_strategy()
    with (
        tf.distribute.MirroredStrategy(TWO).scope(),
        pytest.raises(RuntimeError, match="Must not nest"),
        default.scope(),
    ):
        pass


def test_scope_inside_a_replica_is_refused() -> None:
    strategy = tf.distribute.MirroredStrategy(TWO)

    def replica():
        with strategy.scope():
            pass

    with pytest.raises(RuntimeError, match=r"inside strategy\.run"):
        strategy.run(replica)


def test_an_exception_in_one_replica_is_raised_and_ends_the_others() -> None:
    strategy = tf.distribute.MirroredStrategy(TWO)

    def replica():
        context = tf.distribute.get_replica_context()
        if context.replica_id == 1:
            raise ValueError("replica 1 has had enough")
        return context.all_reduce("sum", tf.constant(1.0))

    with pytest.raises(ValueError, match="had enough"):
        strategy.run(replica)
    assert not tf.distribute.has_strategy()


def test_replicas_must_merge_equally_often() -> None:
    strategy = tf.distribute.MirroredStrategy(TWO)

    def replica():
        context = tf.distribute.get_replica_context()
        if context.replica_id == 1:
            context.all_reduce("sum", tf.constant(1.0))

    with pytest.raises(RuntimeError, match=r"Replica\(s\) \[0\] finished"):
        strategy.run(replica)


def test_args_must_be_a_list_or_tuple() -> None:
    strategy = tf.distribute.MirroredStrategy(TWO)
    with pytest.raises(ValueError, match="must be a list or tuple"):
        strategy.run(tf.identity, args=tf.constant(1.0))


def test_experimental_set_strategy_holds_until_it_is_taken_back() -> None:
    strategy = tf.distribute.MirroredStrategy(TWO)
    tf.distribute.experimental_set_strategy(strategy)
    try:
        assert tf.distribute.get_strategy() is strategy
    finally:
        tf.distribute.experimental_set_strategy(None)
    assert not tf.distribute.has_strategy()
    with (
        strategy.scope(),
        pytest.raises(RuntimeError, match="Must not be called inside"),
    ):
        tf.distribute.experimental_set_strategy(None)


def test_tpu_strategy_says_that_there_are_none() -> None:
    with pytest.raises(NotImplementedError, match="needs TPUs"):
        tf.distribute.TPUStrategy()


def test_wrong_devices_are_refused() -> None:
    for devices, message in ((["disk:0"], "Unknown attribute"), ([], "empty")):
        with pytest.raises(ValueError, match=message):
            tf.distribute.MirroredStrategy(devices)
    with pytest.raises(AssertionError, match="No duplicates allowed in `devices`"):
        tf.distribute.MirroredStrategy(["CPU:0", "/cpu:0"])
    with pytest.raises(ValueError, match="Unknown attribute 'disk:0'"):
        tf.distribute.OneDeviceStrategy("disk:0")


def test_devices_may_have_their_full_names() -> None:
    devices = [f"/job:localhost/replica:0/task:0/device:CPU:{i}" for i in range(2)]
    strategy = tf.distribute.MirroredStrategy(devices)
    assert strategy.extended.worker_devices == tuple(devices)
