"""Variables on servers: where they are, what travels, what checkpoints hold."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import tensor as tf
from strategies.parameter_server.sharded_variable import ShardedVariable

partitioners = tf.distribute.experimental.partitioners
SGD = tf.keras.optimizers.SGD
Adam = tf.keras.optimizers.Adam


def test_a_variable_is_read_and_written_from_the_coordinator(cluster) -> None:
    strategy = cluster(1, 2).strategy()
    with strategy.scope():
        variable = tf.Variable([[1.0, 2.0], [3.0, 4.0]], name="v")
    assert variable.name == "v:0"
    assert variable.device == "/job:ps/replica:0/task:0/device:CPU:0"
    variable.assign_add([[1.0, 1.0], [1.0, 1.0]])
    variable[0, 1].assign(9.0)
    variable.scatter_sub(tf.IndexedSlices(tf.constant([[1.0, 1.0]]), [1]))
    np.testing.assert_array_equal(variable.numpy(), [[2.0, 9.0], [3.0, 4.0]])
    np.testing.assert_array_equal(variable + 1.0, [[3.0, 10.0], [4.0, 5.0]])
    variable.assign(tf.zeros([2, 2]))
    assert variable.numpy().sum() == 0
    assert strategy.extended.variable_created_in_scope(variable)


@pytest.mark.parametrize("value", [3, 2.5, True, b"text", [b"a", b"bc"]])
def test_every_kind_of_value_has_a_place_on_a_server(cluster, value) -> None:
    strategy = cluster(1, 1).strategy()
    with strategy.scope():
        variable = tf.Variable(value)
    np.testing.assert_array_equal(variable.numpy(), np.array(tf.constant(value)))


def test_a_variable_keeps_to_its_shape(cluster) -> None:
    strategy = cluster(1, 1).strategy()
    with strategy.scope():
        fixed = tf.Variable([1.0, 2.0])
        free = tf.Variable([1.0, 2.0], shape=tf.TensorShape(None))
    with pytest.raises(ValueError, match="incompatible"):
        fixed.assign([1.0])
    with pytest.raises(ValueError, match="incompatible"):
        tf.function(lambda: fixed.assign([1.0]))()
    free.assign([[1.0]])
    assert free.numpy().shape == (1, 1)


def test_variables_go_where_the_fewest_bytes_are(cluster) -> None:
    strategy = cluster(1, 3).strategy()
    with strategy.scope():
        made = [tf.Variable(tf.zeros([n])) for n in (100, 10, 10, 10, 10, 10)]
    assert [v.server for v in made] == [0, 1, 2, 1, 2, 1]


def test_equal_variables_go_round_robin(cluster) -> None:
    strategy = cluster(1, 2).strategy()
    with strategy.scope():
        made = [tf.Variable(1.0) for _ in range(4)]
    assert [v.server for v in made] == [0, 1, 0, 1]


def test_slots_live_beside_their_variables(cluster) -> None:
    strategy = cluster(1, 2).strategy()
    with strategy.scope():
        variables = [tf.Variable(tf.ones([4])), tf.Variable(tf.ones([2]))]
        optimizer = Adam()
        optimizer.build(variables)
    servers = [v.server for v in optimizer.variables[-4:]]
    assert servers == [variables[0].server] * 2 + [variables[1].server] * 2


def test_a_server_variable_does_not_leave_by_pickle(cluster) -> None:
    strategy = cluster(1, 1).strategy()
    with strategy.scope():
        variable = tf.Variable(1.0)
    with pytest.raises(TypeError, match="lives on a parameter server"):
        pickle.dumps(variable)


class Traffic:
    """What a connection to a server was asked, and how many bytes went each way."""

    def __init__(self, links: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.sent = 0
        self.received = 0
        for client in links.clients:
            self._watch(client, monkeypatch)

    def _watch(self, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        post, wait = client.post, client.wait

        def counted_post(what: str, fields: Any = None, arrays: Any = (), *rest: Any):
            self.asked.append(what)
            self.sent += sum(a.nbytes for a in arrays)
            return post(what, fields, arrays, *rest)

        def counted_wait(number: int) -> Any:
            reply = wait(number)
            self.received += sum(a.nbytes for a in reply.arrays)
            return reply

        monkeypatch.setattr(client, "post", counted_post)
        monkeypatch.setattr(client, "wait", counted_wait)


def test_of_a_lookup_only_the_rows_travel(cluster, monkeypatch) -> None:
    strategy = cluster(1, 1).strategy()
    with strategy.scope():
        table = tf.Variable(tf.reshape(tf.range(4000.0), [1000, 4]))
    traffic = Traffic(strategy.extended.links, monkeypatch)
    with tf.GradientTape() as tape:
        rows = tf.nn.embedding_lookup(table, [[3, 7], [3, 0]])
        loss = tf.reduce_sum(rows)
    gradient = tape.gradient(loss, table)
    assert isinstance(gradient, tf.IndexedSlices)
    np.testing.assert_array_equal(gradient.indices, [3, 7, 3, 0])
    np.testing.assert_array_equal(rows[0, 1], [28.0, 29.0, 30.0, 31.0])
    table.scatter_sub(gradient)
    assert traffic.asked == ["gather", "write_rows"]
    assert traffic.received == 4 * 4 * 4
    assert traffic.sent < 200
    assert table.numpy()[3, 0] == 12.0 - 2.0


def test_the_optimizer_is_applied_on_the_server(cluster, monkeypatch) -> None:
    strategy = cluster(1, 1).strategy()
    with strategy.scope():
        table = tf.Variable(tf.ones([1000, 8]))
        optimizer = Adam(0.1)

    @tf.function
    def step(ids: Any) -> None:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.nn.embedding_lookup(table, ids) ** 2)
        optimizer.apply_gradients([(tape.gradient(loss, table), table)])

    step(tf.constant([5, 6, 5]))
    traffic = Traffic(strategy.extended.links, monkeypatch)
    step(tf.constant([5, 6, 7]))
    # The rows, the learning rate where it is not on the server; no slots, no table.
    assert set(traffic.asked) == {"gather", "update"}
    assert traffic.received + traffic.sent < 400


@pytest.mark.parametrize(
    "make",
    [
        lambda: SGD(0.1),
        lambda: SGD(0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
        lambda: Adam(0.1, amsgrad=True, clipnorm=1.0),
        lambda: tf.keras.optimizers.RMSprop(0.1, momentum=0.5, centered=True),
        lambda: tf.keras.optimizers.Adagrad(0.1, use_ema=True),
        lambda: tf.keras.optimizers.Nadam(0.1),
        lambda: Adam(tf.keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)),
    ],
)
def test_training_on_one_worker_is_training_alone(cluster, make) -> None:
    coordinator = cluster(1, 2).coordinator()

    def variables() -> list[Any]:
        return [
            tf.Variable(tf.reshape(tf.range(12.0) / 10, [6, 2])),
            tf.Variable(
                [[0.5], [-0.5]], constraint=lambda w: tf.clip_by_value(w, -1, 1)
            ),
        ]

    with coordinator.strategy.scope():
        served, optimizer = variables(), make()
    alone, optimizer_alone = variables(), make()

    def step_of(table: Any, kernel: Any, optimizer: Any) -> Any:
        def step(ids: Any) -> Any:
            with tf.GradientTape() as tape:
                rows = tf.nn.embedding_lookup(table, ids)
                loss = tf.reduce_mean((rows @ kernel - 1.0) ** 2)
            grads = tape.gradient(loss, [table, kernel])
            optimizer.apply_gradients(zip(grads, [table, kernel], strict=True))
            return loss

        return tf.function(step)

    served_step = step_of(*served, optimizer)
    step = tf.function(lambda ids: coordinator.strategy.run(served_step, (ids,)))
    step_alone = step_of(*alone, optimizer_alone)
    for i in range(4):
        ids = tf.constant([i, 1, 1, 5])
        value = coordinator.schedule(step, (ids,))
        assert value.fetch() == pytest.approx(step_alone(ids).numpy(), rel=1e-5)
    coordinator.join()
    assert optimizer.iterations.numpy() == 4
    for ours, theirs in zip(
        [*served, *optimizer.variables],
        [*alone, *optimizer_alone.variables],
        strict=True,
    ):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-5, atol=1e-6)


# ---- shards


def sharded(cluster: Any, rows: int = 10, shards: int = 4) -> Any:
    strategy = cluster(1, 2).strategy(partitioners.FixedShardsPartitioner(shards))
    with strategy.scope():
        return tf.Variable(
            np.arange(rows * 2, dtype=np.float32).reshape(rows, 2), name="table"
        )


def test_a_partitioned_variable_is_cut_evenly(cluster) -> None:
    table = sharded(cluster)
    assert isinstance(table, ShardedVariable)
    assert [v.shape.as_list() for v in table] == [[3, 2], [3, 2], [2, 2], [2, 2]]
    assert [v.name for v in table.variables] == [f"table/part_{i}:0" for i in range(4)]
    assert {v.server for v in table} == {0, 1}
    assert (table.name, table.shape.as_list(), table.dtype) == (
        "table",
        [10, 2],
        tf.float32,
    )
    assert len(table) == 10
    assert table.trainable
    assert "parts=4" in repr(table)


def test_a_sharded_variable_is_a_tensor_where_one_is_expected(cluster) -> None:
    table = sharded(cluster)
    whole = np.arange(20, dtype=np.float32).reshape(10, 2)
    np.testing.assert_array_equal(table.numpy(), whole)
    np.testing.assert_array_equal(np.asarray(table), whole)
    np.testing.assert_array_equal(tf.convert_to_tensor(table), whole)
    np.testing.assert_array_equal(table + 1.0, whole + 1)
    np.testing.assert_array_equal(2.0 * table, whole * 2)
    np.testing.assert_array_equal(-table, -whole)
    np.testing.assert_array_equal(table @ tf.ones([2, 1]), whole.sum(1)[:, None])
    np.testing.assert_array_equal(table[-3], whole[-3])
    np.testing.assert_array_equal(table[2:7, 1], whole[2:7, 1])
    with pytest.raises(IndexError, match="out of bounds"):
        table[10]


def test_a_sharded_variable_is_assigned_as_a_whole(cluster) -> None:
    table = sharded(cluster)
    table.assign(tf.ones([10, 2]))
    table.assign_add(tf.ones([10, 2]))
    table.assign_sub(3 * tf.ones([10, 2]))
    assert table.numpy().tolist() == [[-1.0, -1.0]] * 10
    with pytest.raises(ValueError, match=r"Cannot assign value of shape \(3, 2\)"):
        table.assign(tf.ones([3, 2]))


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("scatter_add", [12.0, 3.0, 20.0]),
        ("scatter_sub", [8.0, 1.0, 16.0]),
        ("scatter_max", [10.0, 2.0, 18.0]),
        ("scatter_min", [2.0, 1.0, 2.0]),
        ("scatter_mul", [20.0, 2.0, 36.0]),
        ("scatter_div", [5.0, 2.0, 9.0]),
        ("scatter_update", [2.0, 1.0, 2.0]),
    ],
)
def test_rows_of_a_sharded_variable_are_scattered(cluster, method, expected) -> None:
    table = sharded(cluster)
    slices = tf.IndexedSlices(
        tf.constant([[2.0, 1.0], [1.0, 1.0], [2.0, 1.0]]), tf.constant([5, 1, 9])
    )
    getattr(table, method)(slices)
    assert table.numpy()[[5, 1, 9], 0].tolist() == expected
    with pytest.raises(TypeError, match="must be a `tf"):
        getattr(table, method)(tf.ones([2]))


def test_a_lookup_asks_the_shards_that_have_the_rows(cluster) -> None:
    table = sharded(cluster)
    ids = tf.constant([[9, 0], [4, 4]], tf.int64)
    whole = table.numpy()

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.int64)])
    def look(ids: Any) -> Any:
        with tf.GradientTape() as tape:
            rows = tf.nn.embedding_lookup(table, ids)
            loss = tf.reduce_sum(rows * 2.0)
        return rows, tape.gradient(loss, table.variables)

    rows, gradients = look(ids)
    np.testing.assert_array_equal(rows, whole[ids.numpy()])
    counts = [g.indices.numpy().tolist() for g in gradients]
    assert counts == [[0], [1, 1], [], [1]]


@pytest.mark.parametrize(
    ("variables", "error", "words"),
    [
        ([], TypeError, "non-empty list"),
        (3, TypeError, "non-empty list"),
        ([[1.0], [1]], ValueError, "same dtype"),
        ([[[1.0]], [[1.0, 2.0]]], ValueError, "same shapes except"),
    ],
)
def test_parts_must_fit_together(variables, error, words) -> None:
    if isinstance(variables, list):
        variables = [tf.Variable(v) for v in variables]
    with pytest.raises(error, match=words):
        ShardedVariable(variables)


def test_a_partitioner_may_ask_for_rows_only(cluster) -> None:
    strategy = cluster(1, 1).strategy(lambda **_: [1, 2])
    with strategy.scope(), pytest.raises(ValueError, match="besides the first"):
        tf.Variable(tf.ones([2, 2]))


def model_and_optimizer() -> tuple[Any, Any]:
    layers = tf.keras.layers
    model = tf.keras.Sequential(
        [layers.Embedding(11, 4, input_length=2), layers.Flatten(), layers.Dense(3)]
    )
    optimizer = Adam(0.1)
    optimizer.build(model.trainable_variables)
    return model, optimizer


@pytest.mark.parametrize(("saved", "restored"), [(1, 3), (3, 2), (3, 1)])
def test_checkpoints_do_not_depend_on_the_number_of_shards(
    cluster, tmp_path, saved, restored
) -> None:
    def make(shards: int) -> Any:
        partitioner = partitioners.FixedShardsPartitioner(shards)
        strategy = cluster(1, 2).strategy(partitioner if shards > 1 else None)
        with strategy.scope():
            model, optimizer = model_and_optimizer()
        return model, optimizer

    model, optimizer = make(saved)
    for variable in optimizer.variables:
        variable.assign(tf.cast(tf.random.uniform(variable.shape) * 10, variable.dtype))
    path = tf.train.Checkpoint(model=model, optimizer=optimizer).save(tmp_path / "c")
    other, other_optimizer = make(restored)
    status = tf.train.Checkpoint(model=other, optimizer=other_optimizer).restore(path)
    status.assert_consumed()

    def whole(variables: Any) -> np.ndarray:
        return np.sort(np.concatenate([v.numpy().reshape(-1) for v in variables]))

    np.testing.assert_array_equal(whole(model.weights), whole(other.weights))
    np.testing.assert_array_equal(
        whole(optimizer.variables), whole(other_optimizer.variables)
    )


def test_slots_that_come_later_get_their_part_of_a_checkpoint(
    cluster, tmp_path
) -> None:
    strategy = cluster(1, 2).strategy(partitioners.FixedShardsPartitioner(2))
    table = tf.Variable(tf.ones([5, 2]))
    optimizer = Adam(0.1)
    optimizer.build([table])
    optimizer.variables[1].assign(tf.reshape(tf.range(10.0), [5, 2]))
    checkpoint = tf.train.Checkpoint(table=table, optimizer=optimizer)
    path = checkpoint.save(tmp_path / "c")
    with strategy.scope():
        table = tf.Variable(tf.zeros([5, 2]))
        optimizer = Adam(0.1)
        restored = tf.train.Checkpoint(table=table, optimizer=optimizer)
        status = restored.restore(path)
        optimizer.build(table.variables)
    status.assert_consumed()
    moments = [v for v in optimizer.variables if "m/" in v.name]
    found = np.concatenate([v.numpy() for v in moments])
    np.testing.assert_array_equal(found, np.arange(10).reshape(5, 2))


def test_a_checkpoint_of_another_shape_is_refused(cluster, tmp_path) -> None:
    table = sharded(cluster)
    other = tf.train.Checkpoint(table=tf.Variable(tf.ones([9, 2])))
    path = other.save(tmp_path / "c")
    with pytest.raises(ValueError, match="incompatible tensor with shape"):
        tf.train.Checkpoint(table=table).restore(path)
