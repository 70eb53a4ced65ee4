"""ClusterCoordinator: functions on workers, their results and their failures."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import pytest

import tensor as tf
from tests.support import gates


@tf.function
def add_one(x: Any) -> Any:
    return x + 1.0


@tf.function
def fail(x: Any) -> Any:
    tf.debugging.assert_equal(x, 2.0, message="not two")
    return x


def test_a_function_runs_on_a_worker_and_its_result_comes_back(cluster) -> None:
    coordinator = cluster().coordinator()
    value = coordinator.schedule(add_one, args=(tf.constant([1.0, 2.0]),))
    fetched = value.fetch()
    assert isinstance(fetched, np.ndarray)
    np.testing.assert_array_equal(fetched, [2.0, 3.0])
    np.testing.assert_array_equal(value.get(), tf.constant([2.0, 3.0]))
    assert isinstance(value.get(), tf.Tensor)
    assert "ready" in repr(value)


def test_a_strategy_has_one_coordinator(cluster) -> None:
    coordinator = cluster().coordinator()
    again = tf.distribute.coordinator.ClusterCoordinator(coordinator.strategy)
    assert again is coordinator
    with pytest.raises(ValueError, match=r"Only .*ParameterServerStrategy"):
        tf.distribute.coordinator.ClusterCoordinator(tf.distribute.get_strategy())


def test_results_have_the_structure_that_the_function_returned(cluster) -> None:
    coordinator = cluster(1, 1).coordinator()

    @tf.function
    def several(x: Any) -> Any:
        return {"sum": x + x, "pair": (x, None)}

    found = coordinator.fetch([coordinator.schedule(several, (tf.constant(3),)), 7])
    assert found == [{"sum": 6, "pair": (3, None)}, 7]


def test_strings_and_python_arguments_travel(cluster) -> None:
    coordinator = cluster(1, 1).coordinator()

    @tf.function
    def repeated(text: Any, times: int, suffix: Any = None) -> Any:
        return tf.strings.join([text] * times + [suffix])

    value = coordinator.schedule(
        repeated, (tf.constant(["ab", "c"]), 2), {"suffix": tf.constant("!")}
    )
    assert value.fetch().tolist() == [b"abab!", b"cc!"]


def test_a_concrete_function_can_be_scheduled(cluster) -> None:
    coordinator = cluster(1, 1).coordinator()
    concrete = add_one.get_concrete_function(tf.TensorSpec([], tf.float32))
    assert coordinator.schedule(concrete, (tf.constant(1.0),)).fetch() == 2.0


def test_only_traced_functions_are_scheduled(cluster) -> None:
    coordinator = cluster(1, 1).coordinator()
    with pytest.raises(TypeError, match="only accepts a `tf"):
        coordinator.schedule(lambda: 1)
    value = coordinator.schedule(add_one, (tf.constant(1.0),))
    with pytest.raises(ValueError, match=r"RemoteValue.*not yet supported"):
        coordinator.schedule(add_one, (value,))


def test_an_error_cancels_what_waits_and_is_raised_once(cluster) -> None:
    coordinator = cluster(1, 1).coordinator()
    gates.close()

    @tf.function
    def wait(x: Any) -> Any:
        return tf.py_function(lambda v: (gates.passed(), v)[1], [x], tf.float32)

    one = tf.constant(1.0)
    first = coordinator.schedule(wait, (one,))
    failing = coordinator.schedule(fail, (one,))
    # More than may have been sent ahead.
    later = [coordinator.schedule(wait, (one,)) for _ in range(400)]
    gates.open()
    with pytest.raises(tf.errors.InvalidArgumentError, match="not two"):
        coordinator.join()
    assert first.fetch() == 1.0
    with pytest.raises(tf.errors.InvalidArgumentError, match="not two"):
        failing.fetch()
    with pytest.raises(tf.errors.CancelledError, match="cancelled"):
        later[-1].fetch()
    assert coordinator.done()
    assert coordinator.schedule(add_one, (one,)).fetch() == 2.0
    coordinator.join()


def test_an_error_tells_where_it_happened_on_the_worker(cluster) -> None:
    coordinator = cluster(1, 1).coordinator()
    coordinator.schedule(fail, (tf.constant(1.0),))
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        coordinator.join()
    assert any("On the other process" in note for note in caught.value.__notes__)


def test_schedule_raises_an_earlier_error(cluster) -> None:
    coordinator = cluster(1, 1).coordinator()
    value = coordinator.schedule(fail, (tf.constant(1.0),))
    with pytest.raises(tf.errors.InvalidArgumentError):
        value.fetch()
    with pytest.raises(tf.errors.InvalidArgumentError):
        coordinator.schedule(add_one, (tf.constant(1.0),))
    coordinator.join()


def test_done_tells_whether_all_has_ended(cluster) -> None:
    coordinator = cluster(1, 1).coordinator()
    gates.close()

    @tf.function
    def wait() -> None:
        tf.py_function(gates.passed, [], [])

    coordinator.schedule(wait)
    assert not coordinator.done()
    gates.open()
    coordinator.join()
    assert coordinator.done()


def test_schedule_waits_when_too_many_functions_wait(cluster) -> None:
    coordinator = cluster(1, 1).coordinator(max_pending=3)
    gates.close()
    scheduled: list[int] = []

    @tf.function
    def wait() -> None:
        tf.py_function(gates.passed, [], [])

    def schedule_many() -> None:
        for i in range(10):
            coordinator.schedule(wait)
            scheduled.append(i)

    thread = threading.Thread(target=schedule_many)
    thread.start()
    thread.join(timeout=0.5)
    assert thread.is_alive()
    assert len(scheduled) <= 4  # one runs and three wait
    gates.open()
    thread.join(timeout=10)
    coordinator.join()
    assert len(scheduled) == 10


def test_thousands_of_functions_end_each_once(cluster) -> None:
    coordinator = cluster().coordinator()
    with coordinator.strategy.scope():
        counter = tf.Variable(0.0)

    @tf.function
    def count(x: Any) -> Any:
        counter.assign_add(x)
        return x * 2.0

    values = [coordinator.schedule(count, (tf.constant(1.0),)) for _ in range(2000)]
    coordinator.join()
    assert counter.numpy() == 2000.0
    assert {float(v.fetch()) for v in values} == {2.0}


def test_each_worker_has_an_iterator_of_its_own(cluster) -> None:
    coordinator = cluster().coordinator()
    made: list[int] = []

    def make_dataset() -> Any:
        made.append(1)
        return tf.data.Dataset.range(1000)

    iterator = iter(coordinator.create_per_worker_dataset(make_dataset))

    @tf.function
    def take(iterator: Any) -> Any:
        worker = tf.distribute.coordinator.experimental_get_current_worker_index()
        return worker, next(iterator)

    found = [
        tuple(map(int, coordinator.schedule(take, (iterator,)).fetch()))
        for _ in range(12)
    ]
    assert len(made) == 2
    for worker in (0, 1):
        seen = [element for index, element in found if index == worker]
        assert seen == list(range(len(seen)))
    with pytest.raises(NotImplementedError, match="per-worker dataset"):
        next(iterator)
    with pytest.raises(NotImplementedError, match="on the workers"):
        tf.function(next)(iterator)


def test_unseeded_shuffles_differ_between_workers(cluster, monkeypatch) -> None:
    coordinator = cluster().coordinator()
    monkeypatch.setattr("tensor.data.seeds.op_seeds", lambda _seed: (None, None))
    dataset = tf.data.Dataset.range(100).shuffle(100).batch(100)
    iterator = iter(coordinator.create_per_worker_dataset(dataset))

    @tf.function
    def take(iterator: Any) -> Any:
        worker = tf.distribute.coordinator.experimental_get_current_worker_index()
        tf.py_function(lambda: time.sleep(0.2), [], [])
        return worker, next(iterator)

    orders = {
        int(worker): order.tolist()
        for worker, order in coordinator.fetch(
            [coordinator.schedule(take, (iterator,)) for _ in range(2)]
        )
    }
    assert sorted(orders) == [0, 1]
    assert orders[0] != orders[1]


def test_the_worker_index_is_known_on_workers_only() -> None:
    ask = tf.distribute.coordinator.experimental_get_current_worker_index
    with pytest.raises(RuntimeError, match="and nowhere else"):
        ask()
    with pytest.raises(RuntimeError, match="and nowhere else"):
        tf.function(ask)()


def test_a_per_worker_dataset_is_made_of_datasets(cluster) -> None:
    coordinator = cluster(1, 1).coordinator()
    with pytest.raises(TypeError, match=r"takes a tf\.data\.Dataset or a function"):
        coordinator.create_per_worker_dataset(3)
    with pytest.raises(TypeError, match="returned 3"):
        coordinator.create_per_worker_dataset(lambda: 3)


def test_a_variable_of_this_process_cannot_go_to_a_worker(cluster) -> None:
    coordinator = cluster(1, 1).coordinator()
    local = tf.Variable(1.0)

    @tf.function
    def read() -> Any:
        return local + 1.0

    with pytest.raises(ValueError, match=r"inside strategy\.scope"):
        coordinator.schedule(read)


def test_functions_are_scheduled_outside_of_others(cluster) -> None:
    coordinator = cluster(1, 1).coordinator()

    @tf.function
    def outer(x: Any) -> Any:
        inner = tf.function(lambda: x + 1.0)
        coordinator.schedule(inner)
        return x

    with pytest.raises(ValueError, match="Schedule functions outside of others"):
        outer(tf.constant(1.0))


def test_after_close_a_coordinator_says_so(cluster) -> None:
    coordinator = cluster(1, 1).coordinator()
    strategy = coordinator.strategy
    strategy.close()
    with pytest.raises(RuntimeError, match="was closed"):
        coordinator.join()
