"""What a job is to be, checked once; nothing after this doubts it.

The fields come from the command line, then from LAUNCH_* variables, then from the
defaults here. `LaunchConfig` is frozen: whoever holds one may rely on all of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dist.contract import LOCAL_START_TIMEOUT_S, MULTI_HOST_START_TIMEOUT_S
from launcher.allotment import allotted_tasks
from launcher.errors import UsageError
from launcher.options import read_command_line, read_environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Program:
    """What every worker runs.

    Attributes:
        name: the path of a script, or the name of a module.
        arguments: its own arguments, untouched.
        is_module: whether `name` is a module, as after `python -m`.
    """

    name: str
    arguments: tuple[str, ...] = ()
    is_module: bool = False

    @property
    def command(self) -> str:
        """The program as one would type it."""
        words = ["-m", self.name] if self.is_module else [self.name]
        return " ".join([*words, *self.arguments])


@dataclass(frozen=True)
class LaunchConfig:
    """A job, as asked for: the meaning of each field is that of its option."""

    workers: int
    program: Program
    servers: int = 0
    nodes: int = 1
    node_rank: int | None = None
    coordinator: str = ""
    key_file: Path | None = None
    restarts: int = 0
    start_timeout_s: float = LOCAL_START_TIMEOUT_S
    stall_warn_s: float | None = None
    stall_abort_s: float | None = None
    grace_s: float = 30.0
    interface: str | None = None
    encryption: str | None = None
    threads: int | None = None
    ranks: frozenset[int] | None = None
    output: str = "auto"
    log_dir: Path | None = None
    timeline: Path | None = None
    environment: tuple[tuple[str, str], ...] = ()
    is_dry_run: bool = False
    is_verbose: bool = False
    is_quiet: bool = False

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise UsageError(
                f"`-n` must be at least 1, got {self.workers}. Pass for example `-n 4`."
            )
        if self.is_verbose and self.is_quiet:
            raise UsageError(
                "`-v` and `-q` ask for opposite things. Pass one of them, or neither."
            )
        if self.ranks is not None and (extra := self.ranks - set(range(self.size))):
            raise UsageError(
                f"`--ranks` names rank {min(extra)}, but this job has the ranks 0 "
                f"to {self.size - 1}."
            )
        self._check_nodes()
        if self.servers and self.nodes > 1:
            raise UsageError(
                "`--ps` works on one host so far. On several, start the tasks with "
                "TF_CONFIG set, each on its own host."
            )
        log_dir = self.log_dir
        if log_dir is not None and log_dir.exists() and not log_dir.is_dir():
            raise UsageError(
                f"`--log-dir` must be a folder, and {str(log_dir)!r} is not one."
            )

    @property
    def size(self) -> int:
        """How many processes the job has on all hosts."""
        if self.servers:
            return 1 + self.workers + self.servers
        return self.nodes * self.workers

    @property
    def local_ranks(self) -> range:
        """The ranks of the processes on this host."""
        if self.servers:
            return range(self.size)
        first = (self.node_rank or 0) * self.workers
        return range(first, first + self.workers)

    def _check_nodes(self) -> None:
        """What several hosts need, and one host has no use for."""
        needed = {
            "--node-rank": self.node_rank is not None,
            "--coordinator": bool(self.coordinator),
            "--key-file": self.key_file is not None,
        }
        missing = [flag for flag, is_given in needed.items() if not is_given]
        if self.nodes == 1:
            if len(missing) < len(needed):
                given = next(flag for flag in needed if flag not in missing)
                raise UsageError(f"`{given}` is for several hosts: pass `--nodes` too.")
            return
        if missing:
            raise UsageError(
                f"`--nodes {self.nodes}` needs `{missing[0]}` too. Run the same "
                "command on each host, with `--node-rank` 0, 1, … and the same key "
                "file, made by `(umask 077; openssl rand -base64 32 > FILE)`."
            )
        if self.node_rank is not None and self.node_rank >= self.nodes:
            raise UsageError(
                f"`--node-rank` must be below {self.nodes}, the number of hosts, got "
                f"{self.node_rank}. Hosts are numbered from 0."
            )


def read_config(
    words: Sequence[str], environment: Mapping[str, str]
) -> LaunchConfig:  # fmt: skip
    """Make the configuration of a job from a command line; raise `UsageError`."""
    line = read_command_line(words)
    values = read_environment(environment)
    if line.values.keys() & {"is_quiet", "is_verbose"}:
        values = values | {"is_quiet": False, "is_verbose": False}
    values |= line.values
    is_module = values.pop("is_module", False)
    if not line.program:
        raise UsageError(
            "which program? Name a script or, after `-m`, a module: "
            "`launch -n 4 train.py`."
        )
    if "workers" not in values:
        allotted = allotted_tasks(environment)
        if allotted is None:
            raise UsageError(
                "how many workers? Pass for example `-n 4`: "
                f"`launch -n 4 {' '.join(line.program)}`."
            )
        values["workers"] = allotted
    if values.get("nodes", 1) > 1:
        values.setdefault("start_timeout_s", MULTI_HOST_START_TIMEOUT_S)
    name, *arguments = line.program
    program = Program(name, tuple(arguments), is_module)
    _require_runnable(program)
    return LaunchConfig(program=program, **values)


def _require_runnable(program: Program) -> None:
    """Refuse a program that no worker could start, before any is started."""
    if program.is_module:
        return  # finding a module imports its packages: left to the workers
    path = Path(program.name)
    if path.is_dir():
        raise UsageError(f"{program.name!r} is a folder; expected a Python script.")
    if path.is_file():
        return
    hint = ""
    if not path.suffix and Path(f"{program.name}.py").is_file():
        hint = f" Did you mean `{program.name}.py`?"
    elif path.suffix != ".py" and program.name.replace(".", "").isidentifier():
        hint = f" If it is a module, write `-m {program.name}`."
    where = "" if path.is_absolute() else f" in {str(Path.cwd())!r}"
    raise UsageError(f"there is no script {program.name!r}{where}.{hint}")
