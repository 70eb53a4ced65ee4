"""Every way in which a job goes wrong, with real processes and real signals."""

import os
import signal
import subprocess
import sys

import pytest

from tests.launcher.launching import launch, launching, wait_until

pytestmark = pytest.mark.multiprocess


def last_lines(text, count):
    """The last lines, without those that underline (Python 3.13 has more of them)."""
    lines = text.rstrip("\n").split("\n")
    return [line for line in lines if set(line) - set(" ~^")][-count:]


def ready_files(folder, count):
    return lambda: len(list(folder.glob("ready*"))) == count


READY = "open(os.path.join(os.path.dirname(__file__), f'ready{RANK}'), 'w').close()\n"


def test_an_exception_ends_the_job_and_its_own_traceback_comes_last(script):
    path = script("""
        def step():
            if RANK == 2:
                raise ValueError("boom")
            time.sleep(60)
        print("starting")
        step()
    """)

    done = launch("-n", 4, path)

    assert done.status == 1
    assert done.seconds < 2 + 1  # two seconds, and starting four interpreters
    assert last_lines(done.err, 7) == [
        "Traceback (most recent call last):",
        f'  File "{path}", line 8, in <module>',
        "    step()",
        f'  File "{path}", line 5, in step',
        '    raise ValueError("boom")',
        "ValueError: boom",
        "launch: the others were stopped because rank 2 failed (exit status 1)",
    ]
    assert done.err.count("Traceback") == 1
    assert "rank 2 failed: ValueError: boom; stopping the others" in done.err


FAILING_SCRIPTS = {
    "a chain with a note": """
        class Trouble(Exception):
            pass
        def inner():
            {}["missing"]
        try:
            inner()
        except KeyError as error:
            error.add_note("a note")
            raise Trouble("two", "parts") from error
    """,
    "a group": """
        raise ExceptionGroup("several", [ValueError(1), TypeError("x")])
    """,
    "a syntax error in a module": """
        sys.path.insert(0, os.path.dirname(__file__))
        with open(os.path.join(os.path.dirname(__file__), "broken.py"), "w") as file:
            file.write("def f(:")
        import broken
    """,
    "an exception that cannot be told": """
        class Mute(Exception):
            def __str__(self):
                raise RuntimeError("no words")
        raise Mute()
    """,
    "text that cannot be encoded": """
        raise ValueError("half a surrogate: \\udcff")
    """,
    "an object as exit status": """
        sys.exit({"status": "odd"})
    """,
}


@pytest.mark.parametrize("name", FAILING_SCRIPTS)
def test_the_traceback_is_the_one_python_prints_without_a_launcher(script, name):
    path = script(FAILING_SCRIPTS[name])
    alone = subprocess.run(
        [sys.executable, path],
        capture_output=True,
        text=True,
        env={**os.environ, "RANK": "0"},
        check=False,
    )

    done = launch("-n", 1, path)

    assert alone.stderr in done.err
    assert done.status == alone.returncode == 1


def test_peers_that_only_report_the_loss_are_not_taken_for_the_cause(script):
    path = script("""
        import dist
        group = dist.init()
        if RANK == 1:
            time.sleep(0.2)
            raise ValueError("the real cause")
        group.barrier(timeout=30)
    """)

    done = launch("-n", 3, path)

    assert last_lines(done.err, 2) == [
        "ValueError: the real cause",
        "launch: the others were stopped because rank 1 failed (exit status 1)",
    ]


def test_workers_that_all_fail_alike_are_reported_once(script):
    # The failures wait for each other, so that none is stopped before it fails.
    path = script("""
        folder = os.path.dirname(__file__)
        open(os.path.join(folder, f"here{RANK}"), "w").close()
        while sum(name.startswith("here") for name in os.listdir(folder)) < 3:
            time.sleep(0.01)
        raise RuntimeError("same everywhere")
    """)

    done = launch("-n", 3, path)

    assert done.status == 1
    assert done.err.count("RuntimeError: same everywhere\n") == 1
    assert last_lines(done.err, 1)[0].endswith(("in the same way (exit status 1)",
                                               "failed (exit status 1)"))  # fmt: skip


def test_sys_exit_with_a_status_is_a_failure_with_a_place(script):
    path = script("""
        if RANK == 1:
            sys.exit(7)
        time.sleep(60)
    """)

    done = launch("-n", 2, path)

    assert done.status == 7
    assert "left by sys.exit with status 7 at script.py:4" in done.err


def test_sys_exit_with_a_message_shows_it(script):
    done = launch(
        "-n", 2, script("sys.exit('no data here') if RANK else time.sleep(60)")
    )

    assert done.status == 1
    assert "with status 1 at script.py:3 (no data here)" in done.err
    assert "[1] no data here" in done.err


def test_a_status_without_a_traceback_is_named(script):
    done = launch("-n", 2, script("os._exit(3) if RANK else time.sleep(60)"))

    assert done.status == 3
    assert "left with status 3 and no traceback" in done.err
    assert "others were stopped because rank 1 failed (exit status 3)" in done.err


def test_sigkill_of_a_worker_is_named_with_its_rank(script):
    path = script(READY + "time.sleep(60)")
    with launching("-n", 3, path) as running:
        assert wait_until(ready_files(path.parent, 3))
        victim = next(
            pid for pid in running.family() if environment_of(pid).get("RANK") == "1"
        )
        os.kill(victim, signal.SIGKILL)
        done = running.finish()

    assert done.status == 137
    assert f"rank 1 (process {victim}) was killed by SIGKILL" in done.err
    assert "others were stopped because rank 1 failed (exit status 137)" in done.err


def test_a_segmentation_fault_is_named_and_shows_where_python_was(script):
    path = script("""
        def crash():
            import ctypes
            ctypes.string_at(0)
        crash() if RANK == 1 else time.sleep(60)
    """)

    logs = path.parent / "logs"
    done = launch("-n", 2, "--log-dir", logs, path)

    assert done.status == 139
    assert "Segmentation fault" in (logs / "rank1.log").read_text()
    assert "was killed by SIGSEGV (segmentation fault in native code)" in done.err
    assert f'File "{path}", line 5 in crash' in done.err


def test_an_exception_ends_the_job_although_a_thread_keeps_the_worker_alive(script):
    path = script("""
        import threading
        if RANK == 0:
            threading.Thread(target=time.sleep, args=(60,)).start()
            raise ValueError("main thread is gone")
        time.sleep(60)
    """)

    done = launch("-n", 2, path)

    assert done.status == 1
    assert done.seconds < 4
    assert "ValueError: main thread is gone" in done.err


def test_an_exception_in_a_thread_is_shown_if_the_worker_then_dies(script):
    path = script("""
        import threading
        def work():
            raise LookupError("in a thread")
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        os._exit(9)
    """)

    done = launch("-n", 1, path)

    assert done.status == 9
    assert "before it ended, a thread of rank 0 raised:" in done.err
    assert done.err.count("LookupError: in a thread") == 2  # when it happened, and last


def test_a_hook_of_the_script_still_runs(script):
    path = script("""
        sys.excepthook = lambda kind, error, trace: print("hook:", error)
        raise ValueError("boom")
    """)

    done = launch("-n", 1, path)

    assert done.out == "hook: boom\n"
    assert "ValueError: boom" in done.err


def test_what_a_worker_started_ends_with_it(script):
    path = script("""
        import subprocess
        subprocess.Popen(["sleep", "60"])
        print("done")
    """)

    done = launch("-n", 2, path)  # `launching` fails if anything is left

    assert done.status == 0


def test_a_worker_that_will_not_stop_is_killed_after_the_grace_time(script):
    path = script("""
        if RANK == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            open(os.path.join(os.path.dirname(__file__), "ready"), "w").close()
            time.sleep(60)
        while not os.path.exists(os.path.join(os.path.dirname(__file__), "ready")):
            time.sleep(0.01)
        sys.exit(5)
    """)

    done = launch("-n", 2, "--grace", 0.5, path)

    assert done.status == 5
    assert 0.5 < done.seconds < 5


def test_a_rank_that_never_joins_is_named_after_the_start_timeout(script):
    path = script("""
        if RANK == 2:
            time.sleep(60)
        import dist
        dist.init()
    """)

    done = launch("-n", 3, "--start-timeout", 1, path)

    assert done.status == 124
    assert "never joined: ranks 0-1 waited 1 s" in done.err
    assert "rank 2 (process" in done.err
    stack = f'  File "{path}", line 4 in <module>\n'
    assert f"(most recent call first):\n{stack}launch: rank 2 (proc" in done.err


def test_a_rank_that_ends_without_joining_is_named_at_once(script):
    path = script("""
        if RANK != 1:
            import dist
            dist.init()
    """)

    done = launch("-n", 2, path)

    assert done.status == 1
    assert done.seconds < 10
    assert "rank 1 ended with status 0 and never joined" in done.err


def test_workers_that_never_join_may_run_as_long_as_they_like(script):
    done = launch("-n", 2, "--start-timeout", 0.1, script("time.sleep(0.5)"))

    assert done.status == 0


def test_a_failure_restarts_the_job_as_often_as_allowed(script):
    path = script("""
        print("attempt", os.environ["RESTART_COUNT"])
        if int(os.environ["RESTART_COUNT"]) < 2 and RANK == 1:
            raise ValueError("not yet")
        if int(os.environ["RESTART_COUNT"]) < 2:
            time.sleep(60)
    """)

    done = launch("-n", 2, "--restarts", 2, "--log-dir", path.parent / "logs", path)

    assert done.status == 0
    assert "starting all workers again (restart 2 of 2)" in done.err
    assert (path.parent / "logs" / "rank0.restart2.log").read_text() == "attempt 2\n"


def test_restarts_that_are_used_up_leave_the_last_failure(script):
    done = launch("-n", 1, "--restarts", 1, script("sys.exit(4)"))

    assert done.status == 4
    assert done.err.count("left by sys.exit with status 4 at script.py:3") == 2


def environment_of(pid):
    with open(f"/proc/{pid}/environ", "rb") as file:
        pairs = file.read().decode().split("\0")
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)
