"""The environment a worker starts with: the user's, the job's, its thread budget."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from dist.contract import (
    Settings,
    WorkerIdentity,
    child_environment,
    identity_from_environment,
)
from launcher.roles import task_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dist.job_key import JobKey
    from launcher.job import Job
    from launcher.roles import Cluster
    from launcher.threads import ThreadBudget


# The launcher names who is missing; a worker's own deadline must not come first.
WORKER_TIMEOUT_MARGIN_S = 5.0


def own_environment() -> Mapping[str, str]:
    """The variables that the launcher itself was started with."""
    return os.environ


def settings_of(environment: Mapping[str, str]) -> Settings:
    """How workers are to talk, as far as the user's variables say.

    Whatever says who a process is, is left out: it describes the launcher.
    """
    settings = {
        name: value
        for name, value in environment.items()
        if name.startswith(("DIST_", "RINGFLOW_")) and name != "RINGFLOW_RANK"
    }
    return identity_from_environment(settings).settings


def worker_identity(  # noqa: PLR0913 - the facts of an attempt
    job: Job,
    rank: int,
    restarts_used: int = 0,
    address: str = "",
    key: JobKey | None = None,
    cluster: Cluster | None = None,
) -> WorkerIdentity:
    """Who a worker is in its job.

    Args:
        job: the job it is part of.
        rank: the worker's number.
        restarts_used: how often the job has been restarted.
        address: where the workers meet; empty if there is nobody to meet.
        key: the secret of this attempt.
        cluster: the addresses by role, if there are parameter servers.
    """
    role, index = task_of(job.config, rank)
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    config, timeout_s = job.config, job.config.start_timeout_s
    return WorkerIdentity(
        rank=rank,
        size=config.size,
        local_rank=rank - config.local_ranks.start,
        local_size=len(config.local_ranks),
        host=socket.gethostname(),
        run_id=job.run_id,
        restart_count=restarts_used,
        source="launch",
        role=role,
        task_index=index,
        cluster=cluster,
        rendezvous=address,
        job_key=key,
        master_address=host or "127.0.0.1",
        master_port=int(port or 0),
        start_timeout_s=timeout_s + WORKER_TIMEOUT_MARGIN_S if timeout_s else 0.0,
        settings=job.settings,
    )


def worker_variables(
    identity: WorkerIdentity,
    budget: ThreadBudget,
    assignments: tuple[tuple[str, str], ...] = (),
) -> dict[str, str]:
    """What a worker gets on top of the user's variables; `--env` wins over all."""
    return {**budget.variables, **child_environment(identity), **dict(assignments)}
