"""Per-replica values, and what bringing them together gives."""

import numpy as np
import pytest

import tensor as tf


@pytest.fixture
def strategy():
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


def vectors(strategy):
    """[0, 1, 2] on replica 0 and [1, 2, 3] on replica 1."""

    def replica():
        offset = tf.distribute.get_replica_context().replica_id
        return tf.range(3.0) + float(offset)

    return strategy.run(replica)


@pytest.mark.parametrize(
    ("how", "axis", "expected"),
    [
        ("SUM", None, [1.0, 3.0, 5.0]),
        ("mean", None, [0.5, 1.5, 2.5]),
        (tf.distribute.ReduceOp.SUM, 0, 9.0),
        (tf.distribute.ReduceOp.MEAN, 0, 1.5),
        ("SUM", -1, 9.0),
    ],
)
def test_reduce(strategy, how, axis, expected) -> None:
    np.testing.assert_allclose(
        strategy.reduce(how, vectors(strategy), axis=axis), expected
    )


def test_mean_along_an_axis_weights_by_length(strategy) -> None:
    def replica():
        replica_id = tf.distribute.get_replica_context().replica_id
        return tf.fill([1 + 2 * replica_id], float(replica_id))

    mean = strategy.reduce("MEAN", strategy.run(replica), axis=0)
    np.testing.assert_allclose(mean, 3 / 4)


def test_mean_of_integers_is_float64(strategy) -> None:
    ids = strategy.run(
        lambda: tf.distribute.get_replica_context().replica_id_in_sync_group
    )
    mean = strategy.reduce("MEAN", ids, axis=None)
    assert mean.dtype == tf.float64
    assert float(mean) == 0.5


@pytest.mark.parametrize(
    ("dtype", "mean"),
    [("int8", "float32"), ("uint16", "float32"), ("int32", "float64")],
)
def test_the_mean_of_integers_is_a_float(strategy, dtype, mean) -> None:
    value = strategy.run(lambda: tf.constant(3, dtype))
    assert strategy.reduce("MEAN", value, axis=None).dtype == mean


def test_reduce_keeps_structure(strategy) -> None:
    value = strategy.run(lambda: {"a": tf.constant(1.0), "b": [tf.constant(2.0)]})
    reduced = strategy.reduce("SUM", value, axis=None)
    assert float(reduced["a"]) == 2.0
    assert float(reduced["b"][0]) == 4.0


def test_reduce_refuses_what_cannot_be_reduced(strategy) -> None:
    with pytest.raises(ValueError, match="not per-replica"):
        strategy.reduce("SUM", tf.constant(1.0), axis=None)
    with pytest.raises(ValueError, match="Scalars are reduced with axis=None"):
        strategy.reduce("SUM", strategy.run(lambda: tf.constant(1.0)), axis=0)
    with pytest.raises(ValueError, match="not a valid ReduceOp"):
        strategy.reduce("MAX", vectors(strategy), axis=None)
    with pytest.raises(TypeError):
        strategy.reduce("SUM", vectors(strategy))
    with pytest.raises(RuntimeError, match="called in a replica"):
        strategy.run(lambda: strategy.reduce("SUM", tf.constant(1.0), axis=None))


def test_mean_of_a_plain_value_is_the_value(strategy) -> None:
    assert float(strategy.reduce("MEAN", tf.constant(3.0), axis=None)) == 3.0


def test_gather_joins_values_of_different_length(strategy) -> None:
    def replica():
        replica_id = tf.distribute.get_replica_context().replica_id
        return tf.fill([replica_id + 1, 2], replica_id)

    joined = strategy.gather(strategy.run(replica), axis=0)
    np.testing.assert_array_equal(joined, [[0, 0], [1, 1], [1, 1]])
    with pytest.raises(ValueError, match="Can't concatenate scalars"):
        strategy.gather(strategy.run(lambda: tf.constant(1)), axis=0)
    with pytest.raises(RuntimeError, match="called in a replica"):
        strategy.run(lambda: strategy.gather(tf.zeros([1]), axis=0))


def test_all_reduce_and_all_gather_in_a_replica(strategy) -> None:
    def replica():
        context = tf.distribute.get_replica_context()
        x = tf.constant([float(context.replica_id)])
        total = context.all_reduce("sum", {"x": x, "y": [2.0 * x]})
        return total["x"], total["y"][0], context.all_gather(x, axis=0)

    results = strategy.run(replica)
    for part in range(2):
        x, y, both = (strategy.experimental_local_results(r)[part] for r in results)
        np.testing.assert_allclose(x, [1.0])
        np.testing.assert_allclose(y, [2.0])
        np.testing.assert_allclose(both, [0.0, 1.0])


def test_all_gather_refuses_scalars_and_slices(strategy) -> None:
    def scalar():
        tf.distribute.get_replica_context().all_gather(tf.constant(1.0), axis=0)

    def slices():
        value = tf.IndexedSlices(tf.zeros([1, 2]), tf.constant([0]))
        tf.distribute.get_replica_context().all_gather(value, axis=0)

    with pytest.raises(ValueError, match="scalar cannot be joined"):
        strategy.run(scalar)
    with pytest.raises(NotImplementedError, match="IndexedSlices"):
        strategy.run(slices)


def test_all_reduce_joins_indexed_slices(strategy) -> None:
    def replica():
        context = tf.distribute.get_replica_context()
        row = context.replica_id
        value = tf.IndexedSlices(
            tf.ones([1, 2]), tf.constant([row]), tf.constant([3, 2])
        )
        return tf.convert_to_tensor(context.all_reduce("sum", value))

    result = strategy.experimental_local_results(strategy.run(replica))[0]
    np.testing.assert_allclose(result, [[1, 1], [1, 1], [0, 0]])


def test_all_reduce_is_differentiable(strategy) -> None:
    def replica():
        context = tf.distribute.get_replica_context()
        x = tf.constant(float(context.replica_id + 1))
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = context.all_reduce("sum", x) * float(context.replica_id + 1)
        return tape.gradient(y, x)

    grads = strategy.experimental_local_results(strategy.run(replica))
    # y_0 = x_0 + x_1 and y_1 = 2 (x_0 + x_1): the gradient is summed as x was.
    assert [float(g) for g in grads] == [3.0, 3.0]


def test_per_replica_says_what_to_do_instead(strategy) -> None:
    value = vectors(strategy)
    for use in (lambda: value + 1, lambda: float(value), lambda: np.asarray(value)):
        with pytest.raises(TypeError, match=r"PerReplica\(2\) is not a tensor"):
            use()
    with pytest.raises(AttributeError, match=r"experimental_local_results"):
        value.numpy()
    assert "0: <tf.Tensor" in repr(value)


def test_equal_python_values_come_back_as_one(strategy) -> None:
    assert strategy.run(lambda: None) is None
    assert strategy.run(lambda: "x") == "x"
    assert strategy.run(lambda: 3) == 3


def test_replicas_must_return_the_same_structure(strategy) -> None:
    def replica():
        first = tf.distribute.get_replica_context().replica_id == 0
        return tf.constant(1) if first else [tf.constant(1)]

    with pytest.raises(AssertionError, match="another structure"):
        strategy.run(replica)


def test_values_from_a_function_go_to_their_replica(strategy) -> None:
    values = strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(context.replica_id_in_sync_group * 10)
    )
    doubled = strategy.run(lambda x: x * 2, args=(values,))
    assert [int(v) for v in strategy.experimental_local_results(doubled)] == [0, 20]
