"""The tasks of a parameter-server cluster, their addresses, and the key they share."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dist.cluster_key import cluster_key
from dist.contract import Settings, identity_from_environment
from dist.interfaces import interface_addresses
from dist.service_client import ServiceClient

if TYPE_CHECKING:
    import zmq

    from dist.job_key import JobKey

ROLES = {"chief": "coordinator", "worker": "worker", "ps": "parameter server"}


@dataclass(frozen=True)
class Task:
    """One process of the cluster.

    Attributes:
        role: TensorFlow's name of the job: "chief", "worker" or "ps".
        index: its number among those of its role.
        address: "host:port".
    """

    role: str
    index: int
    address: str

    @property
    def device(self) -> str:
        """TensorFlow's name of its device."""
        return f"/job:{self.role}/replica:0/task:{self.index}/device:CPU:0"

    def __str__(self) -> str:
        name = f"/job:{self.role}/replica:0/task:{self.index}"
        return f"{ROLES[self.role]} {self.index} ({name} at {self.address})"

    @property
    def is_local(self) -> bool:
        """Whether it is on this host."""
        own = ["127.0.0.1", *interface_addresses().values()]
        return _resolved(self.address) in own

    @property
    def endpoint(self) -> str:
        """Where others reach it."""
        return f"tcp://{self.address}"

    def endpoints_to_bind(self) -> list[str]:
        """Where it may listen: its own address or, if a proxy has that, anywhere."""
        host, port = _resolved(self.address), self.address.rpartition(":")[2]
        if ipaddress.ip_address(host).is_loopback:
            return [f"tcp://{host}:{port}"]
        return [f"tcp://{host}:{port}", f"tcp://*:{port}"]


@dataclass(frozen=True)
class Cluster:
    """Workers and servers, and how they talk."""

    workers: tuple[Task, ...]
    servers: tuple[Task, ...]
    key: JobKey
    settings: Settings
    start_timeout_s: float

    def task(self, role: str, index: int) -> Task:
        """Return one of the tasks.

        Raises:
            ValueError: There is none.
        """
        tasks = {"worker": self.workers, "ps": self.servers}.get(role, ())
        if not 0 <= index < len(tasks):
            raise ValueError(
                f"There is no task {role!r} {index} in the cluster, which has "
                f"{len(self.workers)} workers and {len(self.servers)} parameter "
                "servers ('ps')."
            )
        return tasks[index]

    def client(
        self,
        context: zmq.Context[zmq.Socket[bytes]],
        task: Task,
        *,
        is_up: bool = False,
    ) -> ServiceClient:
        """Begin a connection to a task that `is_up`, or may still be starting."""
        return ServiceClient(
            context,
            task.endpoint,
            self.key,
            str(task),
            is_local=task.is_local,
            is_up=is_up,
            stall_warn_s=self.settings.stall_warn_s,
            stall_abort_s=self.settings.stall_abort_s,
        )


def cluster_of(spec: Any) -> Cluster:
    """Return the cluster that a `tf.train.ClusterSpec` describes.

    Raises:
        ValueError: It has no worker or no server, or a role that nobody knows.
    """
    addresses = {job: spec.job_tasks(job) for job in spec.jobs}
    _validate(addresses)
    identity = identity_from_environment()
    shared = {role: addresses[role] for role in ("worker", "ps")}
    return Cluster(
        workers=_tasks("worker", addresses["worker"]),
        servers=_tasks("ps", addresses["ps"]),
        key=cluster_key(identity, shared),
        settings=identity.settings,
        start_timeout_s=identity.start_timeout_s or float("inf"),
    )


def _tasks(role: str, addresses: list[str]) -> tuple[Task, ...]:
    return tuple(Task(role, i, address) for i, address in enumerate(addresses))


def _validate(addresses: dict[str, list[str]]) -> None:
    if not addresses:
        raise ValueError(
            "Cluster spec must be non-empty in "
            "`tf.distribute.cluster_resolver.ClusterResolver`. Set TF_CONFIG, run the "
            "script by `launch -n 2 --ps 1`, or pass a SimpleClusterResolver."
        )
    unknown = set(addresses) - {*ROLES, "evaluator"}
    if unknown:
        raise ValueError(
            f"Disallowed task type found in cluster spec: {sorted(unknown)}. Allowed "
            "types are 'chief', 'worker', 'ps' and 'evaluator'."
        )
    for role, name in (("ps", "ps"), ("worker", "worker")):
        if not addresses.get(role):
            raise ValueError(f"There must be at least one {name}.")


def _resolved(address: str) -> str:
    """Return the IPv4 address of "host:port"."""
    return socket.gethostbyname(address.rpartition(":")[0])
