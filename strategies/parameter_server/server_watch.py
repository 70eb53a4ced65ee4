"""ServerWatch: whether all parameter servers live, found out beside everything else."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from dist.service_client import ServiceClient, ServiceLostError

if TYPE_CHECKING:
    import zmq

    from strategies.parameter_server.cluster import Cluster

CHECK_INTERVAL_S = 1.0


class ServerWatch:
    """A connection to each server that only asks for signs of life.

    The strategy has met every server before it begins to watch: one that cannot be
    connected to is lost, and so is one that never finishes the handshake.
    """

    def __init__(
        self,
        cluster: Cluster,
        context: zmq.Context[zmq.Socket[bytes]],
        session: str,
        poller: Any,
    ) -> None:
        self._settings = cluster.settings
        self._session = session
        self._asked_s: dict[ServiceClient, float] = {}
        self._warned: dict[ServiceClient, int] = {}
        self._next_check_s = 0.0
        self._greeted: set[ServiceClient] = set()
        self._clients = [
            cluster.client(context, task, is_up=True) for task in cluster.servers
        ]
        for client in self._clients:
            poller.register(client.socket)
            poller.register(client.monitor)

    def look(self, now_s: float) -> ServiceLostError | None:
        """Return the loss of a server, if one is lost."""
        is_time = now_s >= self._next_check_s
        if is_time:
            self._next_check_s = now_s + CHECK_INTERVAL_S
        for client in self._clients:
            client.look()
            if not client.lost:
                self._take_answers(client)
                if is_time:
                    self._ask(client, now_s)
            if client.lost:
                return ServiceLostError(client.name, client.lost)
        return None

    def close(self) -> None:
        """Leave the servers."""
        for client in self._clients:
            client.close()

    def _take_answers(self, client: ServiceClient) -> None:
        for number in client.receive(0):
            client.take(number)
            self._asked_s.pop(client, None)
            self._warned.pop(client, None)

    def _ask(self, client: ServiceClient, now_s: float) -> None:
        """Ask for a sign of life; name a server that gives none."""
        if client.is_connected and client not in self._greeted:
            self._greeted.add(client)
            client.hello({"role": "watcher", "session": self._session})
        if client not in self._asked_s:
            if client.is_connected:
                client.post("nothing")
            self._asked_s[client] = now_s
            return
        silent_s = now_s - self._asked_s[client]
        warned = self._warned.get(client, 0)
        if 0 < self._settings.stall_warn_s <= silent_s / (warned + 1):
            self._warned[client] = warned + 1
            sys.stderr.write(
                f"coordinator: {client.name} has not answered for {silent_s:.0f} s\n"
            )
            sys.stderr.flush()
        if 0 < self._settings.stall_abort_s <= silent_s:
            client.lost = f"it has not answered for {silent_s:.0f} s"
