"""Strategies over real processes, started by `launcher.run`."""

import gc
import weakref
from typing import Any

import numpy as np
import pytest

import launcher

pytestmark = pytest.mark.multiprocess


def collect() -> dict[str, Any]:
    """What one process sees of a MirroredStrategy over all of them."""
    import tensor as tf

    strategy = tf.distribute.MirroredStrategy()
    with strategy.scope():
        # Every process draws its own numbers; the chief's count.
        rank = strategy.extended.process_id
        v = tf.Variable([float(rank), 10.0 + rank])
        total = tf.Variable(
            0.0,
            synchronization=tf.VariableSynchronization.ON_READ,
            aggregation=tf.VariableAggregation.SUM,
        )

    def replica(batch):
        context = tf.distribute.get_replica_context()
        total.assign_add(tf.reduce_sum(tf.cast(batch, tf.float32)))
        return context.replica_id_in_sync_group, context.all_reduce("sum", v)

    data = tf.data.Dataset.range(7).shuffle(7).batch(4)
    batches = list(strategy.experimental_distribute_dataset(data))
    ids, summed = zip(*[strategy.run(replica, args=(b,)) for b in batches], strict=True)
    return {
        "replicas": strategy.num_replicas_in_sync,
        "id": int(ids[0]),
        "sum": summed[0].numpy().tolist(),
        "examples": [b.numpy().tolist() for b in batches],
        "total": float(total.numpy()),
        "mean": float(strategy.reduce("MEAN", ids[0], axis=None)),
    }


@pytest.mark.parametrize("size", [2, 3])
def test_processes_are_replicas(size: int) -> None:
    results = launcher.run(collect, size)
    assert [r["id"] for r in results] == list(range(size))
    for result in results:
        assert result["replicas"] == size
        assert result["sum"] == [0.0, 10.0 * size]
        assert result["total"] == sum(range(7))
        assert result["mean"] == (size - 1) / 2
    seen = [i for r in results for batch in r["examples"] for i in batch]
    assert sorted(seen) == list(range(7))


def sharded() -> list[list[int]]:
    import tensor as tf

    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    data = tf.data.Dataset.range(7).map(lambda x: x * 10).batch(4)
    return [
        batch.numpy().tolist()
        for batch in strategy.experimental_distribute_dataset(data)
    ]


def test_workers_take_their_rows_of_every_batch() -> None:
    assert launcher.run(sharded, 2) == [
        [[0, 10], [40, 50]],
        [[20, 30], [60]],
    ]


def from_function() -> list[int]:
    import tensor as tf

    strategy = tf.distribute.MultiWorkerMirroredStrategy()

    def make(context):
        # The first worker has one batch more than the second.
        size = 3 if context.input_pipeline_id == 0 else 1
        return tf.data.Dataset.range(size).batch(1)

    data = strategy.distribute_datasets_from_function(make)
    return [int(tf.size(batch)) for batch in data]


def test_a_worker_without_data_gets_empty_batches() -> None:
    assert launcher.run(from_function, 2) == [[1, 1, 1], [1, 0, 0]]


def different_weights() -> None:
    import dist
    import tensor as tf

    strategy = tf.distribute.MirroredStrategy()
    with strategy.scope():
        v = tf.Variable(0.0, name="weight")
    v.assign(float(dist.init().rank))
    strategy.run(lambda: v.read_value())


def test_weights_that_differ_before_the_first_step_are_an_error() -> None:
    with pytest.raises(RuntimeError, match="weight:0"):
        launcher.run(different_weights, 2)


def more_variables_on_one() -> None:
    import tensor as tf

    strategy = tf.distribute.MirroredStrategy()
    with strategy.scope():
        kept = tf.Variable(0.0)
        strategy.run(kept.read_value)
        dropped = weakref.ref(tf.Variable(0.0))
        gc.collect()
        assert dropped() is None, "the strategy keeps a variable that nobody uses"
        if strategy.extended.process_id:
            strategy.extended.add(kept)  # as if it had made another, beside the chief
    strategy.run(kept.read_value)


def test_a_process_with_other_variables_than_the_rest_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="differ before the first step: their num"):
        launcher.run(more_variables_on_one, 2)


def gradients() -> list[Any]:
    import tensor as tf

    strategy = tf.distribute.MirroredStrategy()
    with strategy.scope():
        everywhere, nowhere, first = (tf.Variable([1.0, 2.0], name=n) for n in "abc")
        table = tf.Variable(tf.zeros([4, 2]), name="table")

    def replica():
        context = tf.distribute.get_replica_context()
        rank = context.replica_id
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(everywhere) * float(rank + 1)
            if rank == 0:
                y += tf.reduce_sum(first * 5.0)
            y += tf.reduce_sum(tf.gather(table, [rank, 3]))
        variables = [everywhere, nowhere, first, table]
        grads = tape.gradient(y, variables)
        return context.reduce_gradients(list(zip(grads, variables, strict=True)))

    with strategy.scope():
        reduced = strategy.run(replica)
    return [None if g is None else tf.convert_to_tensor(g).numpy() for g in reduced]


def test_gradients_are_summed_and_missing_ones_count_as_zeros() -> None:
    for everywhere, nowhere, first, table in launcher.run(gradients, 2):
        np.testing.assert_allclose(everywhere, [3.0, 3.0])
        assert nowhere is None
        np.testing.assert_allclose(first, [5.0, 5.0])
        np.testing.assert_allclose(table, [[1, 1], [1, 1], [0, 0], [2, 2]])
