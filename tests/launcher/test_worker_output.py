"""What the user sees of what the workers print, end to end."""

import os
import pty
import signal
import subprocess
import termios

import pytest

from tests.launcher.launching import launch, launching, wait_until

pytestmark = pytest.mark.multiprocess


def test_lines_carry_their_rank_and_equal_lines_appear_once(script):
    path = script("""
        print("same everywhere")
        print("I am", RANK)
    """)

    done = launch("-n", 3, "--output", "merged", path)

    lines = done.out.splitlines()
    assert lines[0] == "[0-2] same everywhere"
    assert sorted(lines[1:]) == ["[0] I am 0", "[1] I am 1", "[2] I am 2"]


def test_standard_error_is_kept_apart_and_prefixed(script):
    done = launch("-n", 2, script("print('warning', file=sys.stderr)"))

    assert done.out == ""
    assert "[0-1] warning\n" in done.err


def test_output_for_programs_has_no_prefix_and_every_line(script):
    done = launch("-n", 3, script("print('ok')"))

    assert done.out == "ok\nok\nok\n"


def test_one_worker_is_passed_through_untouched(script):
    done = launch("-n", 1, script(r"sys.stdout.write('a\rb\n\nc')"))

    assert done.out == "a\rb\n\nc"


def test_an_unterminated_last_line_is_not_lost(script):
    path = script("""
        sys.stdout.write(f"end of {RANK}")
        if RANK == 1:
            sys.stdout.flush()
            os._exit(0)
    """)

    done = launch("-n", 2, "--output", "merged", path)

    assert sorted(done.out.splitlines()) == ["[0] end of 0", "[1] end of 1"]


def test_lines_are_never_torn_and_a_flood_arrives_whole(script):
    path = script("""
        for number in range(20_000):
            print(RANK, number, "x" * 50)
    """)

    done = launch("-n", 3, "--output", "merged", path)

    by_rank = {rank: [] for rank in "012"}
    for line in done.out.splitlines():
        prefix, rank, number, rest = line.split(" ")
        assert prefix == f"[{rank}]"
        assert rest == "x" * 50
        by_rank[rank].append(int(number))
    assert all(numbers == list(range(20_000)) for numbers in by_rank.values())


def test_a_reader_that_stops_reading_neither_loses_output_nor_stops_launch(script):
    path = script("""
        for number in range(200_000):
            print(number, "x" * 100)
    """)
    with launching("-n", 2, path) as running:
        assert running.process.stdout.read(1000)
        wait_until(lambda: False, 0.5)  # the queue fills up behind us
        with open(f"/proc/{running.process.pid}/statm") as file:
            resident = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        assert resident < 200 << 20
        running.send(signal.SIGTERM)
        done = running.finish()

    assert done.status == 143


def test_a_reader_that_leaves_ends_the_job(script):
    path = script("""
        while True:
            print("more")
            time.sleep(0.01)
    """)
    with launching("-n", 2, path) as running:
        assert running.process.stdout.readline()
        running.process.stdout.close()
        assert running.process.wait(10) == 141
        running.process.stdout = None


def test_log_files_hold_everything_including_the_traceback(script):
    path = script("""
        print("to the log")
        ready = os.path.join(os.path.dirname(__file__), "ready")
        if RANK == 1:
            while not os.path.exists(ready):
                time.sleep(0.01)
            raise ValueError("boom")
        open(ready, "w").close()
        time.sleep(60)
    """)

    words = ["-q", "--ranks", 0, "--env", "TOKEN=secret"]
    launch("-n", 2, *words, "--log-dir", path.parent / "logs", path)

    journal = (path.parent / "logs" / "launch.log").read_text()
    assert journal.startswith(f"program: {path}\noptions: workers=2 ")
    assert "environment=['TOKEN']" in journal
    assert "launch: run " in journal
    assert journal.endswith("because rank 1 failed (exit status 1)\n")
    assert (path.parent / "logs" / "rank0.log").read_text() == "to the log\n"
    text = (path.parent / "logs" / "rank1.log").read_text()
    assert text.startswith("to the log\nTraceback (most recent call last):")
    assert text.endswith("ValueError: boom\n")


def test_ranks_that_are_not_shown_still_say_why_they_failed(script):
    path = script("""
        print("hello from", RANK)
        ready = os.path.join(os.path.dirname(__file__), "ready")
        if RANK == 1:
            while not os.path.exists(ready):
                time.sleep(0.01)
            print("this is why", file=sys.stderr)
            os._exit(3)
        open(ready, "w").close()
        time.sleep(60)
    """)

    done = launch("-n", 2, "--ranks", "0", "--output", "merged", path)

    assert done.out == "[0] hello from 0\n"
    assert "[1]" not in done.err
    assert "launch: the last errors of rank 1:\nthis is why\n" in done.err


def test_quiet_leaves_the_output_alone_and_failures_visible(script):
    assert launch("-q", "-n", 2, script("pass")).err == ""
    assert "failed" in launch("-q", "-n", 2, script("os._exit(2)")).err


def test_redirected_input_is_the_chiefs(script):
    path = script("print(RANK, sys.stdin.read())")
    with launching("-n", 2, path, stdin=subprocess.PIPE) as running:
        running.process.stdin.write(b"some data")
        running.process.stdin.close()
        running.process.stdin = None
        done = running.finish()

    assert sorted(done.out.splitlines()) == ["0 some data", "1 "]


def test_on_a_terminal_the_chief_has_one_and_its_progress_bar_stays_intact(script):
    path = script(r"""
        assert sys.stdout.isatty() == (RANK == 0)
        if RANK == 0:
            assert os.get_terminal_size() == (75, 24)
            for step in range(9):
                sys.stdout.write(f"\r{step + 1}/9")
                sys.stdout.flush()
                time.sleep(0.1)
            print()
        else:
            time.sleep(0.15)
            print("a message")
    """)

    shown, status = on_terminal("-q", "-n", 2, path)

    assert status == 0
    clear = b"\r\x1b[K"
    assert clear + b"[0] 1/9" in shown
    above, _, below = shown.partition(clear + b"[1] a message\r\n")
    assert b"[0] 3/9" in above
    assert below.startswith(b"[0] ")  # the bar, drawn again
    assert below.endswith(clear + b"[0] 9/9\r\n")


def test_a_new_size_of_the_terminal_reaches_the_chief(script):
    path = script("""
        def show(*_):
            print("size", *os.get_terminal_size())
            sys.exit()
        signal.signal(signal.SIGWINCH, show)
        print("before", *os.get_terminal_size())
        while True:
            time.sleep(0.01)
    """)
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    terminal = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
    with launching("-q", "-n", 1, path, **terminal) as running:
        shown = b""
        while b"before 80 24" not in shown:
            shown += os.read(ours, 1024)
        termios.tcsetwinsize(theirs, (30, 100))
        running.send(signal.SIGWINCH)
        while b"size 100 30" not in shown:
            shown += os.read(ours, 1024)
        assert running.process.wait(30) == 0
    os.close(theirs)
    os.close(ours)


def on_terminal(*words):
    """Run `launch` on a pseudo-terminal; what appeared there, and the status."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    with launching(*words, stdin=theirs, stdout=theirs, stderr=theirs) as running:
        os.close(theirs)
        shown = b""
        while True:
            try:
                data = os.read(ours, 65536)
            except OSError:  # the other side is closed
                break
            shown += data
        status = running.process.wait()
    os.close(ours)
    return shown, status
