"""Fabrics: the same test body runs over every way of joining ranks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import zmq

from dist import links, ring, schedule, shared_memory
from dist.testing import run_ranks

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


@dataclass(frozen=True)
class Fabric:
    """One way of joining ranks that are threads of the test's process."""

    transport: str
    host_size: int = 0  # ranks per pretended host, for the hierarchy
    limits: tuple[tuple[ModuleType, str, int], ...] = ()  # instead of the usual ones

    def run(self, body: Callable[..., Any], size: int, *arguments: Any) -> list[Any]:
        hosts = None
        if self.host_size:
            hosts = [f"host{rank // self.host_size}" for rank in range(size)]
        with pytest.MonkeyPatch.context() as patch:
            for module, name, nbytes in self.limits:
                patch.setattr(module, name, nbytes)
            return run_ranks(
                body,
                size,
                *arguments,
                transport=self.transport,
                hosts=hosts,
                timeout=30,
            )


# So that arrays of a test's size go through in many steps.
LOW_SHARED_LIMITS = (
    (shared_memory, "SLAB_BYTES", 32 * 1024),
    (shared_memory, "BLOCK_BYTES", 2048),
    (shared_memory, "SMALL_BYTES", 1024),
    (shared_memory, "SMALL_TOTAL_BYTES", 0),
)
LOW_RING_LIMITS = (
    (ring, "SMALL_TRAFFIC_BYTES", 1024),
    (ring, "ZERO_COPY_BYTES", 16 * 1024),
    (links, "ZERO_COPY_BYTES", 16 * 1024),
    (schedule, "SEGMENT_BYTES", 16 * 1024),
)


FABRICS = {
    "threads": Fabric("threads"),
    "shm": Fabric("shm"),
    "shm in steps": Fabric("shm", limits=LOW_SHARED_LIMITS),
    "ring": Fabric("ring"),
    "ring in steps": Fabric("ring", limits=LOW_RING_LIMITS),
    "ipc": Fabric("ipc"),
    "hierarchy": Fabric("hierarchy", host_size=2),
}
FLAT = ("threads", "shm", "shm in steps", "ring", "ring in steps", "ipc")


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
