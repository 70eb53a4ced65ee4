"""How other launchers describe a process: one pure function for each.

Each takes the environment and returns a `Claim`, or None where its variables are not
set. `contract` decides between several claims; nothing here does.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dist.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

# Slurm jobs have no port of their own: spread the jobs of a host over this range.
SLURM_PORTS = range(23_000, 29_000)


@dataclass(frozen=True)
class Claim:
    """One launcher's statement about this process."""

    source: str
    rank: int
    size: int
    local_rank: int
    local_size: int
    run_id: str = ""
    role: str = "worker"
    task_index: int = 0
    cluster: Mapping[str, tuple[str, ...]] | None = None
    rendezvous: str = ""
    master_address: str = "127.0.0.1"
    master_port: int = 0
    evidence: str = ""


def tf_config(environment: Mapping[str, str]) -> Claim | None:
    """Read `TF_CONFIG`: chief and workers form the group, in that order.

    Parameter servers and evaluators take no part in collectives: each is a group of
    one that knows the cluster. An evaluator may be left out of `cluster`, as
    TensorFlow allows.
    """
    text = environment.get("TF_CONFIG", "")
    if not text:
        return None
    cluster, role, index = _parse_tf_config(text)
    if not cluster:
        return None
    tasks = [("chief", i) for i in range(len(cluster.get("chief", ())))]
    tasks += [("worker", i) for i in range(len(cluster.get("worker", ())))]
    if (role, index) not in tasks:
        return Claim(
            source="TF_CONFIG",
            rank=0,
            size=1,
            local_rank=0,
            local_size=1,
            role=role,
            task_index=index,
            cluster=cluster,
            evidence=f"task {role} {index}",
        )
    hosts = [cluster[name][i].rpartition(":")[0] for name, i in tasks]
    rank = tasks.index((role, index))
    first = cluster[tasks[0][0]][0]
    address, _, port = first.rpartition(":")
    return Claim(
        source="TF_CONFIG",
        rank=rank,
        size=len(tasks),
        local_rank=hosts[:rank].count(hosts[rank]),
        local_size=hosts.count(hosts[rank]),
        run_id=f"tf-{first}",
        role=role,
        task_index=index,
        cluster=cluster,
        rendezvous=f"tcp://{first}",
        master_address=address,
        master_port=int(port),
        evidence=f"task {role} {index} of {len(tasks)} chief and worker tasks",
    )


def torchrun(environment: Mapping[str, str]) -> Claim | None:
    """Read torchrun's variables, which many other launchers set as well.

    torchrun's own agent listens on MASTER_PORT, so the rendezvous takes the next port.
    """
    if "RANK" not in environment or "WORLD_SIZE" not in environment:
        return None
    rank = _integer("torchrun", environment, "RANK")
    size = _integer("torchrun", environment, "WORLD_SIZE")
    local_rank = _integer("torchrun", environment, "LOCAL_RANK", rank)
    local_size = _integer("torchrun", environment, "LOCAL_WORLD_SIZE", size)
    address = environment.get("MASTER_ADDR", "127.0.0.1")
    port = _integer("torchrun", environment, "MASTER_PORT", 0)
    agent_listens = environment.get("TORCHELASTIC_USE_AGENT_STORE") == "True"
    return Claim(
        source="torchrun",
        rank=rank,
        size=size,
        local_rank=local_rank,
        local_size=local_size,
        run_id=environment.get("TORCHELASTIC_RUN_ID", f"{address}-{port}"),
        task_index=rank,
        rendezvous=f"tcp://{address}:{port + agent_listens}" if port else "",
        master_address=address,
        master_port=port,
        evidence=f"RANK={rank} WORLD_SIZE={size}",
    )


def slurm(environment: Mapping[str, str]) -> Claim | None:
    """Read the variables of an `srun` step.

    A batch script has SLURM_PROCID=0 and SLURM_NTASKS too, although only one copy of it
    runs; only `srun` sets the step's own variables. Under `mpirun` they describe its
    daemons, one per host, so Open MPI's are believed instead.
    """
    in_step = "SLURM_STEP_ID" in environment or "SLURM_STEP_NUM_TASKS" in environment
    if "SLURM_PROCID" not in environment or not in_step:
        return None
    if "OMPI_COMM_WORLD_RANK" in environment:
        return None
    rank = _integer("Slurm", environment, "SLURM_PROCID")
    name = (
        "SLURM_STEP_NUM_TASKS"
        if "SLURM_STEP_NUM_TASKS" in environment
        else "SLURM_NTASKS"
    )
    size = _integer("Slurm", environment, name, 1)
    node = _integer("Slurm", environment, "SLURM_NODEID", 0)
    per_node = tasks_per_node(
        environment.get("SLURM_STEP_TASKS_PER_NODE")
        or environment.get("SLURM_TASKS_PER_NODE")
        or str(size)
    )
    hosts = expand_hosts(
        environment.get("SLURM_STEP_NODELIST")
        or environment.get("SLURM_JOB_NODELIST", "")
    )
    address = hosts[0] if len(hosts) > 1 else "127.0.0.1"
    job = _integer("Slurm", environment, "SLURM_JOB_ID", 0)
    port = SLURM_PORTS[job % len(SLURM_PORTS)]
    return Claim(
        source="Slurm",
        rank=rank,
        size=size,
        local_rank=_integer("Slurm", environment, "SLURM_LOCALID", 0),
        local_size=per_node[node] if node < len(per_node) else 1,
        run_id=f"slurm-{job}.{environment.get('SLURM_STEP_ID', '0')}",
        task_index=rank,
        rendezvous=f"tcp://{address}:{port}" if len(hosts) > 1 else "",
        master_address=address,
        master_port=port,
        evidence=f"SLURM_PROCID={rank} {name}={size}",
    )


def open_mpi(environment: Mapping[str, str]) -> Claim | None:
    """Read the variables of Open MPI's `mpirun`; it tells no address of rank 0."""
    if "OMPI_COMM_WORLD_RANK" not in environment:
        return None
    rank = _integer("Open MPI", environment, "OMPI_COMM_WORLD_RANK")
    size = _integer("Open MPI", environment, "OMPI_COMM_WORLD_SIZE")
    job = environment.get("PMIX_NAMESPACE") or environment.get(
        "OMPI_MCA_ess_base_jobid"
    )
    return Claim(
        source="Open MPI",
        rank=rank,
        size=size,
        local_rank=_integer("Open MPI", environment, "OMPI_COMM_WORLD_LOCAL_RANK", 0),
        local_size=_integer("Open MPI", environment, "OMPI_COMM_WORLD_LOCAL_SIZE", 1),
        run_id=f"mpi-{job or 'job'}",
        task_index=rank,
        evidence=f"OMPI_COMM_WORLD_RANK={rank} OMPI_COMM_WORLD_SIZE={size}",
    )


def tasks_per_node(text: str) -> list[int]:
    """Expand Slurm's `2(x3),1` to `[2, 2, 2, 1]`."""
    counts: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"(\d+)(?:\(x(\d+)\))?", part.strip())
        if match is None:
            raise ConfigurationError(
                f"Slurm: tasks per node are {text!r}; expected a list like '2(x3),1'."
            )
        counts += [int(match[1])] * int(match[2] or 1)
    return counts


def expand_hosts(text: str) -> list[str]:
    """Expand Slurm's `a[1-3,7],b` to `[a1, a2, a3, a7, b]`, keeping leading zeros."""
    hosts: list[str] = []
    for name, ranges in re.findall(r"([^,\[\]]+)(?:\[([^\]]*)\])?", text):
        if not ranges:
            hosts.append(name)
            continue
        for part in ranges.split(","):
            first, _, last = part.partition("-")
            numbers = range(int(first), int(last or first) + 1)
            hosts += [f"{name}{number:0{len(first)}d}" for number in numbers]
    return hosts


def _parse_tf_config(text: str) -> tuple[dict[str, tuple[str, ...]], str, int]:
    try:
        config: dict[str, Any] = json.loads(text)
        cluster = {
            str(role): tuple(str(address) for address in addresses)
            for role, addresses in config.get("cluster", {}).items()
        }
        task = config.get("task", {})
        role, index = str(task.get("type", "worker")), int(task.get("index", 0))
    except (ValueError, AttributeError, TypeError) as error:
        raise ConfigurationError(
            f"TF_CONFIG is not understood ({error}): {text!r}. Expected JSON like "
            '{"cluster": {"worker": ["host:port", …]}, '
            '"task": {"type": "worker", "index": 0}}.'
        ) from None
    if cluster and role != "evaluator" and not 0 <= index < len(cluster.get(role, ())):
        counts = {name: len(tasks) for name, tasks in cluster.items()}
        raise ConfigurationError(
            f"TF_CONFIG: the task is {role} {index}, but the cluster has these tasks: "
            f"{counts}. Expected an index below the number of addresses of that role."
        )
    for tasks in cluster.values():
        for address in tasks:
            if not address.rpartition(":")[2].isdigit():
                raise ConfigurationError(
                    f"TF_CONFIG: the address {address!r} has no port; expected "
                    "'host:port'."
                )
    return cluster, role, index


def _integer(
    source: str, environment: Mapping[str, str], name: str, default: int | None = None
) -> int:
    text = environment.get(name, "")
    if not text and default is not None:
        return default
    try:
        return int(text)
    except ValueError:
        raise ConfigurationError(
            f"{source}: {name} is {text!r}; expected a whole number."
        ) from None
