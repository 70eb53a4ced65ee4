"""Who plays which part in a job with parameter servers (`--ps`).

    rank 0              the coordinator, which runs the script ("chief" in TF_CONFIG)
    ranks 1 … N         the workers ("worker")
    ranks N+1 … N+K     the parameter servers ("ps")

Without `--ps` every rank is a worker.
"""

from __future__ import annotations

import contextlib
import random
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

# Systems give outgoing connections ports from 32768 or 49152 on.
_PORTS = range(20_000, 32_768)


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


def bind_to_free_port(probe: socket.socket) -> int:
    """Bind a socket to a port of the loopback that nobody uses; return the port.

    It is to be listened on later, by another process, and must be free still: so it is
    none of those that the system gives to outgoing connections.
    """
    for port in random.SystemRandom().sample(_PORTS, 100):
        with contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    probe.bind(("127.0.0.1", 0))
    return int(probe.getsockname()[1])


def free_addresses(config: LaunchConfig) -> Cluster | None:
    """Return an address for every task: ports of the loopback that nobody uses now."""
    if not config.servers:
        return None
    tasks = [task_of(config, rank)[0] for rank in range(config.size)]
    probes = [socket.socket() for _ in tasks]
    try:
        addresses = [f"127.0.0.1:{bind_to_free_port(probe)}" for probe in probes]
    finally:
        for probe in probes:
            probe.close()
    by_role: Mapping[str, list[str]] = {role: [] for role in NAMES}
    for role, address in zip(tasks, addresses, strict=True):
        by_role[role].append(address)
    return {role: tuple(found) for role, found in by_role.items()}
