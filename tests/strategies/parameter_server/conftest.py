"""Clusters inside one process: workers and servers are threads, sockets are real."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

import tensor as tf
from launcher.roles import bind_to_free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def free_address() -> str:
    with socket.socket() as probe:
        return f"127.0.0.1:{bind_to_free_port(probe)}"


class InProcessCluster:
    """Tasks of a cluster, and the strategies that were made for it."""

    def __init__(self, workers: int, servers: int) -> None:
        self.spec = {
            "worker": [free_address() for _ in range(workers)],
            "ps": [free_address() for _ in range(servers)],
        }
        self.tasks = {
            (role, i): tf.distribute.Server(self.spec, role, i)
            for role, addresses in self.spec.items()
            for i in range(len(addresses))
        }
        self.strategies: list[Any] = []

    @property
    def resolver(self) -> Any:
        spec = tf.train.ClusterSpec(self.spec)
        return tf.distribute.cluster_resolver.SimpleClusterResolver(
            spec, rpc_layer="grpc"
        )

    def strategy(self, *arguments: Any, **options: Any) -> Any:
        strategy = tf.distribute.ParameterServerStrategy(
            self.resolver, *arguments, **options
        )
        self.strategies.append(strategy)
        return strategy

    def coordinator(self, **options: Any) -> Any:
        strategy = self.strategy(**options)
        return tf.distribute.coordinator.ClusterCoordinator(strategy)

    def start(self, role: str, index: int) -> None:
        self.tasks[role, index] = tf.distribute.Server(self.spec, role, index)

    def close(self) -> None:
        for strategy in self.strategies:
            strategy.close()
        for task in self.tasks.values():
            task.stop()


@pytest.fixture(autouse=True)
def _own_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("RINGFLOW_RENDEZVOUS_DIR", str(folder))


@pytest.fixture
def cluster() -> Iterator[Callable[..., InProcessCluster]]:
    made: list[InProcessCluster] = []

    def make(workers: int = 2, servers: int = 2) -> InProcessCluster:
        made.append(InProcessCluster(workers, servers))
        return made[-1]

    yield make
    for one in made:
        one.close()
