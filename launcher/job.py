"""A job with everything worked out that is the same for all workers and attempts."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from launcher.child_env import settings_of
from launcher.threads import thread_budget, usable_cores

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dist.contract import Settings
    from launcher.config import LaunchConfig
    from launcher.threads import ThreadBudget


@dataclass(frozen=True)
class Job:
    """What stays the same from one attempt to the next.

    Attributes:
        config: the job as asked for.
        run_id: names it in messages.
        inherited: the variables that workers inherit from the launcher.
        settings: how workers are to talk.
        budget: the threads of each worker.
        task: what worker number `rank` runs, as entry.py expects it.
        terminals: the launcher's own terminals for the chief's output and errors.
        folder: a private folder that must not outlive the launcher.
    """

    config: LaunchConfig
    run_id: str
    inherited: Mapping[str, str]
    settings: Settings
    budget: ThreadBudget
    task: Callable[[int], list[str]]
    terminals: tuple[int | None, int | None] = (None, None)
    folder: str | None = None


def make_job(config: LaunchConfig, inherited: Mapping[str, str]) -> Job:
    """Work out a job that runs the configured program."""
    program = config.program
    kind = "module" if program.is_module else "script"
    words = [kind, program.name, *program.arguments]
    cores = usable_cores(inherited)
    return Job(
        config=config,
        run_id=secrets.token_hex(3),
        inherited=inherited,
        settings=settings_of(inherited),
        budget=thread_budget(inherited, cores, config.workers, config.threads),
        task=lambda _rank: words,
    )
