"""Tasks that are lost, come back, are not there, or are not what they should be."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

import tensor as tf
from strategies.parameter_server.dispatch import Dispatcher
from strategies.parameter_server.strategy import MOST_PENDING
from tests.strategies.parameter_server.conftest import free_address
from tests.support import gates

RESOLVER = tf.distribute.cluster_resolver.SimpleClusterResolver


@tf.function
def wait(x: Any) -> Any:
    tf.py_function(gates.passed, [], [])
    return x + 1.0


@pytest.mark.parametrize("updates", ["asynchronous", "synchronous"])
def test_a_lost_workers_closures_go_to_others_and_it_returns(cluster, updates) -> None:
    one = cluster(2, 1)
    coordinator = one.coordinator(updates=updates)
    with coordinator.strategy.scope():
        weights = tf.Variable(tf.zeros([2]))
        optimizer = tf.keras.optimizers.SGD(1.0)
    dataset = tf.data.Dataset.from_tensors(tf.ones([2])).repeat()
    iterator = iter(coordinator.create_per_worker_dataset(dataset))
    gates.open()

    def step(gradient: Any) -> Any:
        optimizer.apply_gradients([(gradient, weights)])
        return wait(gradient[0])

    @tf.function
    def closure(iterator: Any) -> Any:
        return coordinator.strategy.run(step, (next(iterator),))

    coordinator.schedule(closure, (iterator,)).fetch()
    coordinator.join()
    gates.close()
    values = [coordinator.schedule(closure, (iterator,)) for _ in range(5)]
    gates.open()
    one.tasks["worker", 0].stop()
    coordinator.join()
    assert [v.fetch() for v in values] == [2.0] * 5
    one.start("worker", 0)
    values = [coordinator.schedule(closure, (iterator,)) for _ in range(5)]
    coordinator.join()
    assert [v.fetch() for v in values] == [2.0] * 5
    if updates == "synchronous":  # nothing counted twice: 1 + 3 + 3 rounds
        assert optimizer.iterations.numpy() == 7
        np.testing.assert_array_equal(weights.numpy(), [-7.0, -7.0])


def test_nobody_waits_for_closures_of_a_worker_that_goes_with_a_server(
    cluster, monkeypatch
) -> None:
    one = cluster(1, 1)
    coordinator = one.coordinator(updates="synchronous")
    dispatcher = coordinator.strategy.dispatcher

    def refuse(what: str, fields: Any) -> None:  # noqa: ARG001  # as `tell_all`
        raise tf.errors.UnavailableError(None, None, "the server is gone, too")

    (worker,) = dispatcher._workers
    gates.close()
    value = coordinator.schedule(wait, (tf.constant(1.0),))
    deadline = time.monotonic() + 10
    while not worker.batches:
        assert time.monotonic() < deadline, "the closure was not sent"
        time.sleep(0.01)
    monkeypatch.setattr(dispatcher._links, "tell_all", refuse)
    worker.client.lost = "its connection closed"
    while not value.is_ready:
        assert time.monotonic() < deadline, "the closure was forgotten"
        time.sleep(0.01)
    gates.open()
    with pytest.raises(tf.errors.CancelledError):
        value.fetch()
    with pytest.raises(tf.errors.UnavailableError, match="gone, too"):
        coordinator.join()


def test_a_lost_server_is_an_error_of_every_call(cluster) -> None:
    one = cluster(1, 2)
    coordinator = one.coordinator()
    with coordinator.strategy.scope():
        variables = [tf.Variable(1.0), tf.Variable(2.0)]
    gates.close()
    value = coordinator.schedule(wait, (tf.constant(1.0),))
    one.tasks["ps", 1].stop()
    name = r"parameter server 1 \(/job:ps/replica:0/task:1 at 127.0.0.1:\d+\) was lost"
    started = time.monotonic()
    with pytest.raises(tf.errors.UnavailableError, match=name):
        coordinator.join()
    assert time.monotonic() - started < 2.0
    for call in (
        coordinator.join,
        coordinator.done,
        lambda: coordinator.schedule(wait, (tf.constant(1.0),)),
        variables[1].numpy,
        lambda: variables[1].assign(3.0),
    ):
        with pytest.raises(tf.errors.UnavailableError, match="parameter server 1"):
            call()
    assert variables[0].numpy() == 1.0
    with pytest.raises(tf.errors.CancelledError):
        value.fetch()
    gates.open()
    dispatcher = coordinator.strategy.dispatcher
    (worker,) = dispatcher._workers
    deadline = time.monotonic() + 10
    while worker.client._pending:
        assert time.monotonic() < deadline, "the worker does not answer"
        time.sleep(0.01)
    assert dispatcher._thread.is_alive(), "the answer that nobody awaits ended it"


def test_a_server_lost_before_it_is_watched_is_seen(cluster, monkeypatch) -> None:
    one = cluster(1, 2)
    start = Dispatcher.start

    def lose_then_start(dispatcher: Dispatcher) -> None:
        one.tasks["ps", 1].stop()
        start(dispatcher)

    monkeypatch.setattr(Dispatcher, "start", lose_then_start)
    coordinator = one.coordinator()
    gates.close()
    started = time.monotonic()

    def work() -> None:
        coordinator.schedule(wait, (tf.constant(1.0),))  # perhaps it is known already
        coordinator.join()

    with pytest.raises(tf.errors.UnavailableError, match="parameter server 1"):
        work()
    assert time.monotonic() - started < 2.0
    gates.open()


def test_without_any_worker_closures_fail_in_the_end(
    cluster, monkeypatch, capfd
) -> None:
    monkeypatch.setenv("RINGFLOW_START_TIMEOUT_S", "0.5")
    one = cluster(1, 1)
    coordinator = one.coordinator()
    gates.open()
    coordinator.schedule(wait, (tf.constant(1.0),)).fetch()
    one.tasks["worker", 0].stop()
    coordinator.schedule(wait, (tf.constant(1.0),))
    with pytest.raises(tf.errors.UnavailableError, match=r"no worker for .* worker 0"):
        coordinator.join()
    assert "worker 0" in capfd.readouterr().err


def test_a_server_that_never_comes_is_named(monkeypatch) -> None:
    monkeypatch.setenv("RINGFLOW_START_TIMEOUT_S", "0.3")
    spec = {"worker": [free_address()], "ps": [free_address()]}
    with pytest.raises(tf.errors.UnavailableError, match=r"waited .* parameter server"):
        tf.distribute.ParameterServerStrategy(RESOLVER(spec))


def test_a_server_gives_up_when_no_coordinator_comes(monkeypatch) -> None:
    monkeypatch.setenv("RINGFLOW_START_TIMEOUT_S", "0.3")
    spec = {"worker": [free_address()], "ps": [free_address()]}
    server = tf.distribute.Server(spec, "ps", 0)
    assert server.target == f"grpc://{spec['ps'][0]}"
    with pytest.raises(tf.errors.UnavailableError, match="did not come"):
        server.join()


def test_a_new_coordinator_takes_over(cluster) -> None:
    one = cluster(1, 1)
    old = one.strategy()
    with old.scope():
        variable = tf.Variable(1.0)
    new = one.coordinator()
    with new.strategy.scope():
        fresh = tf.Variable(2.0)
    assert fresh.numpy() == 2.0
    with pytest.raises(tf.errors.UnavailableError, match="serves another coordinator"):
        variable.numpy()


def test_an_address_that_is_taken_is_an_error(cluster) -> None:
    one = cluster(1, 1)
    with pytest.raises(tf.errors.UnknownError, match="Could not start the server"):
        tf.distribute.Server(one.spec, "ps", 0)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({}, "must be non-empty"),
        ({"worker": ["a:1"]}, "at least one ps"),
        ({"ps": ["a:1"]}, "at least one worker"),
        ({"worker": ["a:1"], "ps": ["a:2"], "x": ["a:3"]}, "Disallowed task type"),
    ],
)
def test_a_cluster_has_workers_and_servers(spec, words) -> None:
    with pytest.raises(ValueError, match=words):
        tf.distribute.ParameterServerStrategy(RESOLVER(spec))


def test_a_server_is_a_task_of_its_cluster() -> None:
    spec = {"worker": [free_address()], "ps": [free_address()]}
    with pytest.raises(ValueError, match="no task 'worker' 3"):
        tf.distribute.Server(spec, "worker", 3)


def test_an_optimizer_may_write_beside_its_variable_only(cluster) -> None:
    strategy = cluster(1, 2).strategy()

    class Elsewhere(tf.keras.optimizers.SGD):
        def update_step(self, gradient: Any, _variable: Any) -> None:
            other.assign_add(tf.reduce_sum(gradient))

    with strategy.scope():
        weights, other = tf.Variable([1.0, 2.0]), tf.Variable(0.0)
        optimizer = Elsewhere()
    assert weights.server != other.server
    step = tf.function(lambda: optimizer.apply_gradients([(weights.value(), weights)]))
    with pytest.raises(RuntimeError, match="which is not there"):
        step()


def test_by_default_many_functions_may_wait(cluster) -> None:
    assert cluster(1, 1).strategy().max_pending == MOST_PENDING
