"""The environment a worker starts with: the user's, the job's, its thread budget."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dist.contract import (
    Settings,
    WorkerIdentity,
    child_environment,
    identity_from_environment,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from launcher.threads import ThreadBudget


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


def worker_environment(
    inherited: Mapping[str, str],
    identity: WorkerIdentity,
    budget: ThreadBudget,
    assignments: tuple[tuple[str, str], ...] = (),
) -> dict[str, str]:
    """Put a worker's variables together; `--env` wins over everything."""
    return {
        **inherited,
        **budget.variables,
        **child_environment(identity),
        **dict(assignments),
    }
