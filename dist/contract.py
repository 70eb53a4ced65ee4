"""What the environment says about this process: the only reader of `os.environ`.

Every launcher describes a process in its own variables. They all become one
`WorkerIdentity`, looked for in this order:

    launch      RINGFLOW_RANK, RINGFLOW_SIZE … (what `child_environment` writes)
    TF_CONFIG   TensorFlow's cluster description, as Kubernetes operators set it
    torchrun    RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT
    Slurm       SLURM_PROCID … inside an `srun` step
    Open MPI    OMPI_COMM_WORLD_RANK …
    nothing     a group of one

The first that is present wins; two that are present and disagree are an error that
shows both, because every way to guess between them has trained four models of size one
somewhere. `child_environment` is the inverse and is what `launch` exports.
"""

from __future__ import annotations

import json
import os
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from dist.errors import ConfigurationError
from dist.foreign_launchers import Claim, open_mpi, slurm, tf_config, torchrun
from dist.job_key import JobKey

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LOCAL_START_TIMEOUT_S = 60.0
MULTI_HOST_START_TIMEOUT_S = 300.0
Number = TypeVar("Number", int, float)
TRANSPORTS = ("auto", "shm", "ring", "ipc", "hierarchy")


@dataclass(frozen=True)
class Settings:
    """How a process talks, as opposed to who it is; each has a variable of its own.

    Attributes:
        transport: DIST_TRANSPORT, one of `TRANSPORTS`.
        interface: RINGFLOW_INTERFACE, a name, address, network or `^excluded name`.
        encryption: RINGFLOW_ENCRYPTION, "auto", "on" or "off" (authenticated only).
        stall_warn_s: RINGFLOW_STALL_WARN_S, when a late rank is named on stderr.
        stall_abort_s: RINGFLOW_STALL_ABORT_S, the default deadline of a call; 0 = none.
        timeline: RINGFLOW_TIMELINE, the directory that traces are written to.
    """

    transport: str = "auto"
    interface: str = ""
    encryption: str = "auto"
    stall_warn_s: float = 30.0
    stall_abort_s: float = 600.0
    timeline: str = ""


@dataclass(frozen=True)
class WorkerIdentity:
    """Who this process is in the job.

    Attributes:
        rank, size: its number among all processes of the job, and how many they are.
        local_rank, local_size: the same among those on its host.
        host: the name of its host; ranks with equal hosts share memory.
        run_id: the same for all processes of a job, different between jobs.
        restart_count: how often `launch` has restarted the job.
        source: which launcher said so, for messages.
        role, task_index: the part played under a parameter-server cluster.
        cluster: addresses by role, where the launcher knows them.
        rendezvous: where the group is formed ("tcp://host:port"); "" = through a file.
        job_key: the job's secret, None where a foreign launcher cannot carry it.
        is_rendezvous_host: rank 0 of a job that was not started by `launch`.
        start_timeout_s: how long to wait for the other ranks.
        rendezvous_directory: where ranks of a foreign launcher find each other.
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0
    local_size: int = 1
    host: str = field(default_factory=lambda: host_name())
    run_id: str = ""
    restart_count: int = 0
    source: str = "nothing"
    role: str = "worker"
    task_index: int = 0
    cluster: Mapping[str, tuple[str, ...]] | None = None
    rendezvous: str = ""
    job_key: JobKey | None = field(default=None, repr=False)
    master_address: str = "127.0.0.1"
    master_port: int = 0
    start_timeout_s: float = LOCAL_START_TIMEOUT_S
    rendezvous_directory: str = ""
    settings: Settings = Settings()

    def __post_init__(self) -> None:
        for count, name, index, index_name in (
            (self.size, "size", self.rank, "rank"),
            (self.local_size, "local_size", self.local_rank, "local_rank"),
        ):
            if count < 1 or not 0 <= index < count:
                raise ConfigurationError(
                    f"{self.source}: {index_name} {index}, {name} {count}; "
                    f"expected 0 <= {index_name} < {name}. Check how the job starts."
                )

    @property
    def is_rendezvous_host(self) -> bool:
        """Whether this process must run the rendezvous itself."""
        return self.source != "launch" and self.rank == 0 and self.size > 1

    @property
    def spans_hosts(self) -> bool:
        """Whether some rank of the job may be on another host."""
        return self.local_size < self.size


# What is true where no launcher says anything.
_ALONE = Claim("nothing", rank=0, size=1, local_rank=0, local_size=1)


def identity_from_environment(
    environ: Mapping[str, str] | None = None,
) -> WorkerIdentity:
    """Read who this process is; raise `ConfigurationError` if sources disagree.

    Args:
        environ: the variables to read instead of the process's own, for tests.
    """
    environment = os.environ if environ is None else environ
    claims = [
        claim
        for read in (_launch, tf_config, torchrun, slurm, open_mpi)
        if (claim := read(environment)) is not None
    ]
    _reject_contradictions(claims)
    return _identity(claims[0] if claims else _ALONE, environment)


def tf_config_variable() -> str:
    """The text of `TF_CONFIG`, for those who give it a meaning of their own."""
    return os.environ.get("TF_CONFIG", "{}")


def host_name() -> str:
    """A name for this host that no other host of the job has."""
    name = socket.gethostname()
    boot = Path("/proc/sys/kernel/random/boot_id")
    if name.startswith("localhost") and boot.exists():
        return f"{name}-{boot.read_text()[:8]}"
    return name


def child_environment(identity: WorkerIdentity) -> dict[str, str]:
    """The variables that make a child process become `identity`.

    Beside our own this writes the names that scripts written for torchrun and
    TensorFlow read (`RANK`, `WORLD_SIZE`, `TF_CONFIG` …). What the parent itself runs
    under (Slurm, Open MPI) does not contradict them: that describes the launcher.
    """
    settings = identity.settings
    variables = {
        "RINGFLOW_RANK": str(identity.rank),
        "RINGFLOW_SIZE": str(identity.size),
        "RINGFLOW_LOCAL_RANK": str(identity.local_rank),
        "RINGFLOW_LOCAL_SIZE": str(identity.local_size),
        "RINGFLOW_HOST": identity.host,
        "RINGFLOW_ROLE": _task(identity)[0],
        "RINGFLOW_TASK_INDEX": str(_task(identity)[1]),
        "RINGFLOW_RENDEZVOUS": identity.rendezvous,
        "RINGFLOW_START_TIMEOUT_S": str(identity.start_timeout_s),
        "RINGFLOW_STALL_WARN_S": str(settings.stall_warn_s),
        "RINGFLOW_STALL_ABORT_S": str(settings.stall_abort_s),
        "RINGFLOW_ENCRYPTION": settings.encryption,
        "RINGFLOW_INTERFACE": settings.interface,
        "RINGFLOW_TIMELINE": settings.timeline,
        "DIST_TRANSPORT": settings.transport,
        "RANK": str(identity.rank),
        "LOCAL_RANK": str(identity.local_rank),
        "WORLD_SIZE": str(identity.size),
        "LOCAL_WORLD_SIZE": str(identity.local_size),
        "MASTER_ADDR": identity.master_address,
        "MASTER_PORT": str(identity.master_port),
        "RUN_ID": identity.run_id,
        "RESTART_COUNT": str(identity.restart_count),
        "TF_CONFIG": _tf_config_text(identity),
    }
    if identity.job_key is not None:
        variables["RINGFLOW_JOB_KEY"] = identity.job_key.text
    return variables


def _launch(environment: Mapping[str, str]) -> Claim | None:
    """What our own launcher said."""
    if "RINGFLOW_RANK" not in environment:
        return None
    read = _Reader("launch", environment)
    return Claim(
        source="launch",
        rank=read.integer("RINGFLOW_RANK"),
        size=read.integer("RINGFLOW_SIZE"),
        local_rank=read.integer("RINGFLOW_LOCAL_RANK"),
        local_size=read.integer("RINGFLOW_LOCAL_SIZE"),
        run_id=environment.get("RUN_ID", ""),
        role=environment.get("RINGFLOW_ROLE", "worker"),
        task_index=read.integer("RINGFLOW_TASK_INDEX", 0),
        master_address=environment.get("MASTER_ADDR", "127.0.0.1"),
        master_port=read.integer("MASTER_PORT", 0),
        evidence=f"RINGFLOW_RANK={environment['RINGFLOW_RANK']}, task "
        f"{environment.get('RINGFLOW_ROLE')} {environment.get('RINGFLOW_TASK_INDEX')}",
    )


def _identity(claim: Claim, environment: Mapping[str, str]) -> WorkerIdentity:
    read = _Reader(claim.source, environment)
    spans_hosts = claim.local_size < claim.size
    default_timeout = (
        MULTI_HOST_START_TIMEOUT_S if spans_hosts else LOCAL_START_TIMEOUT_S
    )
    key_text = environment.get("RINGFLOW_JOB_KEY", "")
    key_file = environment.get("RINGFLOW_JOB_KEY_FILE", "")
    job_key = JobKey.from_text(key_text) if key_text else None
    if job_key is None and key_file:
        job_key = JobKey.from_file(key_file)
    return WorkerIdentity(
        rank=claim.rank,
        size=claim.size,
        local_rank=claim.local_rank,
        local_size=claim.local_size,
        host=environment.get("RINGFLOW_HOST") or host_name(),
        run_id=claim.run_id,
        restart_count=read.integer("RESTART_COUNT", 0),
        source=claim.source,
        role=claim.role,
        task_index=claim.task_index,
        cluster=claim.cluster or _cluster(environment),
        rendezvous=environment.get("RINGFLOW_RENDEZVOUS") or claim.rendezvous,
        job_key=job_key,
        master_address=claim.master_address,
        master_port=claim.master_port,
        start_timeout_s=read.seconds("RINGFLOW_START_TIMEOUT_S", default_timeout),
        rendezvous_directory=environment.get("RINGFLOW_RENDEZVOUS_DIR", ""),
        settings=_settings(environment),
    )


def _settings(environment: Mapping[str, str]) -> Settings:
    read = _Reader("settings", environment)
    return Settings(
        transport=read.choice("DIST_TRANSPORT", TRANSPORTS),
        interface=environment.get("RINGFLOW_INTERFACE", ""),
        encryption=read.choice("RINGFLOW_ENCRYPTION", ("auto", "on", "off")),
        stall_warn_s=read.seconds("RINGFLOW_STALL_WARN_S", 30.0),
        stall_abort_s=read.seconds("RINGFLOW_STALL_ABORT_S", 600.0),
        timeline=environment.get("RINGFLOW_TIMELINE", ""),
    )


def _reject_contradictions(claims: list[Claim]) -> None:
    """Raise if a source that speaks about this very process differs from the first.

    Slurm and Open MPI may describe an outer launcher that started ours or torchrun's
    (one per host), so they are held against TF_CONFIG and each other only.
    """
    if not claims:
        return
    first = claims[0]
    started_by_launcher = first.source in ("launch", "torchrun")
    for other in claims[1:]:
        if started_by_launcher and other.source in ("Slurm", "Open MPI"):
            continue
        if _place(first, other) != _place(other, first):
            raise ConfigurationError(
                f"the environment contradicts itself: {first.source} says rank "
                f"{first.rank} of {first.size} ({first.evidence}), {other.source} says "
                f"rank {other.rank} of {other.size} ({other.evidence}). Unset the "
                "variables of the one that does not apply to this process."
            )


def _place(claim: Claim, other: Claim) -> tuple[object, ...]:
    """What two claims must agree on.

    `launch` numbers every process of a parameter-server cluster, TF_CONFIG numbers each
    role by itself: between these two, the task is what counts.
    """
    if {claim.source, other.source} == {"launch", "TF_CONFIG"}:
        return claim.role, claim.task_index
    return claim.rank, claim.size


def _cluster(environment: Mapping[str, str]) -> Mapping[str, tuple[str, ...]] | None:
    claim = tf_config(environment)
    return claim.cluster if claim is not None else None


def _tf_config_text(identity: WorkerIdentity) -> str:
    cluster = identity.cluster or {
        "worker": tuple(
            f"{identity.master_address}:{identity.master_port + rank}"
            for rank in range(identity.size)
        )
    }
    role, index = _task(identity)
    return json.dumps(
        {
            "cluster": {name: list(tasks) for name, tasks in cluster.items()},
            "task": {"type": role, "index": index},
        }
    )


def _task(identity: WorkerIdentity) -> tuple[str, int]:
    """Role and index; without a described cluster every process is a worker."""
    if identity.cluster is None:
        return "worker", identity.rank
    return identity.role, identity.task_index


class _Reader:
    """Reads typed values and names the variable when one cannot be read."""

    def __init__(self, source: str, environment: Mapping[str, str]) -> None:
        self._source = source
        self._environment = environment

    def integer(self, name: str, default: int | None = None) -> int:
        """A whole number; required unless there is a default."""
        return self._parse(name, int, "a whole number", default)

    def seconds(self, name: str, default: float) -> float:
        """A duration that is not negative."""
        value = self._parse(name, float, "a number of seconds", default)
        if not value >= 0:
            raise ConfigurationError(
                f"{name} is {value!r}; expected a number of seconds that is not "
                "negative. 0 means no limit."
            )
        return value

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """One of a few words, the first of which is the default."""
        value = self._environment.get(name) or choices[0]
        if value not in choices:
            raise ConfigurationError(
                f"{name} is {value!r}; expected one of {', '.join(choices)}."
            )
        return value

    def _parse(
        self,
        name: str,
        kind: Callable[[str], Number],
        expected: str,
        default: Number | None,
    ) -> Number:
        text = self._environment.get(name, "")
        if not text:
            if default is None:
                raise ConfigurationError(
                    f"{self._source}: {name} is not set; expected {expected}. The "
                    "variables of one launcher belong together: set all or none."
                )
            return default
        try:
            return kind(text)
        except ValueError:
            raise ConfigurationError(
                f"{self._source}: {name} is {text!r}; expected {expected}."
            ) from None
