"""A client of a service: requests under way, answers in order, and no wait for ever.

A connection lives once. When it breaks after it has been made, the service counts as
lost: whoever waits raises, and a new client is needed to meet a service that has come
back. Large arrays go through shared blocks if the service is on this host.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections import deque
from typing import TYPE_CHECKING, Any

import zmq
from zmq.utils.monitor import recv_monitor_message

from dist.errors import DistError
from dist.messages import Message, decode_reply, encode
from dist.rendezvous_server import LARGEST_MESSAGE, detect_unreachable_hosts
from dist.security import secure_connector
from dist.shared_blocks import LEAST_BYTES, BlockPool, Loan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dist.job_key import JobKey
    from dist.reductions import Array

WAIT_SLICE_S = 0.1
_EVENTS = (
    zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED | zmq.EVENT_CONNECT_RETRIED
)


class ServiceLostError(DistError, ConnectionError):
    """A service does not answer any more; `service` names it."""

    def __init__(self, service: str, cause: str) -> None:
        super().__init__(f"{service} was lost: {cause}")
        self.service = service
        self.cause = cause


class ServiceClient:
    """One connection to one service. Used by one thread at a time.

    Attributes:
        name: what the service is called in messages.
        lost: why the service counts as lost; empty while it does not.
        is_connected: whether the connection has been made.
    """

    def __init__(  # noqa: PLR0913 - where to connect, as whom, and how long to wait
        self,
        context: zmq.Context[zmq.Socket[bytes]],
        address: str,
        key: JobKey,
        name: str,
        *,
        is_local: bool,
        is_up: bool = False,
        stall_warn_s: float = 30.0,
        stall_abort_s: float = 600.0,
    ) -> None:
        """Begin to connect.

        Args:
            context: the process's ZeroMQ context.
            address: where the service listens.
            key: the cluster's key.
            name: what the service is called in messages.
            is_local: whether the service is on this host, and may share memory.
            is_up: whether the service has been seen to answer: it counts as lost if the
                first attempt to connect fails. Otherwise it may still be starting.
            stall_warn_s: when to name a service that does not answer; 0 = never.
            stall_abort_s: when to take it for lost; 0 = never.
        """
        self.name = name
        self.address = address
        self.lost = ""
        self.is_connected = False
        self._is_up = is_up
        self._stall_warn_s = stall_warn_s
        self._stall_abort_s = stall_abort_s
        self._offered = BlockPool() if is_local else None
        self._pool: BlockPool | None = None
        self._next_number = 0
        self._pending: deque[tuple[int, list[Loan], dict[int, Loan]]] = deque()
        self._replies: dict[int, Message] = {}
        self.socket = context.socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.sndhwm = self.socket.rcvhwm = 0
        self.socket.maxmsgsize = LARGEST_MESSAGE
        self.socket.immediate = True
        self.socket.reconnect_ivl = 20
        self.socket.reconnect_ivl_max = 500
        detect_unreachable_hosts(self.socket)
        secure_connector(self.socket, key, "curve")
        self.monitor = self.socket.get_monitor_socket(_EVENTS)
        self.socket.connect(address)

    # ---- asking

    def hello(self, fields: dict[str, Any]) -> int:
        """Say who we are; find out whether memory can be shared.

        Returns:
            The number of the request: the answer must be taken before large arrays
            go through shared blocks, and `wait` or `take` does so.
        """
        pool, self._pool = self._offered, None
        probe = pool.lend(LEAST_BYTES) if pool is not None else None
        if probe is not None:
            fields = {**fields, "probe": [probe.name, probe.nbytes]}
        return self.post("hello", fields)

    def post(
        self,
        what: str,
        fields: dict[str, Any] | None = None,
        arrays: Sequence[Array] = (),
        expects: Sequence[int] = (),
    ) -> int:
        """Send a request without waiting; return its number, for `wait`.

        Args:
            what: what the service is to do.
            fields: plain values by name.
            arrays: arrays; they are copied before this returns, or sent from where
                they are and must not change until the request is answered.
            expects: how many bytes each array of the answer will have, where known.
        """
        self._raise_if_lost()
        number = self._next_number
        self._next_number += 1
        loans: list[Loan | None] = [None] * len(arrays)
        into: dict[int, Loan] = {}
        header = {**(fields or {}), "do": what, "number": number}
        if self._pool is not None:
            loans = [self._copied_to_block(array) for array in arrays]
            for i, nbytes in enumerate(expects):
                loan = self._pool.lend(nbytes) if nbytes >= LEAST_BYTES else None
                if loan is not None:
                    into[i] = loan
            if into:
                header["into"] = [
                    (i, loan.name, loan.nbytes, expects[i]) for i, loan in into.items()
                ]
        self._send(encode(header, arrays, loans))
        self._pending.append((number, [x for x in loans if x is not None], into))
        return number

    def wait(self, number: int) -> Message:
        """Return the answer to a request.

        Raises:
            ServiceLostError: the service is gone, or has been silent for too long.
        """
        since_s = time.monotonic()
        warned = 0
        while number not in self._replies:
            self.receive(WAIT_SLICE_S)
            self._raise_if_lost()
            waited_s = time.monotonic() - since_s
            if 0 < self._stall_warn_s <= waited_s / (warned + 1):
                warned += 1
                sys.stderr.write(
                    f"dist: {self.name} ({self.address}) has not answered for "
                    f"{waited_s:.0f} s\n"
                )
            if 0 < self._stall_abort_s <= waited_s:
                self.lost = f"it has not answered for {waited_s:.0f} s"
        return self._replies.pop(number)

    def call(
        self,
        what: str,
        fields: dict[str, Any] | None = None,
        arrays: Sequence[Array] = (),
        expects: Sequence[int] = (),
    ) -> Message:
        """Send a request and return its answer."""
        return self.wait(self.post(what, fields, arrays, expects))

    # ---- for those who wait for several services at once

    def receive(self, timeout_s: float) -> list[int]:
        """Take in what arrives within the time; return the numbers answered so far."""
        if not self._pending and not timeout_s:
            self.look()
        if self.socket.poll(int(1000 * timeout_s)):
            while True:
                try:
                    frames = self.socket.recv_multipart(zmq.DONTWAIT, copy=False)
                except zmq.Again:
                    break
                self._file([frame.buffer for frame in frames])
        else:
            self.look()
        return list(self._replies)

    def take(self, number: int) -> Message:
        """Return an answer that has arrived."""
        return self._replies.pop(number)

    def look(self) -> None:
        """Notice whether the connection has been made, or has broken."""
        while self.monitor.poll(0):
            event = recv_monitor_message(self.monitor)["event"]
            if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                self.is_connected = True
            elif self.is_connected:
                self.lost = self.lost or "its connection closed"
            elif self._is_up:
                self.lost = self.lost or "it accepts no connection any more"

    def connect(self, timeout_s: float) -> bool:
        """Wait until the connection is made; False if that took too long."""
        deadline = time.monotonic() + timeout_s
        self.look()
        while not self.is_connected:
            remaining_s = deadline - time.monotonic()
            if remaining_s <= 0:
                return False
            self.monitor.poll(int(1000 * min(remaining_s, WAIT_SLICE_S)) + 1)
            self.look()
        return True

    def close(self, *, says_bye: bool = True) -> None:
        """Leave; what is under way is given up."""
        if self.socket.closed:
            return
        if says_bye and self.is_connected and not self.lost:
            self.socket.linger = 200
            with contextlib.suppress(ServiceLostError):
                self._send(encode({"do": "bye", "number": -1}))
        self.socket.disable_monitor()
        self.monitor.close(linger=0)
        self.socket.close()
        if self._offered is not None:
            self._offered.close()

    def _send(self, frames: list[Any]) -> None:
        """Send, but never wait for a connection that has just broken."""
        try:
            self.socket.send_multipart(frames, zmq.DONTWAIT, copy=False)
        except zmq.Again:
            self.lost = "its connection closed"
            raise ServiceLostError(self.name, self.lost) from None

    def _copied_to_block(self, array: Array) -> Loan | None:
        if self._pool is None or array.nbytes < LEAST_BYTES or array.dtype == object:
            return None
        loan = self._pool.lend(array.nbytes)
        if loan is not None:
            target = loan.segment.array(0, array.size, array.dtype)
            target.reshape(array.shape)[...] = array
        return loan

    def _file(self, frames: list[Any]) -> None:
        if bytes(frames[0]) == b'{"number": -1}':
            return  # a ping
        number, sent, into = self._pending.popleft()
        for loan in sent:
            assert self._pool is not None, "blocks are a pool's"  # noqa: S101 - own rule
            self._pool.take_back(loan)
        reply = decode_reply(frames, self._pool or BlockPool(), into)
        if reply.fields.pop("number") != number:
            self.lost = "it answered out of order: is it of the same version?"
        if reply.fields.get("shares"):
            self._pool = self._offered
        self._replies[number] = reply

    def _raise_if_lost(self) -> None:
        if self.lost:
            raise ServiceLostError(self.name, self.lost)
