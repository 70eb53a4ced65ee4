"""What happens to the others: real processes, real signals, and nothing left behind."""

import os
import random
import signal
import threading
import time

import numpy as np
import pytest

from dist import (
    CollectiveMismatchError,
    CollectiveTimeoutError,
    GroupClosedError,
    WorkerLostError,
)
from dist.contract import Settings
from dist.testing import delay, drop, kill, pause, run_ranks

pytestmark = pytest.mark.multiprocess

TWO_HOSTS = ["a", "a", "b", "b"]
JOINED = [("shm", None), ("ring", None), ("hierarchy", TWO_HOSTS)]


def work_for_ever(group):
    """Calls of all sizes until something goes wrong; says how long that took."""
    small, large = np.ones(10), np.ones(300_000, np.float32)
    while True:
        last = time.monotonic()
        try:
            group.all_reduce(small, "max")
            group.all_reduce(large, "max")
            group.barrier()
        except WorkerLostError as error:
            return type(error).__name__, error.peer, str(error), time.monotonic() - last


def survivors_name(outcomes, victim, limit_s):
    for outcome in outcomes:
        if outcome.rank == victim:
            continue
        assert outcome.error is None, outcome
        kind, peer, text, seconds = outcome.value
        assert (kind, peer) == ("WorkerLostError", victim), outcome
        assert f"rank {victim}" in text
        assert seconds < limit_s, outcome


@pytest.mark.parametrize(("transport", "hosts"), JOINED)
def test_every_survivor_names_a_rank_that_was_killed(transport, hosts):
    outcomes = run_ranks(
        work_for_ever,
        4,
        processes=True,
        transport=transport,
        hosts=hosts,
        fault=kill(2, at=20),
        check=False,
    )
    survivors_name(outcomes, victim=2, limit_s=1.5)
    assert "killed by SIGKILL" in outcomes[0].value[2]


def kill_somebody(group, victim, after_s):
    """The victim kills itself at a random moment, wherever its calls are then."""
    if group.rank == victim:
        threading.Timer(after_s, os.kill, (os.getpid(), signal.SIGKILL)).start()
    return work_for_ever(group)


def kills(count):
    """When (seconds after the start, before a call, at the end), whom, and where."""
    rng = random.Random(20261121)
    phases = ["joining", "anywhere", "anywhere", "anywhere", "between", "exit"]
    return [
        (rng.choice(JOINED), rng.randrange(4), rng.choice(phases), rng.random())
        for _ in range(count)
    ]


def kill_at_random(joined, victim, phase, chance):
    transport, hosts = joined
    how = {"processes": True, "transport": transport, "hosts": hosts, "check": False}
    if phase == "anywhere":
        outcomes = run_ranks(kill_somebody, 4, victim, 0.3 * chance, **how)
        survivors_name(outcomes, victim, limit_s=1.5)
    elif phase == "between":
        fault = kill(victim, at=1 + int(100 * chance))
        outcomes = run_ranks(work_for_ever, 4, fault=fault, **how)
        survivors_name(outcomes, victim, limit_s=1.5)
    elif phase == "joining":
        outcomes = run_ranks(work_for_ever, 4, fault=kill(victim, at=0), **how)
        for outcome in outcomes:
            if outcome.rank != victim:
                assert isinstance(outcome.error, WorkerLostError), outcome
                assert outcome.error.peer == victim
    else:
        fault = kill(victim, at="exit")
        outcomes = run_ranks(work_while_one_leaves, 4, victim, fault=fault, **how)
        survivors_name(outcomes, victim, limit_s=1.5)


def work_while_one_leaves(group, victim):
    """One rank has enough after the first call, and is killed on its way out."""
    if group.rank == victim:
        return group.all_reduce(np.ones(10), "max")
    return work_for_ever(group)


KILLS = ("joined", "victim", "phase", "chance")


@pytest.mark.parametrize(KILLS, kills(4))
def test_random_kills(joined, victim, phase, chance):
    kill_at_random(joined, victim, phase, chance)


@pytest.mark.slow
@pytest.mark.parametrize(KILLS, kills(50)[4:])
def test_many_random_kills(joined, victim, phase, chance):
    kill_at_random(joined, victim, phase, chance)


def test_a_rank_that_dies_before_it_joins_is_named():
    outcomes = run_ranks(
        work_for_ever, 3, processes=True, fault=kill(1, at=0), check=False
    )
    for outcome in (outcomes[0], outcomes[2]):
        assert isinstance(outcome.error, WorkerLostError)
        assert (outcome.error.rank, outcome.error.peer) == (outcome.rank, 1)
        assert "rank 1 was lost before all 3 ranks had arrived" in str(outcome.error)


def leave_early(group):
    group.barrier()
    if group.rank == 1:
        return None
    return work_for_ever(group)


def test_a_rank_that_leaves_in_good_order_is_named_when_it_is_missed():
    outcomes = run_ranks(leave_early, 3, processes=True, check=False)
    survivors_name(outcomes, victim=1, limit_s=2.0)


def test_a_rank_killed_after_its_last_call_harms_nobody():
    outcomes = run_ranks(
        lambda group: group.all_reduce(np.ones(3)).sum(),
        3,
        processes=True,
        fault=kill(1, at="exit"),
        check=False,
    )
    assert [outcome.value for outcome in outcomes] == [9.0, None, 9.0]


def raise_in_one(group):
    if group.rank == 1:
        raise KeyError("own trouble")
    return work_for_ever(group)


def test_a_rank_that_raises_is_named_with_its_exit_status():
    outcomes = run_ranks(raise_in_one, 3, processes=True, check=False)
    survivors_name(outcomes, victim=1, limit_s=2.0)
    with pytest.raises(KeyError, match="own trouble"):
        run_ranks(raise_in_one, 3, processes=True)


def wait_for_all(group):
    # Both have a limit: a rank that is stopped may not have sent its last words yet.
    try:
        group.barrier(timeout=3)
        group.barrier(timeout=3)
    except CollectiveTimeoutError as error:
        return error.peer, error.rank, error.elapsed_s, str(error)


@pytest.mark.parametrize(("transport", "hosts"), JOINED)
def test_a_stopped_rank_is_named_at_the_deadline(transport, hosts):
    outcomes = run_ranks(
        wait_for_all,
        4,
        processes=True,
        transport=transport,
        hosts=hosts,
        fault=pause(3, at=2),
        check=False,
        settings=Settings(stall_warn_s=0.5),
    )
    for outcome in outcomes[:3]:
        assert outcome.error is None, outcome
        elapsed_s = outcome.value[2]
        assert 2.0 < elapsed_s < 12.0
        assert outcome.value[0] == 3, "not the one that waits for it"
        assert "rank 3" in outcome.value[3]
    printed = "".join(outcome.output for outcome in outcomes)
    assert printed.count("has waited") >= 1
    assert "rank 3" in printed
    assert "last heard of" in printed


def test_a_rank_that_never_arrives_is_named_at_the_deadline():
    outcomes = run_ranks(
        wait_for_all, 3, processes=True, fault=drop(0, at=2), check=False
    )
    assert [outcome.value[0] for outcome in outcomes[1:]] == [0, 0]


def test_a_late_rank_is_waited_for():
    def body(group):
        started = time.monotonic()
        group.barrier()
        return time.monotonic() - started, group.stats()["barrier"]

    results = run_ranks(body, 2, processes=True, fault=delay(1, 0.4))
    seconds, stats = results[0]
    assert 0.3 < seconds < 3.0
    assert stats["slowest_rank"] == 1
    assert stats["waiting_s"] > 0.25
    assert stats["worst_lag_s"] >= 0.0


def call_differently(group, how):
    x = np.ones(100_000, np.float32)
    try:
        if how == "operation":
            group.all_reduce(x, "max" if group.rank == 1 else "sum")
        elif how == "dtype":
            group.all_reduce(x.astype(np.float64) if group.rank == 1 else x)
        elif how == "shape":
            group.all_reduce(x[:-1] if group.rank == 1 else x)
        elif how == "order":
            group.barrier() if group.rank == 1 else group.all_reduce(x)
        elif how == "root":
            group.broadcast(x, root=group.rank == 1)
        group.barrier()
    except CollectiveMismatchError as error:
        return error.peer, str(error)


@pytest.mark.parametrize("how", ["operation", "dtype", "shape", "order", "root"])
def test_different_calls_are_an_error_on_all_ranks_that_shows_both(fabric, how):
    for peer, text in fabric.run(call_differently, 4, how):
        assert peer is not None
        assert "rank 1 called" in text
        assert text.count(" called ") == 2
        assert text.count("test_faults.py:") >= 2, "the user's lines are shown"


def test_a_group_refuses_calls_after_a_failure(fabric):
    def body(group):
        assert call_differently(group, "shape")
        with pytest.raises(CollectiveMismatchError, match="cannot be used any more"):
            group.barrier()

    fabric.run(body, 2)


def interrupt_myself(group, in_background):
    group.barrier()
    if group.rank:
        time.sleep(1.0)
        return None
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    started = time.monotonic()
    try:
        if in_background:
            group.all_reduce_async(np.ones(4)).wait()
        else:
            group.all_reduce(np.ones(4))
    except KeyboardInterrupt:
        seconds = time.monotonic() - started
    if in_background:
        return seconds, ""
    try:
        group.barrier()
    except GroupClosedError as error:
        return seconds, str(error)


@pytest.mark.parametrize("in_background", [False, True])
@pytest.mark.parametrize("transport", ["shm", "ring"])
def test_control_c_ends_a_wait_at_once(transport, in_background):
    outcomes = run_ranks(
        interrupt_myself,
        2,
        in_background,
        processes=True,
        transport=transport,
        check=False,
    )
    seconds, text = outcomes[0].value
    assert 0.1 < seconds < 0.9
    assert in_background or "an earlier call failed" in text
