"""The rules of a job with parameter servers, as parts of the policy; pure like it.

A worker whose process is lost is replaced: the coordinator gives its work to others
meanwhile. A lost parameter server takes its variables with it, so the job ends, but the
coordinator may say first what it was doing. When the coordinator is done, the job is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from launcher.policy import JobState, WorkerState

# How long the coordinator may take to say itself that a parameter server is lost.
SERVER_LOST_S = 3.0
# How long workers and servers may take to end after their coordinator.
COORDINATOR_ENDED_S = 5.0
# How many lost workers a job replaces, so that one that cannot live ends somewhere.
REPLACEMENTS = 10


def coordinator_of(job: JobState) -> WorkerState | None:
    """Return the coordinator; None in a job without parameter servers."""
    return next((w for w in job.workers if w.role == "chief"), None)


def is_replaceable(worker: WorkerState, job: JobState) -> bool:
    """Return whether a worker was lost that is to be started again.

    One that raised is the script's fault, and would raise again.
    """
    chief = coordinator_of(job)
    return (
        chief is not None
        and chief.is_running
        and chief.failed_at is None
        and worker.role == "worker"
        and bool(worker.exit_code)
        and worker.failed_at is None
        and job.replaced < REPLACEMENTS
    )


def can_do_without(worker: WorkerState, job: JobState) -> bool:
    """Return whether the end of a worker or server is no failure of the job."""
    chief = coordinator_of(job)
    has_all = chief is not None and chief.exit_code == 0 and worker.role != "chief"
    return has_all or is_replaceable(worker, job)


def may_coordinator_explain(failed: WorkerState, job: JobState, age: float) -> bool:
    """Return whether to wait for what the coordinator says of a lost server."""
    chief = coordinator_of(job)
    return (
        failed.role == "ps"
        and chief is not None
        and chief.is_running
        and age < SERVER_LOST_S
    )


def has_coordinator_left(job: JobState, now: float) -> bool:
    """Return whether the coordinator ended well, and others do not notice."""
    chief = coordinator_of(job)
    return (
        chief is not None
        and chief.exit_code == 0
        and chief.ended_at is not None
        and now - chief.ended_at >= COORDINATOR_ENDED_S
    )
