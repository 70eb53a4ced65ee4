"""What a group refuses, and what it tells about itself."""

import os
import pickle
import subprocess
import sys
import threading
import time
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

import dist
from dist import (
    CollectiveError,
    CollectiveMismatchError,
    CollectiveTimeoutError,
    GroupClosedError,
    StartTimeoutError,
    WorkerLostError,
)
from dist.testing import RankFailedError, drop, kill, pause, run_ranks

ROOT = Path(__file__).parents[2]


@pytest.fixture
def alone():
    group = dist.init()
    yield group
    dist.destroy()


def test_without_a_launcher_there_is_a_group_of_one(alone):
    before = threading.active_count()
    x = np.arange(3.0)
    assert alone.all_reduce(x) is x
    assert alone.all_gather(x).shape == (1, 3)
    assert alone.reduce_scatter(x).tolist() == [0, 1, 2]
    assert alone.all_to_all([[1]]).tolist() == [[1]]
    assert alone.scatter([[1, 2]]).tolist() == [1, 2]
    assert alone.reduce([1, 2]).tolist() == [1, 2]
    assert alone.broadcast(5).tolist() == 5
    assert alone.all_gather_object({"a": 1}) == [{"a": 1}]
    assert alone.new_group([0]).size == 1
    assert alone.empty((2, 3)).shape == (2, 3)
    assert alone.all_reduce_async(x, "mean").wait().tolist() == [0, 1, 2]
    alone.send(x, 0)
    assert alone.recv(3, float, 0).tolist() == [0, 1, 2]
    alone.barrier()
    assert (alone.rank, alone.size, alone.local_rank, alone.local_size) == (0, 1, 0, 1)
    assert repr(alone) == "<Group 'world': rank 0 of 1, solo>"
    assert threading.active_count() == before + 1  # the engine of the asynchronous call


def test_init_twice_is_the_same_group_and_destroy_twice_is_fine(alone):
    assert dist.init() is alone
    assert dist.is_initialized()
    dist.destroy()
    dist.destroy()
    assert not dist.is_initialized()
    with pytest.raises(GroupClosedError, match="was closed"):
        alone.barrier()
    with pytest.raises(GroupClosedError, match="no job was joined"):
        dist.stats()


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda g: g.all_reduce(["a"]), TypeError, "cannot be sent; expected numbers"),
        (lambda g: g.all_reduce(np.array([object()])), TypeError, "all_gather_object"),
        (lambda g: g.all_reduce([1.0], "median"), ValueError, "sum, mean, min, max"),
        (lambda g: g.all_reduce([1, 2], "mean"), TypeError, "mean"),
        (lambda g: g.all_reduce(np.broadcast_to(1.0, 3)), ValueError, "read-only"),
        (lambda g: g.broadcast([1.0], root=1), ValueError, "`root` is 1"),
        (lambda g: g.reduce_scatter(3.0), ValueError, "divisible by the 1 ranks"),
        (lambda g: g.scatter(np.ones((2, 2))), ValueError, "one row for each"),
        (lambda g: g.all_to_all(3.0), ValueError, "one row for each"),
        (lambda g: g.send([1.0], to=-1), ValueError, "`to` is -1"),
        (lambda g: g.recv(1, float, source=9), ValueError, "`source` is 9"),
        (lambda g: g.recv(1, float, source=0), CollectiveError, "has not sent"),
        (lambda g: g.new_group([]), ValueError, "at least one rank"),
        (lambda g: g.new_group([0, 0]), ValueError, "only once"),
        (lambda g: g.new_group([0, 7]), ValueError, "`ranks` is 7"),
        (lambda g: g.empty(3, object), TypeError, "cannot be sent"),
    ],
)
def test_arguments_are_checked_before_anything_is_sent(alone, call, error, words):
    with pytest.raises(error, match=words):
        call(alone)


def test_others_are_not_members_of_a_group():
    results = run_ranks(lambda group: group.new_group([1]) is None, 3)
    assert results == [True, False, True]


def test_dtypes_of_other_byte_orders_and_kinds_are_reduced():
    def body(group):
        swapped = np.array([1, 2], ">f4")
        small = np.array([1.5], ml_dtypes.float8_e4m3fn)
        return group.all_reduce(swapped).tolist(), float(group.all_reduce(small)[0])

    assert run_ranks(body, 2, transport="shm") == [([2.0, 4.0], 3.0)] * 2


def test_a_work_says_what_it_is_and_waits_no_longer_than_told():
    def body(group):
        if group.rank:
            time.sleep(0.3)
        work = group.all_reduce_async(np.ones(3))
        if group.rank:
            return work.wait()[0]
        with pytest.raises(CollectiveTimeoutError, match="call `wait` again"):
            work.wait(timeout=0.05)
        assert "pending" in repr(work)
        assert "all_reduce(float64[3], sum) #1" in repr(work)
        result = work.wait(timeout=10)[0]
        assert "done" in repr(work)
        return result

    assert run_ranks(body, 2) == [2.0, 2.0]


def test_an_error_in_the_background_is_raised_by_wait():
    def body(group):
        x = np.ones(3 if group.rank else 4)
        works = [group.all_reduce_async(x), group.all_reduce_async(x)]
        for work in works:
            with pytest.raises(CollectiveMismatchError):
                work.wait()

    run_ranks(body, 2)


def test_two_threads_may_use_two_groups_at_once():
    def body(group):
        groups = [group.new_group(range(group.size)) for _ in range(2)]
        sums = [[], []]

        def use(which):
            for i in range(30):
                x = np.full(1000 * (which + 1), i, np.float64)
                sums[which].append(groups[which].all_reduce(x)[-1])

        threads = [threading.Thread(target=use, args=(which,)) for which in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sums

    for transport in ("threads", "shm", "ring"):
        wanted = [[2.0 * i for i in range(30)]] * 2
        assert run_ranks(body, 2, transport=transport) == [wanted] * 2


@pytest.mark.parametrize(
    "error",
    [
        WorkerLostError("gone", rank=1, peer=2, elapsed_s=0.5),
        CollectiveMismatchError("differ", rank=0, peer=1),
        CollectiveTimeoutError("late", rank=3, elapsed_s=9.0),
        StartTimeoutError("missing", missing=(2, 3)),
        GroupClosedError("closed"),
    ],
)
def test_errors_survive_pickling_with_their_facts(error):
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert again.__dict__ == error.__dict__


def test_stats_count_bytes_and_name_the_slowest():
    def body(group):
        for _ in range(3):
            if group.rank == 1:
                time.sleep(0.02)
            group.all_reduce(np.ones(1000, np.float32))
        return group.stats()["all_reduce"]

    for transport in ("threads", "shm", "ring"):
        stats = run_ranks(body, 2, transport=transport)[0]
        assert (stats["calls"], stats["bytes"]) == (3, 12000)
        assert stats["slowest_rank"] == 1, transport
        assert stats["slowest_share"] == 1.0
        assert 0.01 < stats["worst_lag_s"] < 5.0


def test_run_ranks_refuses_to_pause_a_thread():
    with pytest.raises(ValueError, match="cannot be paused"):
        run_ranks(lambda group: group.size, 2, fault=pause(0))


def test_run_ranks_raises_the_cause_and_says_which_rank():
    def body(group):
        if group.rank == 1:
            raise KeyError("mine")
        group.barrier()

    with pytest.raises(KeyError, match="mine") as caught:
        run_ranks(body, 3)
    assert "raised on rank 1 of 3" in caught.value.__notes__[0]


def test_faults_strike_threads_too():
    def body(group):
        group.barrier()
        group.barrier()

    for fault in (kill(1, at=2), drop(1, at=2)):
        outcomes = run_ranks(body, 2, fault=fault, check=False, timeout=0.5)
        assert isinstance(outcomes[0].error, CollectiveError)
    outcomes = run_ranks(body, 2, transport="ring", fault=kill(0, at=0), check=False)
    assert "rank 0 was lost before all 2 ranks" in str(outcomes[1].error)


def test_a_rank_that_does_not_end_is_an_error_of_its_own():
    released = threading.Event()

    def body(group):
        if group.rank:
            released.wait(20)

    outcomes = run_ranks(body, 2, timeout=-4.8, check=False)
    released.set()
    assert isinstance(outcomes[1].error, RankFailedError)


def test_thread_groups_need_a_thread():
    with pytest.raises(ValueError, match="at least 1"):
        dist.thread_groups(0)


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="no attribute 'shout'"):
        _ = dist.shout
    assert "init" in dir(dist)


@pytest.mark.parametrize("transport", ["threads", "shm", "ring"])
def test_closing_a_group_ends_the_calls_that_wait_in_the_background(transport):
    def body(group):
        if group.rank:
            time.sleep(0.8)
            return None
        work = group.all_reduce_async(np.ones(3))
        started = time.monotonic()
        group.close(timeout_s=0.4)
        with pytest.raises(GroupClosedError, match="was closed meanwhile"):
            work.wait()
        return time.monotonic() - started

    assert run_ranks(body, 2, transport=transport)[0] < 0.7


def test_a_forked_child_does_not_end_its_parents_job(alone):
    alone.all_reduce([1.0])
    child = os.fork()
    if child == 0:
        dist.destroy()
        os._exit(0 if not dist.is_initialized() else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert alone.all_reduce([1.0])[0] == 1.0


def fork_and_call(group):
    child = os.fork()
    if child == 0:
        refused = 0
        for call in (group.barrier, dist.init, lambda: group.all_reduce_async([1.0])):
            try:
                call()
            except dist.GroupClosedError as error:
                refused += "is a fork: the group belongs to rank" in str(error)
        os._exit(refused)
    status = os.waitpid(child, 0)[1]
    return os.waitstatus_to_exitcode(status), group.all_reduce(np.ones(1))[0]


@pytest.mark.multiprocess
@pytest.mark.parametrize("transport", ["shm", "ring"])
def test_a_forked_child_may_not_call_its_parents_groups(transport):
    results = run_ranks(fork_and_call, 2, processes=True, transport=transport)
    assert results == [(3, 2.0)] * 2


def test_a_group_of_one_loads_no_sockets():
    program = (
        "import dist, sys; dist.init().all_reduce([1.0]); dist.destroy(); "
        "dist.thread_groups(2); sys.exit('zmq' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)


def test_the_user_s_line_is_named_also_where_a_graph_runs():
    code = compile(
        "def run(group): group.all_reduce([1, 2])", "<ringflow step 0>", "exec"
    )
    graph = {}
    exec(code, graph)

    def differ(group):
        if group.rank == 0:
            group.barrier()
        graph["run"](group)

    with pytest.raises(
        dist.CollectiveMismatchError, match=r"test_group\.py:\d+, "
    ) as e:
        run_ranks(differ, 2)
    assert "<ringflow" not in str(e.value)
