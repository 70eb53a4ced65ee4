"""Values of several replicas in traced functions, and gradients between replicas."""

from typing import Any

import numpy as np
import pytest

import tensor as tf


@pytest.fixture
def strategy():
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


def rows(strategy: Any, count: int, size: int, **options: Any) -> list[list[list[int]]]:
    data = tf.data.Dataset.range(count).batch(size, **options)
    return [
        [part.numpy().tolist() for part in strategy.experimental_local_results(batch)]
        for batch in strategy.experimental_distribute_dataset(data)
    ]


# What TensorFlow gives two replicas.
@pytest.mark.parametrize(
    ("count", "size", "expected"),
    [
        (8, 5, [[[0, 1, 2], [3, 4]], [[5, 6], [7]]]),
        (9, 6, [[[0, 1, 2], [3, 4, 5]], [[6, 7], [8]]]),
        (5, 4, [[[0, 1], [2, 3]], [[4], []]]),
        (4, 5, [[[0, 1], [2, 3]]]),
        (3, 3, [[[0, 1], [2]]]),
    ],
)
def test_a_batch_is_shared_evenly_the_last_one_too(
    strategy, count, size, expected
) -> None:
    assert rows(strategy, count, size) == expected


def test_batches_need_not_come_from_batch(strategy) -> None:
    data = tf.data.Dataset.from_tensor_slices([[1, 2, 3], [4, 5, 6]])
    found = [
        [part.numpy().tolist() for part in batch.values]
        for batch in strategy.experimental_distribute_dataset(data)
    ]
    assert found == [[[1, 2], [3]], [[4, 5], [6]]]


def distributed(strategy: Any, drop_remainder: bool = False) -> Any:
    data = tf.data.Dataset.range(5).batch(4, drop_remainder=drop_remainder)
    return strategy.experimental_distribute_dataset(data)


def test_the_spec_of_batches_has_one_for_each_replica(strategy) -> None:
    assert repr(distributed(strategy).element_spec) == (
        "PerReplicaSpec(TensorSpec(shape=(None,), dtype=tf.int64, name=None), "
        "TensorSpec(shape=(None,), dtype=tf.int64, name=None))"
    )
    even = distributed(strategy, drop_remainder=True).element_spec
    assert even.composite_components()[0].shape == (2,)


def sums(strategy: Any, batch: Any) -> Any:
    parts = strategy.run(tf.reduce_sum, args=(batch,))
    return strategy.reduce("SUM", parts, axis=None)


def test_batches_go_in_and_out_of_traced_functions(strategy) -> None:
    traces = []

    @tf.function(reduce_retracing=True)
    def double(batch):
        traces.append(batch)
        return strategy.run(lambda x: x * 2, args=(batch,))

    data = distributed(strategy)
    found = [[p.numpy().tolist() for p in double(b).values] for b in (*data, *data)]
    assert found == [[[0, 2], [4, 6]], [[8], []]] * 2
    assert len(traces) <= 2


def test_the_spec_serves_as_a_signature(strategy) -> None:
    data = distributed(strategy)
    total = tf.function(
        lambda batch: sums(strategy, batch), input_signature=[data.element_spec]
    )
    assert [int(total(batch)) for batch in data] == [6, 4]


def test_iterators_move_on_in_traced_functions(strategy) -> None:
    data = distributed(strategy)
    iterator = iter(data)
    step = tf.function(lambda: sums(strategy, next(iterator)))
    assert [int(step()), int(step())] == [6, 4]
    with pytest.raises(tf.errors.OutOfRangeError):
        step()

    @tf.function
    def second():
        inside = iter(data)
        next(inside)
        return sums(strategy, next(inside))

    @tf.function
    def everything():
        total = tf.constant(0, tf.int64)
        for batch in data:
            total += sums(strategy, batch)
        return total

    for _ in range(2):
        assert int(second()) == 4
        assert int(everything()) == 10


def test_optionals_hold_values_of_replicas(strategy) -> None:
    iterator = iter(distributed(strategy))
    batches = [iterator.get_next_as_optional() for _ in range(3)]
    assert [bool(b.has_value()) for b in batches] == [True, True, False]
    assert [p.numpy().tolist() for p in batches[0].get_value().values] == [
        [0, 1],
        [2, 3],
    ]
    with pytest.raises(tf.errors.OutOfRangeError):
        iterator.get_next()


def test_where_a_tensor_is_needed_values_of_replicas_are_refused(strategy) -> None:
    ids = strategy.run(
        lambda: tf.distribute.get_replica_context().replica_id_in_sync_group
    )
    with pytest.raises(ValueError, match="using a PerReplica object while not inside"):
        tf.add(ids, 1)
    assert isinstance(ids, tf.types.experimental.distributed.PerReplica)
    assert str(ids) == (
        "PerReplica:{\n  0: tf.Tensor(0, shape=(), dtype=int32),\n"
        "  1: tf.Tensor(1, shape=(), dtype=int32)\n}"
    )


# ---- gradients


@pytest.mark.parametrize("traced", [False, True])
def test_gradients_of_gathered_values_are_summed(strategy, traced: bool) -> None:
    def replica():
        context = tf.distribute.get_replica_context()
        number = tf.cast(context.replica_id_in_sync_group + 1, tf.float32)
        x = tf.constant([[1.0, 2.0]]) * number
        with tf.GradientTape() as tape:
            tape.watch(x)
            both = context.all_gather(x, axis=0)
            loss = number * tf.reduce_sum(both * [[1.0, 2.0], [3.0, 4.0]])
        return tape.gradient(loss, x)

    step = lambda: strategy.run(replica)  # noqa: E731
    grads = (tf.function(step) if traced else step)().values
    np.testing.assert_allclose(grads[0], [[3.0, 6.0]])
    np.testing.assert_allclose(grads[1], [[9.0, 12.0]])


def test_a_tape_outside_sees_what_all_replicas_do(strategy) -> None:
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = strategy.run(
            lambda: tf.distribute.get_replica_context().all_reduce("sum", x * x)
        )
        total = strategy.reduce("SUM", y, axis=None)
    assert float(total) == 36.0
    assert float(tape.gradient(total, x)) == 24.0


def test_a_replicas_tape_cannot_be_used_outside(strategy) -> None:
    x = tf.constant(3.0)
    kept = []

    def replica():
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.distribute.get_replica_context().all_reduce("sum", x)
        kept.append((tape, y))

    strategy.run(replica)
    tape, y = kept[0]
    with pytest.raises(RuntimeError, match=r"outside of the replica"):
        tape.gradient(y, x)


# ---- where calls are refused


def test_replicas_do_not_run_replicas(strategy) -> None:
    with pytest.raises(RuntimeError, match="requires being in cross-replica context"):
        strategy.run(lambda: strategy.run(lambda: 1))


@pytest.mark.parametrize(
    "function", [tf.nn.compute_average_loss, tf.nn.scale_regularization_loss]
)
def test_losses_are_averaged_in_replicas_only(strategy, function) -> None:
    with strategy.scope(), pytest.raises(RuntimeError, match="in cross replica con"):
        function(tf.constant([1.0]))


def test_plain_values_count_for_every_replica_along_an_axis(strategy) -> None:
    value = tf.constant([2.0, 3.0])
    assert float(strategy.reduce("SUM", value, axis=0)) == 10.0
    assert float(strategy.reduce("MEAN", value, axis=0)) == 2.5
    matrix = strategy.run(lambda: tf.ones([2, 3]))
    assert float(strategy.reduce("SUM", matrix, axis=(0, 1))) == 12.0
    with pytest.raises(ValueError, match="Invalid reduction dimension 2"):
        strategy.reduce("SUM", matrix, axis=2)
    assert strategy.gather(value, axis=0).shape == (2,)
