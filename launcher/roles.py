"""Who plays which part in a job with parameter servers (`--ps`).

    rank 0              the coordinator, which runs the script ("chief" in TF_CONFIG)
    ranks 1 … N         the workers ("worker")
    ranks N+1 … N+K     the parameter servers ("ps")

Without `--ps` every rank is a worker.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from launcher.config import LaunchConfig

COORDINATOR, WORKER, SERVER = "chief", "worker", "ps"
NAMES = {
    COORDINATOR: "the coordinator",
    WORKER: "worker",
    SERVER: "parameter server",
}

Cluster = dict[str, tuple[str, ...]]


def task_of(config: LaunchConfig, rank: int) -> tuple[str, int]:
    """Return the role of a rank, and its number among those of its role."""
    if not config.servers:
        return WORKER, rank
    if rank == 0:
        return COORDINATOR, 0
    if rank <= config.workers:
        return WORKER, rank - 1
    return SERVER, rank - config.workers - 1


def in_words(task: tuple[str, int]) -> str:
    """`worker 2`, `parameter server 0`, `the coordinator`."""
    role, index = task
    return NAMES[role] if role == COORDINATOR else f"{NAMES[role]} {index}"


def free_addresses(config: LaunchConfig) -> Cluster | None:
    """Return an address for every task: ports of the loopback that nobody uses now."""
    if not config.servers:
        return None
    tasks = [task_of(config, rank)[0] for rank in range(config.size)]
    probes = [socket.socket() for _ in tasks]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        addresses = [f"127.0.0.1:{probe.getsockname()[1]}" for probe in probes]
    finally:
        for probe in probes:
            probe.close()
    by_role: Mapping[str, list[str]] = {role: [] for role in NAMES}
    for role, address in zip(tasks, addresses, strict=True):
        by_role[role].append(address)
    return {role: tuple(found) for role, found in by_role.items()}
