"""Signals to `launch`, and its own death: nothing it started may stay."""

import os
import re
import signal

import pytest

from tests.launcher.launching import launching, wait_until

pytestmark = pytest.mark.multiprocess

# Not one long sleep: a signal that arrives just before it would be heard only after it.
WAIT = "while True: time.sleep(0.01)\n"
READY = "open(os.path.join(os.path.dirname(__file__), f'ready{RANK}'), 'w').close()\n"


def ready_files(path, count):
    return lambda: len(list(path.parent.glob("ready*"))) == count


def test_ctrl_c_stops_everything_and_says_where_it_was(script):
    path = script(READY + WAIT)
    with launching("-n", 3, path) as running:
        assert wait_until(ready_files(path, 3))
        running.send(signal.SIGINT)
        done = running.finish()

    assert done.status == 130
    assert "launch: ranks 0-2 stopped at script.py:4" in done.err
    assert done.err.endswith("launch: ended by Ctrl-C (exit status 130)\n")
    assert "Traceback" not in done.err


def test_ctrl_c_while_workers_start_is_as_quiet(script):
    for number in range(4):
        with launching("-n", 3, script(WAIT)) as running:
            assert running.process.stderr.readline()  # which run: they start now
            wait_until(lambda: False, 0.01 * number)
            running.send(signal.SIGINT)
            done = running.finish()

        assert done.status == 130
        assert "Traceback" not in done.err
        assert "KeyboardInterrupt" not in done.err


def test_ctrl_c_names_the_users_line_and_not_ours(script):
    path = script("""
        import dist
        group = dist.init()
        if RANK == 0:
            open(os.path.join(os.path.dirname(__file__), "ready0"), "w").close()
            while True: time.sleep(0.01)
        group.barrier()
    """)
    with launching("-n", 2, path) as running:
        assert wait_until(ready_files(path, 1))
        running.send(signal.SIGINT)
        done = running.finish()

    assert "launch: rank 0 stopped at script.py:7\n" in done.err
    # Rank 1 is in a call of ours, wherever exactly.
    assert re.search(r"launch: rank 1 stopped at script\.py:\d\n", done.err)


def test_ctrl_c_lets_workers_finish_what_they_must(script):
    path = script(
        "try:\n    "
        + READY
        + "    "
        + WAIT
        + "finally:\n    time.sleep(0.3)\n    print('saved')\n"
    )
    with launching("-n", 2, "--output", "merged", path) as running:
        assert wait_until(ready_files(path, 2))
        running.send(signal.SIGINT)
        done = running.finish()

    assert done.status == 130
    assert done.out == "[0-1] saved\n"


def test_a_second_ctrl_c_kills_at_once(script):
    path = script("signal.signal(signal.SIGINT, signal.SIG_IGN)\n" + READY + WAIT)
    with launching("-n", 2, path) as running:
        assert wait_until(ready_files(path, 2))
        running.send(signal.SIGINT)
        assert running.process.stderr.readline()  # which run
        assert b"Ctrl-C again kills" in running.process.stderr.readline()
        while running.process.poll() is None:
            running.send(signal.SIGINT)
            wait_until(lambda: running.process.poll() is not None, 0.1)
        done = running.finish()

    assert done.status == 130
    assert done.seconds < 5


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_request_to_end_stops_everything(script, name):
    path = script(READY + WAIT)
    with launching("-n", 2, path) as running:
        assert wait_until(ready_files(path, 2))
        running.send(getattr(signal, name))
        done = running.finish()

    assert done.status == 128 + getattr(signal, name)
    assert f"launch: ended by {name}" in done.err


def test_a_stopped_worker_is_woken_to_hear_the_request(script):
    path = script(READY + "os.kill(os.getpid(), signal.SIGSTOP)\ntime.sleep(60)\n")
    with launching("-n", 1, path) as running:
        assert wait_until(ready_files(path, 1))
        running.send(signal.SIGTERM)
        done = running.finish()

    assert done.status == 143
    assert done.seconds < 5


def test_user_signals_are_passed_on(script):
    path = script(
        "signal.signal(signal.SIGUSR1, lambda *_: sys.exit(print('told')))\n"
        + READY
        + WAIT
    )
    with launching("-n", 2, path) as running:
        assert wait_until(ready_files(path, 2))
        running.send(signal.SIGUSR1)
        done = running.finish()

    assert done.status == 0
    assert done.out == "told\ntold\n"


def test_sigquit_shows_where_every_worker_is_and_ends_nothing(script):
    path = script(
        READY
        + "while not os.path.exists(os.path.join(os.path.dirname(__file__), 'go')):\n"
        + "    time.sleep(0.01)\n"
    )
    errors = path.parent / "errors"
    with errors.open("w") as file, launching("-n", 2, path, stderr=file) as running:
        assert wait_until(ready_files(path, 2))
        running.send(signal.SIGQUIT)
        assert wait_until(lambda: "rank 1 was at" in errors.read_text())
        (path.parent / "go").touch()
        done = running.finish()

    shown = errors.read_text()
    assert "launch: rank 0 was at:\n" in shown
    assert shown.count(f'File "{path}", line ') == 2
    assert "entry.py" not in shown
    assert done.status == 0


@pytest.mark.parametrize("workers", [1, 3])
def test_killing_launch_leaves_no_worker_and_nothing_that_a_worker_started(
    script, workers
):
    path = script(
        "import subprocess\nsubprocess.Popen(['sleep', '60'])\n" + READY + WAIT
    )
    with launching("-n", workers, path) as running:
        assert wait_until(ready_files(path, workers))
        assert len(running.family()) == 2 * workers + 1  # and the guardian
        running.send(signal.SIGKILL)
        running.process.wait()
        assert wait_until(lambda: not running.family())


def test_a_worker_dies_with_launch_even_if_the_guardian_is_gone(script):
    path = script(READY + WAIT)
    with launching("-n", 2, path) as running:
        assert wait_until(ready_files(path, 2))
        guardian = next(pid for pid in running.family() if is_guardian(pid))
        os.kill(guardian, signal.SIGKILL)
        running.send(signal.SIGKILL)
        running.process.wait()
        assert wait_until(lambda: not running.family())


def test_a_job_does_without_its_guardian(script):
    path = script(READY + "time.sleep(0.5)\n")
    with launching("-n", 2, path) as running:
        assert wait_until(ready_files(path, 2))
        guardian = next(pid for pid in running.family() if is_guardian(pid))
        os.kill(guardian, signal.SIGKILL)
        assert running.finish().status == 0


def is_guardian(pid):
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        return b"guardian.py" in file.read()


def test_polite_signals_reach_the_workers_and_not_what_they_started(script):
    path = script("""
        import subprocess
        folder = os.path.dirname(__file__)
        child = subprocess.Popen(
            ["sh", "-c", "trap 'echo told; exit 1' TERM; echo ready; read x; exit 7"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        def stop(*_):
            said = child.communicate("\\n")[0]  # the child ends in its own way
            print("child said", said.split(), "and left with", child.returncode)
            sys.exit(0)
        signal.signal(signal.SIGTERM, stop)
        child.stdout.readline()
        open(os.path.join(folder, "ready"), "w").close()
        time.sleep(60)
    """)
    with launching("-n", 1, path) as running:
        assert wait_until((path.parent / "ready").exists)
        running.send(signal.SIGTERM)
        done = running.finish()

    assert "child said [] and left with 7" in done.out
