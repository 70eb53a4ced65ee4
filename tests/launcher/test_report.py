"""The sentences `launch` prints, and the records of failures they are made from."""

import json
import os
import signal

import pytest

from launcher import report
from launcher.autopsy import Autopsy, cause_for_peers, in_bytes
from launcher.causes import (
    HostFailed,
    LeftWithoutJoining,
    NeverJoined,
    OutputClosed,
    Stalled,
    StopRequested,
    WorkerFailed,
)
from launcher.failure import Failure, FailureReader
from launcher.policy import WorkerState
from launcher.recorder import MAX_TRACEBACK_CHARS, Recorder


def record(kind="exception", **facts):
    fields = {
        "time": 5.0,
        "error": "ValueError",
        "message": "boom",
        "place": "x.py:3",
        "traceback": "Traceback…\nValueError: boom\n",
        "blames_peer": False,
        "gave_up_waiting": False,
    }
    return {kind: Failure(kind=kind, **(fields | facts))}


def autopsy(rank, code=0, **facts):
    return Autopsy(
        WorkerState(rank, exit_code=code), pid=100 + rank, lived_s=2.0, **facts
    )


def ending(cause, *autopsies, status=1):
    return "\n".join(report.ending(cause, status, {a.state.rank: a for a in autopsies}))


def test_out_of_memory_is_told_from_other_kills():
    facts = {"peak_memory": 14_200_000_000}
    killed = autopsy(1, -9, **facts)
    starved = autopsy(1, -9, was_out_of_memory=True, **facts)

    assert "not by launch, peak memory 14.2 GB" in ending(WorkerFailed(1), killed)
    assert (
        "was killed by SIGKILL: the kernel's out-of-memory killer ended it "
        "(peak memory 14.2 GB)"
    ) in ending(WorkerFailed(1), starved)


@pytest.mark.parametrize(
    ("signum", "words"),
    [
        (signal.SIGBUS, "SIGBUS (a mapped file or /dev/shm is gone or full"),
        (signal.SIGABRT, "SIGABRT (native code called abort())"),
        (signal.SIGTERM, "was killed by SIGTERM after"),
        (35, "was killed by signal 35 after"),
    ],
)
def test_signals_are_named_with_what_they_mean(signum, words):
    assert words in ending(WorkerFailed(0), autopsy(0, -signum))


@pytest.mark.parametrize(
    ("others", "last_line"),
    [
        ([], "launch: rank 0 failed (exit status 1)"),
        (
            [autopsy(1, -15)],
            "launch: the others were stopped because rank 0 failed (exit status 1)",
        ),
        ([autopsy(1, 0)], "launch: the others had ended well (exit status 1)"),
        (
            [autopsy(1, 1, records=record()), autopsy(2, 1, records=record())],
            "launch: ranks 1-2 failed in the same way (exit status 1)",
        ),
    ],
)
def test_what_became_of_the_others(others, last_line):
    first = autopsy(0, 1, records=record())

    assert ending(WorkerFailed(0), first, *others).splitlines()[-1] == last_line


def test_an_interrupt_nobody_asked_for_is_shown_with_its_traceback():
    text = ending(WorkerFailed(0), autopsy(0, -2, records=record("interrupt")))

    assert "ValueError: boom" in text


def test_what_fails_while_stopping_is_mentioned():
    text = ending(StopRequested(signal.SIGINT), autopsy(0, 1, records=record()))

    assert "rank 0 failed while it was stopped: ValueError: boom at x.py:3" in text


def test_nobody_reads_what_is_said_about_a_closed_output():
    assert ending(OutputClosed(), autopsy(0)) == ""


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (WorkerFailed(0), "rank 0 failed: ValueError: boom; stopping the others"),
        (WorkerFailed(1), "rank 1 left with status 3 and no traceback; stopping"),
        (WorkerFailed(2), "rank 2 was still running; stopping"),
        (Stalled(0, (2,)), "rank 0 gave up waiting; asking rank 2"),
        (StopRequested(signal.SIGINT), "Ctrl-C: stopping the workers (Ctrl-C again"),
        (StopRequested(signal.SIGTERM), "SIGTERM: stopping the workers"),
        (NeverJoined((1, 2), 60.0), "ranks 1-2 did not join; stopping"),
        (LeftWithoutJoining(1, (0,)), "rank 1 ended without joining; stopping"),
        (OutputClosed(), "nobody reads the output any more"),
        (HostFailed(1, "rank 3 failed: boom"), "host 1: rank 3 failed: boom; stopping"),
    ],
)
def test_what_is_said_at_once(cause, words):
    known = {
        0: autopsy(0, 1, records=record()),
        1: autopsy(1, 3),
        2: autopsy(2, None),
    }

    assert words in report.stopping(cause, known)


def account(elapsed_s, waiting_s, calling_s, *last):
    return {"elapsed_s": elapsed_s, "waiting_s": waiting_s, "calling_s": calling_s,
            "last": list(last)}  # fmt: skip


@pytest.mark.parametrize(
    ("accounts", "text"),
    [
        ([], "done in 2.0 s · 2/2 ok"),
        ([account(10.0, 0.0, 0.0)], "done in 2.0 s · 2/2 ok"),
        (
            [account(10.0, 0.1, 0.5, [0, 3]), account(10.0, 0.1, 0.5, [0, 3])],
            "done in 2.0 s · 2/2 ok · communication 5%, 1% waiting for others",
        ),
        (
            [account(10.0, 2.0, 3.0, [0, 1], [1, 3]), account(10.0, 0.0, 1.0, [1, 4])],
            "done in 2.0 s · 2/2 ok · communication 20%, 10% waiting for others · "
            "rank 1 came last in 88% of the calls",
        ),
        (
            [account(10.0, 2.0, 3.0, [0, 2], [1, 2], [2, 1])],
            "done in 2.0 s · 2/2 ok · communication 30%, 20% waiting for others",
        ),
    ],
)
def test_the_last_line_says_what_communication_cost(accounts, text):
    assert report.success(2.0, 2, dict(enumerate(accounts))) == text


def test_other_hosts_are_told_the_cause_alone():
    known = {0: autopsy(0, 1, records=record())}
    assert report.in_short(WorkerFailed(0), known) == "rank 0 failed: ValueError: boom"
    assert report.in_short(StopRequested(signal.SIGINT), known) == "ended by Ctrl-C"


def test_waiting_for_other_hosts_is_said():
    waiting = report.waiting_for_hosts("tcp://10.0.0.1:5000", 5.2)
    assert waiting == "waiting for host 0 at 10.0.0.1:5000 since 5 s"
    assert "waiting for the other hosts" in report.waiting_for_verdict()


def test_peers_are_told_how_a_worker_ended():
    assert cause_for_peers(autopsy(0, -9)).startswith("was killed by SIGKILL")
    raised = autopsy(0, 1, records=record())
    assert cause_for_peers(raised) == "raised ValueError: boom"


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (3 << 30, "3.2 GB"),
     (5 * 10**12, "5000.0 GB")],
)  # fmt: skip
def test_sizes_for_people(size, text):
    assert in_bytes(size) == text


@pytest.fixture
def pipe():
    read_end, write_end = os.pipe()
    yield read_end, write_end
    os.close(read_end)
    os.close(write_end)


def recorded(pipe, error, **options):
    assert Recorder(pipe[1]).record(error, **options)
    reader = FailureReader()
    reader.feed(os.read(pipe[0], 1 << 20))
    return reader


def raised(error):
    try:
        raise error
    except BaseException as caught:
        return caught


def test_a_record_says_what_where_and_when(pipe):
    failure = recorded(pipe, raised(ValueError("first\nsecond"))).fatal

    assert (failure.error, failure.message) == ("ValueError", "first")
    assert failure.summary == "ValueError: first"
    assert failure.place.startswith("test_report.py:")
    assert failure.place.endswith(" in raised")
    assert failure.traceback.endswith("ValueError: first\nsecond\n")


def test_only_the_first_failure_of_a_kind_is_recorded(pipe):
    recorder = Recorder(pipe[1])
    assert recorder.record(raised(ValueError("one")))
    assert recorder.record(raised(ValueError("two")))
    assert recorder.record(raised(ValueError("in a thread")), "thread")

    lines = os.read(pipe[0], 1 << 20).splitlines()
    assert [json.loads(line)["message"] for line in lines] == ["one", "in a thread"]


def test_a_long_traceback_keeps_its_end(pipe):
    error = raised(ValueError("x" * 100_000 + " the point"))
    failure = recorded(pipe, error).fatal

    assert len(failure.traceback) < MAX_TRACEBACK_CHARS + 100
    assert failure.traceback.endswith("the point\n")
    assert "characters ...]" in failure.traceback


def test_the_loss_of_a_peer_is_known_however_it_is_wrapped(pipe):
    class WorkerLostError(Exception):
        pass

    inner = raised(WorkerLostError("rank 3 is gone"))
    outer = RuntimeError("step failed")
    outer.__cause__ = inner
    inner.__context__ = outer  # chains may be circular

    assert recorded(pipe, outer).fatal.blames_peer


def test_a_wait_that_was_given_up_is_known(pipe):
    class CollectiveTimeoutError(Exception):
        pass

    fatal = recorded(pipe, raised(CollectiveTimeoutError("rank 3 is late"))).fatal
    assert fatal.gave_up_waiting
    assert not fatal.blames_peer


def test_other_errors_blame_nobody(pipe):
    assert not recorded(pipe, raised(ValueError("mine"))).fatal.blames_peer


def test_an_exception_that_cannot_be_described_is_left_to_python(pipe):
    class HostileError(Exception):
        @property
        def __notes__(self):
            raise RuntimeError("not even this")

    assert not Recorder(pipe[1]).record(raised(HostileError()))


def test_a_launcher_that_is_gone_shows_nothing():
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        assert not Recorder(write_end).record(raised(ValueError("unheard")))
    finally:
        os.close(write_end)


def test_a_forked_process_is_not_the_worker(pipe, monkeypatch):
    recorder = Recorder(pipe[1])
    monkeypatch.setattr(os, "getpid", lambda: -1)

    assert not recorder.record(raised(ValueError("of a child")))


def test_a_place_is_the_users_line_and_not_generated_code(pipe):
    def users_function():
        exec("raise ValueError")

    try:
        users_function()
    except ValueError as error:
        place = recorded(pipe, error).fatal.place

    assert place.endswith(" in users_function")


def test_noise_is_left_out_of_a_dump():
    reader = FailureReader()
    reader.feed(b"Extension modules: numpy._core (total: 1)\n")
    reader.feed(
        b'  File "x.py", line 1 in f\n  File "/a/launcher/entry.py", line 9 in m\n'
    )

    assert reader.dump == '  File "x.py", line 1 in f\n'


def test_whatever_is_no_record_is_the_dump_of_a_crash():
    reader = FailureReader()
    reader.feed(b"Fatal Python error: Segmentation fault\n\n")
    reader.feed(b'Current thread\n{"kind": broken\n')

    assert reader.records == {}
    assert reader.dump.splitlines() == [
        "Fatal Python error: Segmentation fault",
        "",
        "Current thread",
        '{"kind": broken',
    ]
