"""`launcher.run`: a function on several workers."""

import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time

import pytest

import launcher
from dist import CollectiveTimeoutError
from launcher.errors import (
    JobError,
    LauncherError,
    RemoteTraceback,
    UsageError,
    WorkerFailedError,
)
from tests.launcher.launching import REPOSITORY, wait_until

pytestmark = pytest.mark.multiprocess


class UnusualError(Exception):
    """Cannot be made again from its text alone."""

    def __init__(self, code, reason):
        super().__init__(f"{code}: {reason}")


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield
    assert not list(tmp_path.glob("launch-*"))


def rank():
    return int(os.environ["RANK"])


def test_results_come_back_by_rank():
    offset = 100

    def work(factor, *, power):
        return offset + factor * rank() ** power

    assert launcher.run(work, 3, args=(10,), kwargs={"power": 2}) == [100, 110, 140]


def test_workers_can_talk():
    def work():
        import numpy as np

        import dist

        return float(dist.init().all_reduce(np.array([rank() + 1.0]))[0])

    assert launcher.run(work, n=2) == [3.0, 3.0]


def test_what_workers_print_appears_here(capsys):
    def work():
        print("hello")  # noqa: T201 - what is tested

    launcher.run(work, n=2)

    out, err = capsys.readouterr()
    assert (out, err) == ("[0-1] hello\n", "")


def test_the_first_failure_is_raised_with_its_remote_traceback():
    def fail_in_the_middle():
        raise KeyError("no such thing")

    def work():
        import time

        fail_in_the_middle() if rank() == 1 else time.sleep(60)

    with pytest.raises(KeyError, match="no such thing") as caught:
        launcher.run(work, n=3)

    cause = caught.value.__cause__
    assert isinstance(cause, RemoteTraceback)
    assert cause.rank == 1
    assert "in fail_in_the_middle" in str(cause)
    assert "remote_call.py" not in str(cause)


def test_an_exception_that_cannot_be_made_again_is_told_as_text():
    def work():
        raise UnusualError(7, "odd")

    with pytest.raises(WorkerFailedError, match="7: odd") as caught:
        launcher.run(work, n=1)

    assert "UnusualError" in caught.value.remote_traceback
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - made here
    assert (str(again), again.rank) == (str(caught.value), 0)


def test_an_exception_that_cannot_be_pickled_is_told_as_text():
    def work():
        error = ValueError("holds a lock")
        error.lock = threading.Lock()
        raise error

    with pytest.raises(WorkerFailedError, match="holds a lock"):
        launcher.run(work, n=1)


def test_a_result_that_cannot_be_pickled_is_an_error_of_the_worker():
    with pytest.raises(TypeError, match="lock"):
        launcher.run(threading.Lock, n=1)


def test_a_worker_that_is_killed_is_named():
    def work():
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(WorkerFailedError, match="was killed by SIGKILL"):
        launcher.run(work, n=1)


def wait_for_one_that_is_busy():
    import dist

    group = dist.init()
    if group.rank == 1:
        time.sleep(60)
    group.barrier(timeout=0.5)


def test_a_wait_in_vain_is_raised_with_where_the_others_were():
    with pytest.raises(CollectiveTimeoutError, match="for rank 1") as caught:
        launcher.run(wait_for_one_that_is_busy, 2)

    remote = str(caught.value.__cause__)
    assert "in wait_for_one_that_is_busy" in remote.partition("rank 1 was at:")[2]


def test_a_worker_that_leaves_without_joining_is_named():
    def work():
        import dist

        if rank() == 0:
            dist.init()

    with pytest.raises(JobError, match="rank 1 ended with status 0 and never joined"):
        launcher.run(work, n=2)


def test_ctrl_c_reaches_the_caller_and_ends_the_workers():
    def work():
        import time

        os.kill(os.getppid(), signal.SIGINT)
        time.sleep(60)

    with pytest.raises(KeyboardInterrupt):
        launcher.run(work, n=1)


def test_killing_the_caller_leaves_neither_workers_nor_the_private_folder(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        "import os, time, launcher\n"
        "def work():\n"
        f"    open({str(tmp_path)!r} + '/ready' + os.environ['RANK'], 'w').close()\n"
        "    time.sleep(60)\n"
        "launcher.run(work, n=2)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, program], env=environment) as caller:
        assert wait_until(lambda: len(list(tmp_path.glob("ready*"))) == 2)
        assert len(list(tmp_path.glob("launch-*"))) == 1
        caller.kill()

    assert wait_until(lambda: not list(tmp_path.glob("launch-*")))


def test_a_signal_that_the_caller_survives_is_an_error_of_the_job():
    def work():
        import time

        os.kill(os.getppid(), signal.SIGTERM)
        time.sleep(60)

    survive = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        with pytest.raises(JobError, match="the job was ended by SIGTERM"):
            launcher.run(work, n=1)
    finally:
        signal.signal(signal.SIGTERM, survive)


def test_a_worker_that_cannot_be_started_is_named(monkeypatch):
    start = subprocess.Popen

    def refuse(command, **options):
        if "entry.py" in command[1]:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return start(command, **options)

    monkeypatch.setattr(subprocess, "Popen", refuse)

    with pytest.raises(LauncherError, match="rank 0 could not be started: Resource"):
        launcher.run(rank, n=2)


def test_it_works_outside_the_main_thread():
    results = []
    thread = threading.Thread(target=lambda: results.extend(launcher.run(rank, n=2)))
    thread.start()
    thread.join(30)

    assert results == [0, 1]


@pytest.mark.parametrize(
    ("function", "options", "message"),
    [
        ("not a function", {"n": 2}, "must be a function, got 'not a function'"),
        (rank, {"n": 0}, "`-n` must be at least 1, got 0"),
        (rank, {"n": 1, "retries": 3}, "unexpected keyword argument 'retries'"),
    ],
)
def test_wrong_arguments_are_named(function, options, message):
    with pytest.raises(UsageError, match=message):
        launcher.run(function, **options)


def test_the_package_has_no_other_names():
    with pytest.raises(AttributeError, match="has no attribute 'walk'"):
        _ = launcher.walk
