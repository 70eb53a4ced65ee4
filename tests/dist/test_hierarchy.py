"""Large arrays go through a hierarchy in pieces, partly in a thread of the leader's."""

import os
import signal
import threading
import time

import numpy as np
import pytest

from dist import CollectiveMismatchError, WorkerLostError, hierarchy, naive
from dist.testing import run_ranks

PIECE = 3000  # elements
LENGTH = 20_001
TWO_HOSTS = ["a", "a", "b", "b"]


@pytest.fixture
def small_pieces(monkeypatch):
    monkeypatch.setattr(hierarchy, "PIECE_BYTES", 4 * PIECE)


def numbers(rank):
    rng = np.random.default_rng(rank)
    values = rng.normal(size=LENGTH) * 10.0 ** rng.integers(-3, 3, size=LENGTH)
    return values.astype(np.float32)


def reduce_several(group):
    x = numbers(group.rank)
    works = [group.all_reduce_async(x * 2**i) for i in range(3)]
    return group.all_reduce(x.copy()), *(work.wait() for work in works)


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("size", [3, 4, 5])
def test_each_piece_is_added_up_inside_the_hosts_and_then_over_them(size):
    hosts = [list(range(r, min(r + 2, size))) for r in range(0, size, 2)]
    wanted = []
    for start in range(0, LENGTH, PIECE):
        pieces = [numbers(rank)[start : start + PIECE] for rank in range(size)]
        inside = [naive.all_reduce([pieces[r] for r in host])[0] for host in hosts]
        wanted.append(naive.all_reduce(inside)[0])
    names = [f"host{rank // 2}" for rank in range(size)]
    results = run_ranks(reduce_several, size, transport="hierarchy", hosts=names)
    for total, *others in results:
        assert total.tobytes() == np.concatenate(wanted).tobytes()
        for i, other in enumerate(others):
            assert other.tobytes() == (total * 2**i).tobytes()


def stats_of_a_mean(group):
    x = np.full(LENGTH, group.rank, np.float32)
    mean = group.all_reduce(x, "mean")
    return mean.min(), mean.max(), group.stats()["all_reduce"]


@pytest.mark.usefixtures("small_pieces")
def test_the_books_of_a_call_in_pieces_balance():
    for low, high, books in run_ranks(
        stats_of_a_mean, 4, transport="hierarchy", hosts=TWO_HOSTS
    ):
        assert (low, high) == (1.5, 1.5)
        assert books["calls"] == 1
        assert books["waiting_s"] >= 0.0
        assert books["moving_s"] >= 0.0


def differ(group, length_of_the_last):
    length = length_of_the_last if group.rank == 3 else LENGTH
    with pytest.raises(CollectiveMismatchError, match="rank 3 called") as caught:
        group.all_reduce(np.ones(length, np.float32))
    return str(caught.value).count(" called ")


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("hosts", [TWO_HOSTS, ["a", "a", "a", "b"]])
@pytest.mark.parametrize("length", [LENGTH - 1, 10])
def test_a_rank_that_differs_is_named_on_all(hosts, length):
    named = run_ranks(differ, 4, length, transport="hierarchy", hosts=hosts)
    assert named == [2] * 4


def reduce_until_lost(group, victim, number):
    x = np.ones(6_000_000, np.float32)
    if group.rank == victim:
        timer = threading.Timer(0.3, os.kill, (os.getpid(), number))
        timer.start()
    while True:
        started_s = time.monotonic()
        try:
            group.all_reduce(x, "max")
        except WorkerLostError as error:
            return error.peer, time.monotonic() - started_s
        except KeyboardInterrupt:
            return "interrupted", time.monotonic() - started_s


@pytest.mark.multiprocess
@pytest.mark.parametrize("victim", [0, 1, 2])
def test_a_rank_that_is_killed_between_pieces_is_named(victim):
    outcomes = run_ranks(
        reduce_until_lost,
        4,
        victim,
        signal.SIGKILL,
        processes=True,
        transport="hierarchy",
        hosts=TWO_HOSTS,
        check=False,
    )
    for outcome in outcomes:
        if outcome.rank != victim:
            assert outcome.error is None, outcome
            peer, seconds = outcome.value
            assert peer == victim
            assert seconds < 1.5


@pytest.mark.multiprocess
@pytest.mark.parametrize("victim", [0, 1])
def test_control_c_between_pieces_ends_the_rank_in_good_order(victim):
    outcomes = run_ranks(
        reduce_until_lost,
        4,
        victim,
        signal.SIGINT,
        processes=True,
        transport="hierarchy",
        hosts=TWO_HOSTS,
        check=False,
    )
    assert outcomes[victim].error is None, outcomes[victim]
    kind, seconds = outcomes[victim].value
    assert kind == "interrupted"
    assert seconds < 1.5
    others = [outcome.value for outcome in outcomes if outcome.rank != victim]
    assert {peer for peer, _ in others} == {victim}
