"""Fabrics: the same test body runs over every way of joining ranks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import zmq

from dist import shared_memory
from dist.testing import run_ranks

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Fabric:
    """One way of joining ranks that are threads of the test's process."""

    transport: str
    host_size: int = 0  # ranks per pretended host, for the hierarchy
    limits: tuple[tuple[str, int], ...] = ()  # of shared memory, instead of its own

    def run(self, body: Callable[..., Any], size: int, *arguments: Any) -> list[Any]:
        hosts = None
        if self.host_size:
            hosts = [f"host{rank // self.host_size}" for rank in range(size)]
        with pytest.MonkeyPatch.context() as patch:
            for name, nbytes in self.limits:
                patch.setattr(shared_memory, name, nbytes)
            return run_ranks(
                body,
                size,
                *arguments,
                transport=self.transport,
                hosts=hosts,
                timeout=30,
            )


# So that arrays of a test's size go through in many steps.
LOW_LIMITS = (
    ("SLAB_BYTES", 32 * 1024),
    ("BLOCK_BYTES", 2048),
    ("SMALL_BYTES", 1024),
    ("SMALL_TOTAL_BYTES", 0),
)


FABRICS = {
    "threads": Fabric("threads"),
    "shm": Fabric("shm"),
    "shm in steps": Fabric("shm", limits=LOW_LIMITS),
    "ring": Fabric("ring"),
    "ipc": Fabric("ipc"),
    "hierarchy": Fabric("hierarchy", host_size=2),
}
FLAT = ("threads", "shm", "shm in steps", "ring", "ipc")


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
