"""The command `launch`: from the words on the command line to an exit status."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from launcher.config import Program, read_config
from launcher.errors import UsageError
from launcher.options import help_text

if TYPE_CHECKING:
    from collections.abc import Sequence

STATUS_USAGE = 2


def main(words: Sequence[str] | None = None) -> int:
    """Run `launch`; return its exit status.

    Args:
        words: the command line without the command's name; `sys.argv` by default.
    """
    from launcher.child_env import own_environment

    arguments = list(sys.argv[1:] if words is None else words)
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        sys.stdout.write(help_text())
        return 0 if arguments else STATUS_USAGE
    if arguments[0] == "doctor" and not os.path.exists("doctor"):
        from launcher.doctor import main as doctor

        return doctor(arguments[1:])
    environment = own_environment()
    try:
        config = read_config(arguments, environment)
    except UsageError as error:
        sys.stderr.write(f"launch: {error}\n")
        return STATUS_USAGE
    if (status := _check_syntax(config.program)) != 0:
        return status
    from launcher.supervisor import Supervisor, make_job, own_screen, own_terminals

    job = make_job(config, environment, terminals=own_terminals())
    screen = own_screen()
    try:
        return Supervisor(job, screen).run().status
    finally:
        screen.close()


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
