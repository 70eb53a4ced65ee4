"""Asynchronous, bounded and synchronous updates: what a step sees of others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensor as tf
from strategies.parameter_server.rounds import Rounds
from tests.support import gates


def test_asynchronous_closures_begin_at_any_time() -> None:
    rounds = Rounds("asynchronous")
    assert all(rounds.may_begin(n) for n in range(5))
    rounds.begin(0)
    assert rounds.may_begin(1)
    assert rounds.complete_round(is_hurried=True) == []


def test_bounded_closures_miss_so_many_updates_at_most() -> None:
    rounds = Rounds("bounded", staleness=2)
    for number in (1, 2, 3):
        assert rounds.may_begin(number)
        rounds.begin(number)
    assert not rounds.may_begin(4)
    rounds.end(2)
    assert rounds.may_begin(4)
    rounds.begin(4)
    assert not rounds.may_begin(5)
    # One that is given back by a lost worker may run again.
    assert rounds.may_begin(1)
    rounds.drop(1)
    assert rounds.may_begin(5)


def test_a_round_is_closed_when_it_is_complete_or_somebody_waits() -> None:
    rounds = Rounds("synchronous", size=2)
    rounds.begin(1)
    rounds.begin(2)
    assert not rounds.may_begin(3)
    assert rounds.may_begin(2)  # again, after its worker was lost
    rounds.end(2)
    assert rounds.complete_round(is_hurried=True) == []
    rounds.end(1)
    assert rounds.complete_round(is_hurried=False) == [1, 2]
    assert rounds.may_begin(3)
    rounds.begin(3)
    rounds.end(3)
    assert rounds.is_open
    assert rounds.complete_round(is_hurried=False) == []
    assert rounds.complete_round(is_hurried=True) == [3]
    assert not rounds.is_open


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"updates": "sometimes"}, "`updates` must be one of"),
        ({"updates": "bounded"}, "`max_staleness` is None"),
        ({"max_staleness": 3}, "`max_staleness` is 3"),
        ({"updates": "bounded", "max_staleness": -1}, "0 or more"),
        ({"max_pending": 0}, "`max_pending` must be at least 1"),
    ],
)
def test_options_must_fit_together(cluster, options, words) -> None:
    with pytest.raises(ValueError, match=words):
        cluster(1, 1).strategy(**options)


def test_with_a_bound_of_zero_steps_follow_each_other(cluster) -> None:
    coordinator = cluster(3, 1).coordinator(updates="bounded", max_staleness=0)
    with coordinator.strategy.scope():
        value = tf.Variable(1.0)

    @tf.function
    def double() -> None:
        value.assign(value * 2.0)  # would lose updates if two ran at once

    for _ in range(20):
        coordinator.schedule(double)
    coordinator.join()
    assert value.numpy() == 2.0**20


def train_in_rounds(cluster: Any, workers: int, optimizer: Any, steps: int) -> Any:
    """Train by synchronous rounds; return the weights, sparse and dense."""
    coordinator = cluster(workers, 2).coordinator(updates="synchronous")
    with coordinator.strategy.scope():
        table = tf.Variable(tf.reshape(tf.range(12.0) / 10, [6, 2]))
        kernel = tf.Variable([[0.5], [-0.5]])
        optimizer = optimizer()

    def step(ids: Any) -> None:
        with tf.GradientTape() as tape:
            rows = tf.nn.embedding_lookup(table, ids)
            loss = tf.reduce_mean((rows @ kernel - 1.0) ** 2)
        grads = tape.gradient(loss, [table, kernel])
        optimizer.apply_gradients(zip(grads, [table, kernel], strict=True))

    step_fn = tf.function(lambda ids: coordinator.strategy.run(step, (ids,)))
    for i in range(steps):
        coordinator.schedule(step_fn, (tf.constant([i % 6, 1, 1, 5]),))
    coordinator.join()
    assert coordinator.done()
    return table.numpy(), kernel.numpy(), int(optimizer.iterations.numpy())


def train_alone(rounds: list[int], optimizer: Any) -> Any:
    """The same in one process: a step on the mean of the round's gradients."""
    table = tf.Variable(tf.reshape(tf.range(12.0) / 10, [6, 2]))
    kernel = tf.Variable([[0.5], [-0.5]])
    optimizer = optimizer()
    first = 0
    for size in rounds:
        with tf.GradientTape() as tape:
            losses = []
            for i in range(first, first + size):
                rows = tf.nn.embedding_lookup(table, [i % 6, 1, 1, 5])
                losses.append(tf.reduce_mean((rows @ kernel - 1.0) ** 2))
            loss = tf.add_n(losses) / size
        grads = tape.gradient(loss, [table, kernel])
        optimizer.apply_gradients(zip(grads, [table, kernel], strict=True))
        first += size
    return table.numpy(), kernel.numpy(), len(rounds)


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: tf.keras.optimizers.SGD(0.1, momentum=0.9),
        lambda: tf.keras.optimizers.Adam(0.1),
    ],
)
def test_a_synchronous_round_is_one_step_on_the_mean_gradient(
    cluster, optimizer
) -> None:
    found = train_in_rounds(cluster, 3, optimizer, steps=8)
    expected = train_alone([3, 3, 2], optimizer)
    assert found[2] == expected[2]
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-5, atol=1e-6)


def test_synchronous_training_gives_the_same_bits_in_every_run(cluster) -> None:
    def adam() -> Any:
        return tf.keras.optimizers.Adam(0.1)

    one = train_in_rounds(cluster, 2, adam, steps=10)
    two = train_in_rounds(cluster, 2, adam, steps=10)
    assert one[0].tobytes() == two[0].tobytes()
    assert one[1].tobytes() == two[1].tobytes()


def test_asynchronous_steps_do_not_wait_for_each_other(cluster) -> None:
    coordinator = cluster(2, 1).coordinator()
    with coordinator.strategy.scope():
        value = tf.Variable(0.0)
    gates.close()

    @tf.function
    def blocked() -> None:
        tf.py_function(gates.passed, [], [])

    @tf.function
    def add() -> None:
        value.assign_add(1.0)

    coordinator.schedule(blocked)
    for remote in [coordinator.schedule(add) for _ in range(10)]:
        remote.fetch()
    assert value.numpy() == 10.0
    gates.open()
    coordinator.join()
