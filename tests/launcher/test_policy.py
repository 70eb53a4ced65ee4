"""The rules of a job as tables: what has happened and the time → what to do."""

import signal
from dataclasses import replace

import pytest

from launcher.causes import (
    HostFailed,
    LeftWithoutJoining,
    NeverJoined,
    OutputClosed,
    Stalled,
    StopRequested,
    WorkerFailed,
)
from launcher.policy import (
    Continue,
    Finish,
    JobState,
    KillAll,
    Limits,
    Notice,
    Request,
    Restart,
    StopAll,
    WorkerState,
    decide,
    first_failure,
    status_of,
)

LIMITS = Limits(start_timeout_s=60.0, grace_s=30.0, restarts=0)
TERM, INT, KILL = signal.SIGTERM, signal.SIGINT, signal.SIGKILL

running = WorkerState


def ended(rank, code=0, at=10.0, **facts):
    return WorkerState(rank, exit_code=code, ended_at=at, **facts)


def raised(rank, at, **facts):
    """Its main thread has raised, its process is still there."""
    return WorkerState(rank, failed_at=at, **facts)


def joined(rank, **facts):
    return WorkerState(rank, has_joined=True, **facts)


def job(*workers, **facts):
    return JobState(workers, **facts)


def stopping(cause, since, *workers, **facts):
    return JobState(workers, cause=cause, stopping_since=since, **facts)


FAILED_1 = WorkerFailed(1)
CTRL_C = StopRequested(INT)
HOST_1 = HostFailed(1, "rank 2 failed: boom", 4)


@pytest.mark.parametrize(
    ("state", "now", "decision"),
    [
        # All is well.
        (job(running(0), running(1)), 11.0, Continue()),
        (job(ended(0), running(1)), 11.0, Continue()),
        (job(ended(0), ended(1)), 11.0, Finish(0)),
        (job(ended(0), is_meeting_place=True), 11.0, Continue()),
        (job(ended(0, 3), is_meeting_place=True), 11.0, Finish(3, WorkerFailed(0))),
        # The first failure stops the others.
        (job(running(0), ended(1, 3)), 10.0, StopAll(FAILED_1)),
        (job(running(0), ended(1, -9)), 10.0, StopAll(FAILED_1)),
        (job(ended(0), ended(1, 3)), 10.0, Finish(3, FAILED_1)),
        (job(ended(0), ended(1, -11)), 10.0, Finish(139, FAILED_1)),
        # One that raised is given a moment to leave by itself.
        (job(running(0), raised(1, 10.0)), 10.9, Continue()),
        (job(running(0), raised(1, 10.0)), 11.0, StopAll(FAILED_1)),
        # Who waited in vain is not to blame: those who did not come are.
        (
            job(running(0), ended(1, 1, gave_up_waiting=True), raised(2, 9.9)),
            11.0,
            StopAll(WorkerFailed(2)),
        ),
        (
            job(running(0), ended(1, 1, gave_up_waiting=True), ended(2)),
            11.0,
            StopAll(Stalled(1, (0,))),
        ),
        (
            job(ended(0), ended(1, 1, gave_up_waiting=True)),
            11.0,
            Finish(1, FAILED_1),
        ),
        # A mere report of a loss waits for its cause, and stands in for it at last.
        (job(running(0), ended(1, 1, blames_peer=True)), 10.4, Continue()),
        (job(running(0), ended(1, 1, blames_peer=True)), 10.5, StopAll(FAILED_1)),
        (
            job(ended(0, -9, 10.2), ended(1, 1, 10.1, blames_peer=True), running(2)),
            10.2,
            StopAll(WorkerFailed(0)),
        ),
        # Another host's failure ends the job, unless a worker here has its own.
        (job(running(0), host_failed=HOST_1), 10.0, StopAll(HOST_1)),
        (
            job(ended(0, 1, blames_peer=True), running(1), host_failed=HOST_1),
            10.0,
            StopAll(HOST_1),
        ),
        (
            job(ended(0, 3), running(1), host_failed=HOST_1),
            10.0,
            StopAll(WorkerFailed(0)),
        ),
        (
            stopping(HOST_1, 10.0, ended(0, -15), host_failed=HOST_1),
            11.0,
            Finish(4, HOST_1),
        ),
    ],
)
def test_failures(state, now, decision):
    assert decide(state, LIMITS, now) == decision


@pytest.mark.parametrize(
    ("state", "now", "decision"),
    [
        (stopping(FAILED_1, 10.0, running(0), ended(1, 3)), 39.9, Continue()),
        (stopping(FAILED_1, 10.0, running(0), ended(1, 3)), 40.0, KillAll()),
        (
            stopping(FAILED_1, 10.0, running(0), ended(1, 3), is_killed=True),
            50.0,
            Continue(),
        ),
        # What was stopped is not a failure of its own.
        (
            stopping(FAILED_1, 10.5, ended(0, -15, 10.6), ended(1, 3)),
            11.0,
            Finish(3, FAILED_1),
        ),
        # One that raised and had to be stopped has the status of an exception.
        (
            stopping(FAILED_1, 11.0, ended(0), ended(1, -15, 11.1, failed_at=10.0)),
            11.2,
            Finish(1, FAILED_1),
        ),
        # A record that arrives late, of something that happened earlier, is the cause.
        (
            stopping(FAILED_1, 11.0, ended(0, 1, 11.5, failed_at=9.0), ended(1, 3)),
            12.0,
            Finish(1, WorkerFailed(0)),
        ),
        # Ctrl-C while it is stopping anyway means: now.
        (
            stopping(
                FAILED_1, 10.0, running(0), ended(1, 3), requests=(Request(INT, 11.0),)
            ),
            11.0,
            KillAll(),
        ),
    ],
)
def test_stopping(state, now, decision):
    assert decide(state, LIMITS, now) == decision


@pytest.mark.parametrize(
    ("state", "now", "decision"),
    [
        (job(running(0), requests=(Request(INT, 5.0),)), 5.0, StopAll(CTRL_C, INT)),
        (
            job(running(0), requests=(Request(TERM, 5.0),)),
            5.0,
            StopAll(StopRequested(TERM), TERM),
        ),
        # `timeout` sends its signal twice within a moment: that is one request.
        (
            stopping(
                CTRL_C, 5.0, running(0), requests=(Request(INT, 5.0), Request(INT, 5.2))
            ),
            5.2,
            Continue(),
        ),
        (
            stopping(
                CTRL_C, 5.0, running(0), requests=(Request(INT, 5.0), Request(INT, 6.0))
            ),
            6.0,
            KillAll(),
        ),
        # However they end, and even if restarts are left, the user wanted an end.
        (
            stopping(CTRL_C, 5.0, ended(0, 1, 6.0), requests=(Request(INT, 5.0),)),
            6.0,
            Finish(130, CTRL_C),
        ),
        (job(ended(0, 0), requests=(Request(INT, 9.0),)), 10.0, Finish(130, CTRL_C)),
        (job(running(0), output_closed=True), 5.0, StopAll(OutputClosed())),
    ],
)
def test_requests(state, now, decision):
    assert decide(state, replace(LIMITS, restarts=3), now) == decision


@pytest.mark.parametrize(
    ("state", "now", "decision"),
    [
        # Nobody has joined: the script may not want to.
        (job(running(0), running(1)), 1000.0, Continue()),
        (job(joined(0), running(1), first_join_at=1.0), 5.9, Continue()),
        (job(joined(0), running(1), first_join_at=1.0), 6.0, Notice((1,), 5.0)),
        (
            job(joined(0), running(1), first_join_at=1.0, noticed_at=6.0),
            20.9,
            Continue(),
        ),
        (
            job(joined(0), running(1), first_join_at=1.0, noticed_at=6.0),
            21.0,
            Notice((1,), 20.0),
        ),
        (
            job(joined(0), running(1), running(2), first_join_at=1.0, noticed_at=51.0),
            61.0,
            StopAll(NeverJoined((1, 2), 60.0)),
        ),
        (
            job(joined(0), missing_elsewhere=(3, 2), first_join_at=1.0),
            61.0,
            StopAll(NeverJoined((2, 3), 60.0)),
        ),
        (job(joined(0), joined(1), first_join_at=1.0), 1000.0, Continue()),
        (
            job(joined(0), ended(1), first_join_at=1.0),
            10.0,
            StopAll(LeftWithoutJoining(1, (0,))),
        ),
        # Those that joined have ended as well: nobody waits.
        (
            job(ended(0, has_joined=True), ended(1), first_join_at=1.0),
            10.0,
            Finish(0),
        ),
        (
            stopping(NeverJoined((1,), 60.0), 61.0, ended(0, -15), ended(1, -15)),
            62.0,
            Finish(124, NeverJoined((1,), 60.0)),
        ),
    ],
)
def test_joining(state, now, decision):
    assert decide(state, LIMITS, now) == decision


def test_a_start_timeout_of_zero_waits_for_ever():
    state = job(joined(0), running(1), first_join_at=1.0, noticed_at=9_999.0)

    assert decide(state, replace(LIMITS, start_timeout_s=0.0), 10_000.0) == Continue()


@pytest.mark.parametrize(
    ("used", "decision"),
    [(0, Restart(FAILED_1)), (1, Restart(FAILED_1)), (2, Finish(3, FAILED_1))],
)
def test_failures_are_restarted_while_restarts_are_left(used, decision):
    state = job(ended(0), ended(1, 3), restarts_used=used)

    assert decide(state, replace(LIMITS, restarts=2), 11.0) == decision


def test_success_is_not_restarted():
    assert decide(job(ended(0)), replace(LIMITS, restarts=2), 11.0) == Finish(0)


@pytest.mark.parametrize(
    ("workers", "rank"),
    [
        ([running(0), running(1)], None),
        ([ended(0), ended(1)], None),
        ([ended(0, 1, 5.0), ended(1, 1, 4.0)], 1),
        # What it reported counts, not when its process was gone.
        ([ended(0, 1, 5.0), ended(1, 1, 6.0, failed_at=4.5)], 1),
        ([ended(0, 1, 3.0, blames_peer=True), ended(1, -9, 3.1)], 1),
        ([ended(0, 1, 3.0, blames_peer=True), ended(1, 1, 2.0, blames_peer=True)], 1),
        ([ended(0, 1, 3.0), ended(1, 1, 3.0)], 0),
    ],
)
def test_which_failure_was_the_first(workers, rank):
    first = first_failure(job(*workers))

    assert (first.rank if first else None) == rank


@pytest.mark.parametrize(
    ("cause", "status"),
    [
        (None, 0),
        (FAILED_1, 7),
        (NeverJoined((1,), 60.0), 124),
        (Stalled(0, (1,)), 124),
        (LeftWithoutJoining(1, (0,)), 1),
        (CTRL_C, 130),
        (StopRequested(TERM), 143),
        (OutputClosed(), 141),
    ],
)
def test_exit_statuses(cause, status):
    assert status_of(cause, job(ended(0), ended(1, 7))) == status
