"""The command `launch`: from the words on the command line to an exit status."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from launcher.config import Program, read_config
from launcher.errors import LauncherError, UsageError
from launcher.options import help_text
from launcher.screen import own_screen, own_terminals
from launcher.siblings import require_own_dist

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from launcher.config import LaunchConfig
    from launcher.job import Job

STATUS_USAGE = 2


def main(words: Sequence[str] | None = None) -> int:
    """Run `launch`; return its exit status.

    Args:
        words: the command line without the command's name; `sys.argv` by default.
    """
    arguments = list(sys.argv[1:] if words is None else words)
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        (sys.stdout if arguments else sys.stderr).write(help_text())
        return 0 if arguments else STATUS_USAGE
    if arguments[0] == "doctor" and not os.path.exists("doctor"):
        from launcher.doctor import main as doctor

        return doctor(arguments[1:])
    try:
        require_own_dist()
        from launcher.child_env import own_environment

        environment = own_environment()
        config = read_config(arguments, environment)
    except ImportError as error:
        sys.stderr.write(f"launch: {error}\n")
        return 1
    except UsageError as error:
        sys.stderr.write(f"launch: {error}\n")
        return STATUS_USAGE
    if (status := _check_syntax(config.program)) != 0:
        return status
    return _run(config, environment)


def _run(config: LaunchConfig, environment: Mapping[str, str]) -> int:
    from dist.errors import DistError
    from launcher.job import make_job

    try:
        job = replace(make_job(config, environment), terminals=own_terminals())
        if config.is_dry_run:
            return _dry_run(job)
        return _supervise(job)
    except KeyboardInterrupt:  # before the signals are handled: nothing has started
        return 128 + signal.SIGINT
    except (DistError, LauncherError) as error:
        sys.stderr.write(f"launch: {error}\n")
        return STATUS_USAGE if isinstance(error, UsageError) else 1


def _supervise(job: Job) -> int:
    from launcher.supervisor import Supervisor

    screen = own_screen()
    try:
        return Supervisor(job, screen).run().status
    finally:
        screen.close()


def _dry_run(job: Job) -> int:
    """Say what would be started: the command of each worker, and its variables."""
    from launcher.child_env import worker_identity, worker_variables
    from launcher.report import opening
    from launcher.roles import free_addresses

    cluster = free_addresses(job.config)
    sys.stderr.write(f"launch: {opening(job, socket.gethostname(), '')}\n")
    for rank in job.config.local_ranks:
        identity = worker_identity(job, rank, cluster=cluster)
        variables = worker_variables(identity, job.budget, job.config.environment)
        settings = " ".join(f"{k}={shlex.quote(v)}" for k, v in variables.items() if v)
        command = f"{sys.executable} {job.config.program.command}"
        sys.stdout.write(f"rank {rank}: {settings} {command}\n")
    return 0


def _check_syntax(program: Program) -> int:
    """Compile the script once here, rather than fail in every worker."""
    if program.is_module:
        return 0
    path = os.path.abspath(program.name)
    try:
        with open(path, "rb") as source:
            compile(source.read(), path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:  # ValueError: null bytes
        import traceback

        sys.stderr.write("".join(traceback.format_exception_only(error)))
        sys.stderr.write("launch: no worker was started: the script does not compile\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"launch: cannot read {program.name!r}: {error.strerror}\n")
        return STATUS_USAGE
    return 0


if __name__ == "__main__":
    sys.exit(main())
