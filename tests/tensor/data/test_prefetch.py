"""Elements made ahead, on threads that end with their iterators."""

from __future__ import annotations

import gc
import threading
import time
from typing import Any

import pytest

import tensor as tf
from tests.tensor.data.test_every_pipeline import values

Range = tf.data.Dataset.range


def slow(n: int) -> Any:
    """A dataset whose elements take long enough to be worth a thread."""

    def generate() -> Any:
        for i in range(n):
            time.sleep(0.001)
            yield i

    spec = tf.TensorSpec([], tf.int64)
    return tf.data.Dataset.from_generator(generate, output_signature=spec)


def threads() -> int:
    return sum(t.name.startswith("tf.data") for t in threading.enumerate())


def wait_for(condition: Any) -> bool:
    deadline = time.monotonic() + 5
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.001)
    return bool(condition())


@pytest.mark.parametrize("size", [1, 2, 3, 8, tf.data.AUTOTUNE])
def test_elements_keep_their_order(size: int) -> None:
    assert [int(x) for x in slow(20).prefetch(size)] == list(range(20))


def test_a_buffer_of_nothing_is_no_buffer() -> None:
    iterator = iter(Range(3).prefetch(0))
    next(iterator)
    assert threads() == 0


def test_elements_are_made_ahead_up_to_the_size_of_the_buffer() -> None:
    made = []

    def generate() -> Any:
        for i in range(100):
            made.append(i)
            yield i

    spec = tf.TensorSpec([], tf.int64)
    dataset = tf.data.Dataset.from_generator(generate, output_signature=spec)
    iterator = iter(dataset.prefetch(5))
    next(iterator)
    assert wait_for(lambda: len(made) >= 5)
    time.sleep(0.01)  # long enough for more, if the buffer had no bound
    assert len(made) <= 6


def test_the_thread_ends_with_the_pass() -> None:
    for _ in Range(10).prefetch(2):
        pass
    assert wait_for(lambda: threads() == 0)


def test_the_thread_ends_with_its_iterator() -> None:
    iterator = iter(Range(10**6).prefetch(2))
    next(iterator)
    assert threads() == 1
    del iterator
    gc.collect()
    assert wait_for(lambda: threads() == 0)


def test_threads_of_map_end_with_their_iterator() -> None:
    iterator = iter(Range(10**6).map(lambda x: x + 1, num_parallel_calls=3))
    next(iterator)
    assert threads() > 0
    del iterator
    gc.collect()
    assert wait_for(lambda: threads() == 0)


def test_quick_elements_need_no_thread_under_autotune() -> None:
    iterator = iter(Range(100).prefetch(tf.data.AUTOTUNE))
    assert len([next(iterator) for _ in range(50)]) == 50
    assert threads() == 0


def test_slow_elements_get_one_under_autotune() -> None:
    iterator = iter(slow(30).prefetch(tf.data.AUTOTUNE))
    assert [int(next(iterator)) for _ in range(10)] == list(range(10))
    assert threads() == 1


def test_slow_functions_get_threads_under_autotune() -> None:
    def work(x: Any) -> Any:
        time.sleep(0.001)
        return x

    dataset = Range(12).map(
        lambda x: tf.numpy_function(work, [x], tf.int64), tf.data.AUTOTUNE
    )
    iterator = iter(dataset)
    assert [int(next(iterator)) for _ in range(12)] == list(range(12))


@pytest.mark.parametrize("size", [2, tf.data.AUTOTUNE])
@pytest.mark.parametrize("taken", [0, 3, 7, 10])
def test_a_saved_place_can_be_restored_anywhere(size: int, taken: int) -> None:
    dataset = slow(10).prefetch(size)
    iterator = iter(dataset)
    for _ in range(taken):
        next(iterator)
    state = iterator.save()
    rest = values(iterator)
    assert rest == [[i] for i in range(taken, 10)]
    for done in (0, 2, 8):
        other = iter(dataset)
        for _ in range(done):
            next(other)
        other.restore(state)
        assert values(other) == rest
    iterator.restore(state)  # after its end
    assert values(iterator) == rest


@pytest.mark.parametrize("wrap", [lambda d: d, lambda d: d.prefetch(3)])
def test_errors_come_in_their_place_and_the_rest_after_them(wrap: Any) -> None:
    def check(x: Any) -> Any:
        tf.debugging.assert_none_equal(x % 3, tf.constant(2, tf.int64))
        return x

    dataset = wrap(Range(8).map(check))
    iterator, seen = iter(dataset), []
    while len(seen) < 8:
        try:
            seen.append(int(next(iterator)))
        except tf.errors.InvalidArgumentError:
            seen.append(-1)
        except StopIteration:
            break
    assert seen == [0, 1, -1, 3, 4, -1, 6, 7]
    assert [int(x) for x in dataset.ignore_errors()] == [0, 1, 3, 4, 6, 7]


def test_an_error_ahead_cannot_be_saved() -> None:
    def generate() -> Any:
        yield 1
        raise OSError("disk on fire")

    spec = tf.TensorSpec([], tf.int64)
    dataset = tf.data.Dataset.from_generator(generate, output_signature=spec)
    iterator = iter(dataset.prefetch(2))
    next(iterator)
    assert wait_for(lambda: len(iterator._stream.buffer.items) == 1)
    with pytest.raises(tf.errors.UnknownError, match="OSError: disk on fire"):
        iterator.save()
