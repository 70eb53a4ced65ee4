"""A process's connections to all parameter servers: what it pulls and what it pushes.

Requests to one server are answered in order, so whoever reads after a write sees it.
A worker therefore pushes without waiting and collects the answers at the end of its
closure (`flush`); the coordinator waits at once. What a closure will read first is
pulled in one request per server before it runs (`prefetch`).
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from dist.service_client import ServiceLostError
from strategies.parameter_server.codec import pack, unpacked_error
from tensor.core import errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    import zmq

    from dist.messages import Message
    from dist.service_client import ServiceClient
    from strategies.parameter_server.cluster import Cluster
    from strategies.parameter_server.variables import ServerVariable


class ServerLinks:
    """Talks to the parameter servers for one process.

    Attributes:
        closure: in synchronous training, the number of the closure that runs: its
            steps are kept apart until the round is closed.
    """

    def __init__(
        self,
        cluster: Cluster,
        context: zmq.Context[zmq.Socket[bytes]],
        hello: dict[str, Any],
        *,
        waits: bool,
    ) -> None:
        """Begin to connect to every server.

        Args:
            cluster: The cluster.
            context: The process's ZeroMQ context.
            hello: Who this is, for the servers.
            waits: Whether a push is over when it is done, rather than at the next
                `flush`.
        """
        self._hello = hello
        self._waits = waits
        self._cluster = cluster
        self._context = context
        self._opened: list[ServiceClient] = []
        self._clients: list[ServiceClient] | None = None
        self._lock = threading.RLock()
        self._unanswered: list[tuple[ServiceClient, int]] = []
        self._fetched: dict[int, np.ndarray] = {}
        self.closure: int | None = None

    @property
    def clients(self) -> list[ServiceClient]:
        """One connection to each server; made on first use.

        Raises:
            UnavailableError: A server cannot be reached, or all was closed.
        """
        if self._clients is None:
            missing = self.connect(self._cluster.start_timeout_s)
            if missing:
                task = self._cluster.servers[missing[0]]
                raise errors.because(
                    errors.UnavailableError,
                    f"{task} cannot be reached: it did not answer within "
                    f"{self._cluster.start_timeout_s:g} s. See whether it runs.",
                )
        if not self._clients:
            raise errors.because(
                errors.UnavailableError,
                "The strategy's connections were closed, and its variables went with "
                "them. Make a new strategy.",
            )
        return self._clients

    def connect(self, timeout_s: float) -> list[int]:
        """Connect to all servers and say hello; return those that are missing."""
        if not self._opened:
            self._opened = [
                self._cluster.client(self._context, task)
                for task in self._cluster.servers
            ]
        deadline = time.monotonic() + timeout_s
        missing = [
            index
            for index, client in enumerate(self._opened)
            if not client.connect(max(0.0, deadline - time.monotonic()))
        ]
        if not missing:
            for client in self._opened:
                self._wait(client, client.hello(self._hello))
            self._clients = self._opened
        return missing

    # ---- pulls

    def fetch(self, variable: ServerVariable) -> np.ndarray:
        """Return a variable's present value."""
        found = self._fetched.pop(variable.number, None)
        if found is not None:
            return found
        fields = {"variables": [variable.number]}
        return self._call(variable.server, "pull", fields, (), [variable.nbytes])[0]

    def prefetch(self, variables: Iterable[ServerVariable]) -> None:
        """Pull values that are about to be read, all at once."""
        by_server: dict[int, list[ServerVariable]] = {}
        for variable in variables:
            by_server.setdefault(variable.server, []).append(variable)
        self._fetched.clear()
        with self._lock:
            asked = []
            for server, wanted in by_server.items():
                fields = {"variables": [v.number for v in wanted]}
                sizes = [v.nbytes for v in wanted]
                number = self._post(server, "pull", fields, (), sizes)
                asked.append((server, number, wanted))
            replies = [self._answer(server, number) for server, number, _ in asked]
            for reply, (_, _, wanted) in zip(replies, asked, strict=True):
                _raise_failure(reply)
                for variable, array in zip(wanted, reply.arrays, strict=True):
                    self._fetched[variable.number] = array

    def gather(self, variable: ServerVariable, indices: np.ndarray) -> np.ndarray:
        """Return rows of a variable; only they travel."""
        rows = int(indices.size) * variable.row_bytes
        fields = {"variable": variable.number}
        return self._call(variable.server, "gather", fields, [indices], [rows])[0]

    # ---- pushes

    def push(
        self,
        variable: ServerVariable,
        what: str,
        fields: dict[str, Any],
        arrays: Sequence[np.ndarray],
    ) -> None:
        """Change a variable."""
        self._fetched.pop(variable.number, None)
        self._send(
            variable.server, what, {**fields, "variable": variable.number}, arrays
        )

    def step(
        self, server: int, number: int, written: list[int], arrays: list[np.ndarray]
    ) -> None:
        """Let a server take an optimizer's step."""
        for variable in written:
            self._fetched.pop(variable, None)
        fields = {"step": number}
        if self.closure is not None:
            fields["closure"] = self.closure
        self._send(server, "update", fields, arrays)

    def flush(self) -> None:
        """Wait until everything that was pushed has been done."""
        with self._lock:
            self._fetched.clear()
            unanswered, self._unanswered = self._unanswered, []
            # First all answers, then the errors: none is left over for a later wait.
            replies = [self._wait(client, number) for client, number in unanswered]
            for reply in replies:
                _raise_failure(reply)

    def forget_unanswered(self) -> None:
        """Give up on pushes after an error: the next closure starts anew."""
        with self._lock:
            self._fetched.clear()
            unanswered, self._unanswered = self._unanswered, []
            for client, number in unanswered:
                if not client.lost:
                    self._wait(client, number)

    # ---- for the coordinator

    def create(self, server: int, fields: dict[str, Any], array: np.ndarray) -> None:
        """Make a variable on a server."""
        is_zero = array.dtype != object and not array.any()
        self._send(server, "create", fields, () if is_zero else [array])

    def define(self, server: int, number: int, step: Any, gradient: int) -> None:
        """Hand the program of an optimizer's step to a server."""
        fields = {"step": number, "gradient": gradient}
        self._send(server, "define", fields, [pack(step)])

    def tell_all(self, what: str, fields: dict[str, Any]) -> None:
        """Tell every server something, and wait until all have done it."""
        with self._lock:
            asked = [self._post(i, what, fields) for i in range(len(self.clients))]
            replies = [self._answer(i, number) for i, number in enumerate(asked)]
            for reply in replies:
                _raise_failure(reply)

    def close(self, *, says_bye: bool = True) -> None:
        """Leave the servers."""
        with self._lock:
            for client in self._opened:
                client.close(says_bye=says_bye)
            self._opened, self._clients = [], []

    # ---- requests

    def _send(
        self, server: int, what: str, fields: dict[str, Any], arrays: Any
    ) -> None:
        if self._waits:
            self._call(server, what, fields, arrays)
            return
        with self._lock:
            number = self._post(server, what, fields, arrays)
            self._unanswered.append((self.clients[server], number))

    def _call(
        self,
        server: int,
        what: str,
        fields: dict[str, Any],
        arrays: Any = (),
        expects: Sequence[int] = (),
    ) -> list[np.ndarray]:
        with self._lock:
            number = self._post(server, what, fields, arrays, expects)
            reply = self._answer(server, number)
        _raise_failure(reply)
        return reply.arrays

    def _post(
        self,
        server: int,
        what: str,
        fields: dict[str, Any],
        arrays: Any = (),
        expects: Sequence[int] = (),
    ) -> int:
        try:
            return self.clients[server].post(what, fields, arrays, expects)
        except ServiceLostError as error:
            raise unavailable(error) from error

    def _answer(self, server: int, number: int) -> Message:
        return self._wait(self.clients[server], number)

    def _wait(self, client: ServiceClient, number: int) -> Message:
        try:
            return client.wait(number)
        except ServiceLostError as error:
            raise unavailable(error) from error


def unavailable(error: ServiceLostError) -> errors.UnavailableError:
    """Return TensorFlow's error for the loss of a task."""
    found = errors.UnavailableError(
        None,
        None,
        f"{error}. The variables that it held are gone with it: restart the job, which "
        "goes on from the last checkpoint (`launch --restarts`). See its own output "
        "first.",
    )
    found.__cause__ = error
    return found


def _raise_failure(reply: Message) -> None:
    """Raise what a server raised.

    Raises:
        Exception: It could not do what it was asked.
    """
    if reply.fields.get("failed"):
        raise unpacked_error(reply.arrays[0])
