"""A job with everything worked out that is the same for all workers and attempts."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dist.job_key import JobKey
from launcher.child_env import settings_of
from launcher.errors import UsageError
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
        key: the secret that all hosts of the job share; None on a single host, where
            each attempt gets one of its own.
    """

    config: LaunchConfig
    run_id: str
    inherited: Mapping[str, str]
    settings: Settings
    budget: ThreadBudget
    task: Callable[[int], list[str]]
    terminals: tuple[int | None, int | None] = (None, None)
    folder: str | None = None
    key: JobKey | None = None


def make_job(config: LaunchConfig, inherited: Mapping[str, str]) -> Job:
    """Work out a job that runs the configured program."""
    program, key = config.program, None
    if config.key_file is not None:
        try:
            key = JobKey.from_file(config.key_file)
        except OSError as error:
            raise UsageError(
                f"`--key-file`: cannot read {str(config.key_file)!r}: {error.strerror}."
            ) from None
    kind = "module" if program.is_module else "script"
    words = [kind, program.name, *program.arguments]
    cores = usable_cores(inherited)
    asked = {
        name: value
        for name in ("interface", "encryption", "stall_warn_s", "stall_abort_s")
        if (value := getattr(config, name)) is not None
    }
    return Job(
        config=config,
        # Hosts of one job share nothing but the key before they meet.
        run_id=hashlib.sha256(b"run" + key.secret).hexdigest()[:6]
        if key
        else secrets.token_hex(3),
        inherited=inherited,
        settings=replace(settings_of(inherited), **asked),
        budget=thread_budget(inherited, cores, config.workers, config.threads),
        task=lambda _rank: words,
        key=key,
    )
