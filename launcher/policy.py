"""What to do next: a pure function of what has happened and of the clock.

The supervisor describes the job (`JobState`) and asks `decide`; it gets one decision
back and carries it out. Nothing here waits, reads a clock, or touches a process, so
every rule is tested as a row of a table (tests/launcher/test_policy.py).

The rules, in the order in which they apply:
- a second request to stop (Ctrl-C again) kills at once;
- the first failure ends the job: the others are asked to stop, and killed when the
  grace time is over; if that failure was to wait in vain, those that did not come are
  the cause;
- ranks that joined must not wait for ranks that cannot come any more: one that left
  without joining is named at once, one that never arrives after the start timeout;
- another host's failure ends the job here too, unless a worker here has its own;
- jobs with parameter servers replace lost workers (`server_jobs`);
- a host that is done stays for as long as workers of other hosts need it;
- when all have ended the job is over: restarted while restarts are left, else done.

Which failure was the first? An exception that merely reports the loss of another
worker is a consequence; it counts only if nothing better is known. Among the rest the
earliest counts.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import TypeAlias

from launcher import server_jobs
from launcher.causes import (
    Cause,
    CoordinatorEnded,
    HostFailed,
    LeftWithoutJoining,
    NeverJoined,
    OutputClosed,
    Stalled,
    StopRequested,
    WorkerFailed,
)

# How long the loss of a peer, reported by a survivor, waits for its own cause to show.
SETTLE_S = 0.5
# How long a worker whose main thread raised may take to leave before the job ends.
UNWIND_S = 1.0
# Two requests closer together than this are one: `timeout` signals its child and then
# the child's whole group, and no finger is that fast.
REPEAT_S = 0.3
FIRST_NOTICE_S = 5.0
NOTICE_INTERVAL_S = 15.0

STATUS_TIMEOUT = 124


@dataclass(frozen=True)
class WorkerState:
    """What is known of one worker.

    Attributes:
        exit_code: None while it runs; negative is the signal that ended it.
        ended_at: when the launcher saw it end.
        failed_at: when its main thread raised, by its own report; else None.
        blames_peer: its exception only says that another worker was lost.
        gave_up_waiting: its exception says that others did not come to a call.
        has_joined: whether it arrived at the rendezvous.
        role: "chief", "worker" or "ps"; without parameter servers all are workers.
    """

    rank: int
    exit_code: int | None = None
    ended_at: float | None = None
    failed_at: float | None = None
    blames_peer: bool = False
    gave_up_waiting: bool = False
    has_joined: bool = False
    role: str = "worker"

    @property
    def is_running(self) -> bool:
        """Whether its process still exists."""
        return self.exit_code is None

    @property
    def failure_time(self) -> float | None:
        """When it raised or, if it did not report that, when it was seen dead."""
        if self.failed_at is not None:
            return self.failed_at
        return self.ended_at if self.exit_code else None

    @property
    def status(self) -> int:
        """Its exit status as a shell would give it; 1 if it raised and was stopped."""
        if self.failed_at is not None and (self.exit_code or 0) <= 0:
            return 1
        code = self.exit_code or 0
        return code if code >= 0 else 128 - code


@dataclass(frozen=True)
class Request:
    """A signal that asks for the end of the job, and when it came."""

    signum: int
    at: float


_NO_FAILURES = StopRequested | OutputClosed | CoordinatorEnded | None


@dataclass(frozen=True)
class Limits:
    """The user's limits, from `LaunchConfig`."""

    start_timeout_s: float = 60.0
    grace_s: float = 30.0
    restarts: int = 0


@dataclass(frozen=True)
class JobState:
    """What has happened in this attempt.

    Attributes:
        workers: every worker of this host, by rank.
        missing_elsewhere: ranks of other hosts that have not joined.
        is_meeting_place: workers of other hosts still need this launcher to find
            each other, and to hear of each other's end.
        first_join_at: when the first worker arrived at the rendezvous.
        noticed_at: when the user was last told who is missing.
        requests: the signals received that ask for an end, in order.
        output_closed: whether writing the output failed for good.
        cause, stopping_since: set once the job is being stopped.
        is_killed: whether SIGKILL has been sent to all.
        restarts_used: attempts before this one.
        replaced: how many lost workers have been replaced.
        host_failed: what another host has said of its failure.
    """

    workers: tuple[WorkerState, ...]
    missing_elsewhere: tuple[int, ...] = ()
    is_meeting_place: bool = False
    first_join_at: float | None = None
    noticed_at: float | None = None
    requests: tuple[Request, ...] = ()
    output_closed: bool = False
    cause: Cause | None = None
    stopping_since: float | None = None
    is_killed: bool = False
    restarts_used: int = 0
    replaced: int = 0
    host_failed: HostFailed | None = None

    @property
    def missing(self) -> tuple[int, ...]:
        """The ranks that others are waiting for; none before the first joins."""
        if self.first_join_at is None:
            return ()
        here = [worker.rank for worker in self.workers if not worker.has_joined]
        return tuple(sorted([*here, *self.missing_elsewhere]))


@dataclass(frozen=True)
class Continue:
    """Nothing to do yet."""


@dataclass(frozen=True)
class Notice:
    """Tell the user whom the others wait for."""

    missing: tuple[int, ...]
    waited_s: float


@dataclass(frozen=True)
class StopAll:
    """Send a signal to every worker that still runs, and remember why."""

    cause: Cause
    signum: int = signal.SIGTERM


@dataclass(frozen=True)
class Replace:
    """Start a lost worker of a job with parameter servers again."""

    rank: int


@dataclass(frozen=True)
class KillAll:
    """Send SIGKILL to the process group of every worker that still runs."""


@dataclass(frozen=True)
class Restart:
    """All have ended after a failure: start them again."""

    cause: Cause


@dataclass(frozen=True)
class Finish:
    """All have ended: the job's exit status, and its cause unless it succeeded."""

    status: int
    cause: Cause | None = None


Decision: TypeAlias = Continue | Notice | StopAll | Replace | KillAll | Restart | Finish


def decide(job: JobState, limits: Limits, now: float) -> Decision:
    """Say what to do next; the same state and time always give the same answer."""
    everybody_ended = not any(worker.is_running for worker in job.workers)
    cause = (
        _final_cause(job)
        if everybody_ended or job.cause
        else _new_cause(job, limits, now)
    )
    if everybody_ended and cause is None and job.is_meeting_place:
        return Continue()
    if everybody_ended:
        return _conclude(job, limits, cause)
    if job.cause is None and cause is not None:
        return StopAll(cause, _polite_signal(cause))
    if job.cause is not None:
        return _hurry(job, limits, now)
    lost = next((w for w in job.workers if server_jobs.is_replaceable(w, job)), None)
    return Replace(lost.rank) if lost is not None else _notice(job, now)


def first_failure(job: JobState, before: float = float("inf")) -> WorkerState | None:
    """The worker whose failure explains the others', if any failed up to `before`."""
    failed = [
        (worker.blames_peer, time, worker.rank, worker)
        for worker in job.workers
        if (time := worker.failure_time) is not None
        and time <= before
        and not server_jobs.can_do_without(worker, job)
    ]
    return min(failed)[3] if failed else None


def status_of(cause: Cause | None, job: JobState) -> int:
    """The exit status of a job that ended for this cause."""
    match cause:
        case None | CoordinatorEnded():
            return 0
        case WorkerFailed(rank):
            return next(w.status for w in job.workers if w.rank == rank)
        case NeverJoined() | Stalled():
            return STATUS_TIMEOUT
        case LeftWithoutJoining():
            return 1
        case HostFailed():
            return cause.status
        case StopRequested(signum):
            return 128 + signum
        case OutputClosed():
            return 128 + signal.SIGPIPE


def _new_cause(job: JobState, limits: Limits, now: float) -> Cause | None:
    """Why the job should stop now, if it should."""
    if job.requests:
        return StopRequested(job.requests[0].signum)
    if job.output_closed:
        return OutputClosed()
    failed = first_failure(job)
    if job.host_failed is not None and (failed is None or failed.blames_peer):
        return job.host_failed
    if failed is not None and _is_settled(failed, job, now):
        return _stall(job, failed) or WorkerFailed(failed.rank)
    if server_jobs.has_coordinator_left(job, now):
        return CoordinatorEnded()
    return _hopeless_wait(job, limits, now)


def _stall(job: JobState, failed: WorkerState) -> Stalled | None:
    """Whom a worker that gave up had waited for, if they are there to be asked."""
    busy = tuple(w.rank for w in job.workers if w.is_running and not w.failure_time)
    return Stalled(failed.rank, busy) if failed.gave_up_waiting and busy else None


def _is_settled(failed: WorkerState, job: JobState, now: float) -> bool:
    """Whether a failure may be acted on, or something may yet explain or end it."""
    age = now - (failed.failure_time or now)
    if server_jobs.may_coordinator_explain(failed, job, age):
        return False
    if failed.blames_peer and age < SETTLE_S:
        return False
    return not failed.is_running or age >= UNWIND_S


def _hopeless_wait(job: JobState, limits: Limits, now: float) -> Cause | None:
    """Whether workers that joined wait for one that will not come."""
    if job.first_join_at is None or not job.missing:
        return None
    waiting = tuple(w.rank for w in job.workers if w.has_joined and w.is_running)
    for worker in job.workers:
        if waiting and not worker.has_joined and worker.exit_code == 0:
            return LeftWithoutJoining(worker.rank, waiting)
    waited_s = now - job.first_join_at
    if limits.start_timeout_s and waited_s >= limits.start_timeout_s:
        return NeverJoined(job.missing, waited_s)
    return None


def _polite_signal(cause: Cause) -> int:
    """The signal that asks for an end: the user's own, or SIGTERM."""
    return cause.signum if isinstance(cause, StopRequested) else signal.SIGTERM


def _hurry(job: JobState, limits: Limits, now: float) -> Decision:
    """While the job stops: kill what outlives the grace time, or a second Ctrl-C."""
    stopped_at = job.stopping_since if job.stopping_since is not None else now
    asked_again = any(
        request.at >= job.requests[0].at + REPEAT_S
        or not isinstance(job.cause, StopRequested)
        for request in job.requests
    )
    is_late = now - stopped_at >= limits.grace_s
    if not job.is_killed and (asked_again or is_late):
        return KillAll()
    return Continue()


def _final_cause(job: JobState) -> Cause | None:
    """Why the job stopped, in the light of all that arrived since."""
    if job.cause is not None and not isinstance(job.cause, WorkerFailed):
        return job.cause
    if job.cause is None and job.requests:
        return StopRequested(job.requests[0].signum)
    # What ended after the stop was ended by it; an earlier report may arrive late.
    before = job.stopping_since if job.stopping_since is not None else float("inf")
    failed = first_failure(job, before)
    return WorkerFailed(failed.rank) if failed else job.cause


def _conclude(job: JobState, limits: Limits, cause: Cause | None) -> Decision:
    """All have ended."""
    is_failure = not isinstance(cause, _NO_FAILURES)
    if cause is not None and is_failure and job.restarts_used < limits.restarts:
        return Restart(cause)
    return Finish(status_of(cause, job), cause)


def _notice(job: JobState, now: float) -> Decision:
    """Say who is missing at 5 s, and then every 15 s."""
    if job.first_join_at is None or not job.missing:
        return Continue()
    due = job.first_join_at + FIRST_NOTICE_S
    if job.noticed_at is not None:
        due = job.noticed_at + NOTICE_INTERVAL_S
    if now < due:
        return Continue()
    return Notice(job.missing, now - job.first_join_at)
