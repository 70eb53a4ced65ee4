"""Sleeping on a word of memory, and doing without."""

import threading
import time

import numpy as np
import pytest

from dist import flags, futex
from dist.testing import run_ranks

needs_futex = pytest.mark.skipif(
    not futex.IS_AVAILABLE, reason="this system has no futex that we know"
)


def sleep_on(word, seen, timeout_s=10.0):
    """How long a thread sleeps on `word`; the list is filled when it wakes."""
    slept = []

    def run():
        started_s = time.monotonic()
        futex.wait(word.ctypes.data, seen, timeout_s)
        slept.append(time.monotonic() - started_s)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, slept


@needs_futex
def test_a_sleeper_is_woken_when_the_word_changes():
    word = np.array([7], np.uint64)
    thread, slept = sleep_on(word, 7)
    while not slept:
        word[0] += 1
        futex.wake(word.ctypes.data)
    thread.join()
    assert slept[0] < 5.0


@needs_futex
def test_nobody_sleeps_on_a_word_that_has_changed():
    word = np.array([8], np.uint64)
    thread, slept = sleep_on(word, 7)
    thread.join()
    assert slept[0] < 5.0


@needs_futex
def test_only_the_low_half_of_a_word_counts():
    word = np.array([2**40 + 5], np.uint64)
    thread, slept = sleep_on(word, int(word[0]), timeout_s=0.05)
    thread.join()
    assert slept[0] >= 0.05


def late_by_turns(group):
    total = 0.0
    for turn in range(20):
        if turn % group.size == group.rank:
            time.sleep(0.002)  # the others are asleep by now
        total += group.all_reduce(np.full(60_000, turn, np.float32))[0]
    return total


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("has_futex", [True, False])
def test_ranks_meet_with_and_without(monkeypatch, has_futex, size):
    monkeypatch.setattr(futex, "IS_AVAILABLE", has_futex and futex.IS_AVAILABLE)
    wanted = float(sum(range(20)) * size)
    assert run_ranks(late_by_turns, size, transport="shm") == [wanted] * size


@needs_futex
def test_a_rank_for_which_nobody_sleeps_asks_the_system_for_nothing(monkeypatch):
    woken = []
    monkeypatch.setattr(flags.futex, "wake", woken.append)
    monkeypatch.setattr(flags.futex, "IS_AVAILABLE", False)
    run_ranks(late_by_turns, 2, transport="shm")
    assert woken == []
