"""tf.queue: threads that wait for one another, and queues that are closed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

import tensor as tf


def numbers(capacity: int, content: list[int] | None = None) -> tf.queue.FIFOQueue:
    queue = tf.queue.FIFOQueue(capacity, tf.int32, shapes=[()], name="numbers")
    queue.enqueue_many([content or tf.zeros([0], tf.int32)])
    return queue


def test_who_finds_no_room_waits_for_it() -> None:
    queue = numbers(2)
    with ThreadPoolExecutor(1) as other:
        added = other.submit(queue.enqueue_many, [[1, 2, 3, 4, 5]])
        assert [int(queue.dequeue()) for _ in range(5)] == [1, 2, 3, 4, 5]
        added.result(timeout=10)


def test_who_finds_too_few_waits_for_more() -> None:
    queue = numbers(5)
    with ThreadPoolExecutor(1) as other:
        taken = other.submit(queue.dequeue_many, 3)
        for n in range(3):
            queue.enqueue(n)
        assert taken.result(timeout=10).numpy().tolist() == [0, 1, 2]


def test_closing_wakes_those_who_wait() -> None:
    queue = numbers(1, [1])
    with ThreadPoolExecutor(1) as other:
        added = other.submit(queue.enqueue, 2)
        queue.close(cancel_pending_enqueues=True)
        with pytest.raises(tf.errors.CancelledError, match="'numbers' is closed"):
            added.result(timeout=10)
        taken = other.submit(queue.dequeue_many, 2)
        with pytest.raises(tf.errors.OutOfRangeError, match="current size 1"):
            taken.result(timeout=10)


def test_a_closed_queue_takes_nothing_in_and_gives_what_it_has() -> None:
    queue = numbers(3, [1])
    queue.close()
    with pytest.raises(tf.errors.CancelledError, match="already closed"):
        queue.close()
    with pytest.raises(tf.errors.CancelledError, match="FIFOQueue 'numbers' is clos"):
        queue.enqueue(2)
    with pytest.raises(
        tf.errors.OutOfRangeError,
        match=r"insufficient elements \(requested 2, current size 1\)",
    ):
        queue.dequeue_many(2)
    assert queue.dequeue_up_to(2).numpy().tolist() == [1]


def test_any_number_fits_without_a_capacity() -> None:
    assert int(numbers(-1, list(range(50))).size()) == 50


def test_a_function_makes_its_queue_once() -> None:
    made = []

    @tf.function
    def f(x: tf.Tensor) -> tf.Tensor:
        if not made:
            made.append(numbers(4))
        made[0].enqueue(x)
        made[0].enqueue(x + 3)
        return made[0].dequeue()

    assert [int(f(tf.constant(n))) for n in (2, 7)] == [2, 5]
    assert int(made[0].size()) == 2


def test_what_does_not_describe_elements_is_refused() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="Different number of com"):
        tf.queue.FIFOQueue(5, (tf.int32, tf.float32), shapes=((),))
    with pytest.raises(tf.errors.InvalidArgumentError, match="Length for attr 'compon"):
        tf.queue.FIFOQueue(5, [])
    pair = tf.queue.FIFOQueue(5, [tf.int32, tf.int32])
    with pytest.raises(tf.errors.InvalidArgumentError, match="Signature mismatch"):
        pair.enqueue((1,))


def test_one_of_several_queues_is_chosen_by_a_number() -> None:
    queues = [numbers(1, [1]), numbers(1, [2])]
    assert int(tf.queue.QueueBase.from_list(1, queues).dequeue()) == 2
    words = tf.queue.FIFOQueue(1, tf.string)
    named = tf.queue.FIFOQueue(1, tf.int32, names="n")
    with pytest.raises(TypeError, match="matching component dtypes"):
        tf.queue.QueueBase.from_list(0, [queues[0], words])
    with pytest.raises(TypeError, match="matching component names"):
        tf.queue.QueueBase.from_list(0, [queues[0], named])
    choose = tf.function(lambda i: tf.queue.QueueBase.from_list(i, queues).dequeue())
    with pytest.raises(ValueError, match="not known while tracing"):
        choose(tf.constant(0))


def test_shuffling_repeats_under_a_seed() -> None:
    def order() -> list[int]:
        tf.random.set_seed(1)
        queue = tf.queue.RandomShuffleQueue(20, 0, tf.int32, shapes=[()])
        queue.enqueue_many([list(range(20))])
        return queue.dequeue_many(20).numpy().tolist()

    first = order()
    assert first == order()
    assert first != sorted(first)
