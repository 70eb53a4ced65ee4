"""From global batches to what each replica gets."""

import tempfile

import pytest

import tensor as tf


@pytest.fixture
def strategy():
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


def parts(strategy, dataset):
    """All batches, as lists by replica."""
    return [
        [part.numpy().tolist() for part in strategy.experimental_local_results(batch)]
        for batch in strategy.experimental_distribute_dataset(dataset)
    ]


@pytest.mark.parametrize(
    ("size", "batch", "expected"),
    [
        (8, 4, [[[0, 1], [2, 3]], [[4, 5], [6, 7]]]),
        (5, 4, [[[0, 1], [2, 3]], [[4], []]]),
        (3, 3, [[[0, 1], [2]]]),
        (1, 2, [[[0], []]]),
    ],
)
def test_batches_are_split_in_order(strategy, size, batch, expected) -> None:
    assert parts(strategy, tf.data.Dataset.range(size).batch(batch)) == expected


def test_every_example_comes_once_for_any_number_of_replicas() -> None:
    for replicas in (1, 2, 3, 5):
        strategy = tf.distribute.MirroredStrategy([f"CPU:{i}" for i in range(replicas)])
        data = tf.data.Dataset.range(23).shuffle(23).batch(4).prefetch(1)
        seen = [i for batch in parts(strategy, data) for part in batch for i in part]
        assert sorted(seen) == list(range(23))


def test_structures_are_split_leaf_by_leaf(strategy) -> None:
    data = tf.data.Dataset.from_tensor_slices({"x": [1, 2, 3], "y": [4.0, 5.0, 6.0]})
    (batch,) = strategy.experimental_distribute_dataset(data.batch(4))
    second = strategy.experimental_local_results(batch)[1]
    assert second["x"].numpy().tolist() == [3]
    assert second["y"].numpy().tolist() == [6.0]


def test_an_unbatched_dataset_is_refused(strategy) -> None:
    with pytest.raises(ValueError, match="batch the dataset by the global batch size"):
        strategy.experimental_distribute_dataset(tf.data.Dataset.range(3))
    with pytest.raises(ValueError, match=r"takes a tf\.data\.Dataset"):
        strategy.experimental_distribute_dataset([1, 2])


def test_iterators_end_as_tensorflow_s(strategy) -> None:
    data = strategy.experimental_distribute_dataset(tf.data.Dataset.range(2).batch(2))
    iterator = iter(data)
    next(iterator)
    with pytest.raises(tf.errors.OutOfRangeError, match="End of sequence"):
        iterator.get_next()
    with pytest.raises(StopIteration):
        next(iterator)


def test_a_dataset_function_makes_per_replica_batches(strategy) -> None:
    contexts = []

    def make(context):
        contexts.append(context)
        size = context.get_per_replica_batch_size(4)
        return tf.data.Dataset.range(5).batch(size)

    data = strategy.distribute_datasets_from_function(make)
    batches = [
        [p.numpy().tolist() for p in strategy.experimental_local_results(b)]
        for b in data
    ]
    assert batches == [[[0, 1], [2, 3]], [[4], []]]
    assert contexts[0].num_input_pipelines == 1
    assert contexts[0].num_replicas_in_sync == 2
    with pytest.raises(ValueError, match="not divisible"):
        contexts[0].get_per_replica_batch_size(3)


def test_reduce_goes_over_all_batches(strategy) -> None:
    data = strategy.experimental_distribute_dataset(tf.data.Dataset.range(4).batch(2))
    total = data.reduce(
        0, lambda state, x: state + int(strategy.reduce("SUM", x, axis=0))
    )
    assert total == 6


def test_each_replica_may_have_a_dataset_of_its_own(strategy) -> None:
    def make(context):
        first = 10 * context.input_pipeline_id
        size = 3 - context.input_pipeline_id
        assert context.num_input_pipelines == context.num_replicas_in_sync == 2
        return tf.data.Dataset.range(first, first + size).batch(1)

    mode = tf.distribute.InputReplicationMode.PER_REPLICA
    options = tf.distribute.InputOptions(experimental_replication_mode=mode)
    data = strategy.distribute_datasets_from_function(make, options)
    assert data.cardinality == 3
    iterator = iter(data)
    position = tf.train.Checkpoint(iterator=iterator)

    def rest():
        return [[p.numpy().tolist() for p in batch.values] for batch in iterator]

    next(iterator)
    saved = position.save(tempfile.mkdtemp() + "/c")
    assert rest() == [[[1], [11]], [[2], []]]
    position.restore(saved)
    assert rest() == [[[1], [11]], [[2], []]]
    with pytest.raises(NotImplementedError, match="PER_REPLICA is only supported in"):
        strategy.experimental_distribute_dataset(
            tf.data.Dataset.range(2).batch(2), options
        )


def test_the_number_of_global_batches_is_known(strategy) -> None:
    data = tf.data.Dataset.range(5).batch(4)
    assert strategy.experimental_distribute_dataset(data).cardinality == 2
    endless = strategy.experimental_distribute_dataset(data.repeat())
    assert endless.cardinality == tf.data.INFINITE_CARDINALITY
