"""Workers that are alive and do not come: who waits, and where the others are."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from tests.launcher.launching import REPOSITORY, launch

pytestmark = pytest.mark.multiprocess


def test_a_worker_that_is_stuck_is_named_and_shows_where_it_is(script):
    path = script("""
        import dist
        group = dist.init()
        def busy():
            while True:
                time.sleep(0.01)
        if RANK == 1:
            busy()
        group.barrier()
    """)

    done = launch("-n", 3, "--stall-warn", 0.3, "--stall-abort", 1.5, path)

    assert done.status == 124
    assert f"at {path}:10: rank " in done.err
    assert re.search(r"has waited \d s for rank 1 \(host", done.err)
    assert "gave up waiting; asking rank 1" in done.err
    where = f'  File "{path}", line 7 in busy\n  File "{path}", line 9 in <module>\n'
    after = done.err.partition("launch: rank 1 was at:")[2]
    assert where in after
    assert after.rstrip().endswith("waited (exit status 124)")


def alone_in_a_cluster_of_two(**options):
    """The first of two workers that TF_CONFIG names; the second never starts."""
    config = {
        "cluster": {"worker": ["127.0.0.1:29817", "127.0.0.1:29818"]},
        "task": {"type": "worker", "index": 0},
    }
    environment = {"TF_CONFIG": json.dumps(config), "PYTHONPATH": str(REPOSITORY)}
    code = "import dist; print('waiting', flush=True); dist.init()"
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, **environment, **options},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_process_that_waits_for_others_can_be_ended(signum):
    with alone_in_a_cluster_of_two() as process:
        assert process.stdout.readline() == "waiting\n"
        time.sleep(0.3)
        asked_s = time.monotonic()
        process.send_signal(signum)
        process.wait(timeout=30)
        assert time.monotonic() - asked_s < 10


def test_a_process_that_waits_in_vain_says_for_whom_and_gives_up():
    with alone_in_a_cluster_of_two(RINGFLOW_START_TIMEOUT_S="1") as process:
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "StartTimeoutError" in errors
    assert "the ranks [1] of 2 did not" in errors.strip().splitlines()[-1]


def test_jobs_at_the_same_time_do_not_meet(script):
    path = script("""
        import dist
        import numpy as np
        group = dist.init()
        for _ in range(20):
            assert group.all_reduce(np.array([1.0]))[0] == 2.0
        print(sorted({who for who in group.all_gather_object(sys.argv[1])}))
    """)
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "launcher", "-q", "-n", "2", str(path)]
    jobs = [
        subprocess.Popen(
            [*command, name], env=environment, stdout=subprocess.PIPE, text=True
        )
        for name in ("one", "two")
    ]
    printed = [job.communicate(timeout=60)[0] for job in jobs]
    assert printed == ["['one']\n['one']\n", "['two']\n['two']\n"]


def test_the_last_line_names_who_mostly_came_last(script):
    path = script("""
        import dist
        group = dist.init()
        for _ in range(5):
            if RANK == 1:
                time.sleep(0.2)
            group.barrier()
    """)

    done = launch("-n", 3, path)

    assert done.status == 0
    last_line = done.err.splitlines()[-1]
    assert re.search(r"communication \d+%, \d+% waiting for others", last_line)
    assert "rank 1 came last in" in last_line
