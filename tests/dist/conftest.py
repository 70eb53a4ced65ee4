"""Fabrics: the same test body runs over every way of joining ranks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import zmq

from dist.testing import run_ranks

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Fabric:
    """One way of joining ranks that are threads of the test's process."""

    transport: str
    host_size: int = 0  # ranks per pretended host, for the hierarchy

    def run(self, body: Callable[..., Any], size: int, *arguments: Any) -> list[Any]:
        hosts = None
        if self.host_size:
            hosts = [f"host{rank // self.host_size}" for rank in range(size)]
        return run_ranks(
            body, size, *arguments, transport=self.transport, hosts=hosts, timeout=30
        )


FABRICS = {
    "threads": Fabric("threads"),
    "shm": Fabric("shm"),
    "ring": Fabric("ring"),
    "ipc": Fabric("ipc"),
    "hierarchy": Fabric("hierarchy", host_size=2),
}
FLAT = ("threads", "shm", "ring", "ipc")


@pytest.fixture(params=FABRICS)
def fabric(request: pytest.FixtureRequest) -> Fabric:
    return FABRICS[request.param]


@pytest.fixture(params=FLAT)
def flat_fabric(request: pytest.FixtureRequest) -> Fabric:
    return FABRICS[request.param]


@pytest.fixture(autouse=True, scope="session")
def sockets_are_warm() -> None:
    """pyzmq starts a thread and a socket for the life of a process that sends
    without copying; it is not a leak of the test that happens to be first."""
    zmq.Frame(bytearray(1), copy=False)
