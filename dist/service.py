"""A service: one process that answers the requests of others, one at a time.

    client → service   hello   a name, and whatever the handler wants to know of it
                       do …    a request with a number
                       bye     the client leaves in good order
    service → client   the answer to a request, with its number
                       ping    nothing: it finds out whether the client is still there

Requests of one client are answered in order. The service binds the address that it was
given, lets in only who holds the key (always encrypted: it carries pickled objects),
and runs in the thread that calls `serve`. What it answers is the handler's business.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Protocol

import zmq

from dist.errors import RendezvousError
from dist.messages import Message, decode_request, encode
from dist.rendezvous_server import LARGEST_MESSAGE, detect_unreachable_hosts
from dist.security import Doorkeeper, secure_listener
from dist.shared_blocks import BlockViews

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dist.job_key import JobKey
    from dist.reductions import Array

PING_INTERVAL_S = 0.25
POLL_S = 0.1


class Handler(Protocol):
    """What a service does with what it is asked."""

    def joined(self, client: bytes, fields: dict[str, Any]) -> None:
        """A client has said hello, with these fields."""

    def left(self, client: bytes, *, orderly: bool) -> None:
        """A client has said bye, or is gone without a word."""

    def answer(self, client: bytes, request: Message) -> Reply:
        """Return the answer to a request; what it raises is told to the client."""


Reply = tuple[dict[str, Any], "Sequence[Array]"]


class Service:
    """Answers requests at one address; see the module's docstring.

    Attributes:
        address: where it listens.
    """

    def __init__(self, address: str, key: JobKey, handler: Handler) -> None:
        """Bind.

        Raises:
            RendezvousError: the address is taken, or not of this host.
        """
        self._handler = handler
        self._blocks: dict[bytes, BlockViews] = {}
        self._stopping = threading.Event()
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._doorkeeper = Doorkeeper(self._context, key)
        router = self._router = self._context.socket(zmq.ROUTER)
        router.linger = 200
        router.sndhwm = router.rcvhwm = 0
        router.router_mandatory = True
        router.maxmsgsize = LARGEST_MESSAGE
        detect_unreachable_hosts(router)
        secure_listener(router, key, "curve")
        try:
            router.bind(address)
        except zmq.ZMQError as error:
            self._context.destroy(linger=0)
            raise RendezvousError(
                f"cannot listen on {address}: {error}. Another process may hold the "
                "port, or the address is not of this host."
            ) from None
        self.address = str(router.getsockopt_string(zmq.LAST_ENDPOINT))

    def stop(self) -> None:
        """Let `serve` return soon; from any thread, or from the handler."""
        self._stopping.set()

    def serve(self) -> None:
        """Answer requests until `stop`; then close."""
        poller = zmq.Poller()
        poller.register(self._router, zmq.POLLIN)
        poller.register(self._doorkeeper.socket, zmq.POLLIN)
        next_ping_s = 0.0
        try:
            while not self._stopping.is_set():
                poller.poll(int(1000 * POLL_S))
                self._doorkeeper.answer()
                self._answer_all()
                now_s = time.monotonic()
                if now_s >= next_ping_s:
                    next_ping_s = now_s + PING_INTERVAL_S
                    for client in list(self._blocks):
                        self._send(client, [b'{"number": -1}'])
        finally:
            self.close()

    def close(self) -> None:
        """Close without having served."""
        for blocks in self._blocks.values():
            blocks.close()
        self._router.close()
        self._doorkeeper.socket.close()
        self._context.term()

    def _answer_all(self) -> None:
        """Answer what has arrived, but look at the door in between."""
        deadline = time.monotonic() + POLL_S
        while time.monotonic() < deadline and not self._stopping.is_set():
            try:
                client, *frames = self._router.recv_multipart(zmq.DONTWAIT, copy=False)
            except zmq.Again:
                return
            self._take(client.bytes, [frame.buffer for frame in frames])

    def _take(self, client: bytes, frames: list[Any]) -> None:
        blocks = self._blocks.get(client)
        try:
            request = decode_request(frames, blocks or BlockViews())
            what, number = request.fields.pop("do"), request.fields.pop("number")
        except (IndexError, KeyError, TypeError, ValueError):
            return  # not of the protocol
        except OSError as error:
            # Most likely the client was killed, and the next ping will find that out.
            sys.stderr.write(f"dist: the memory of a request is gone: {error}\n")
            return
        if what == "hello":
            blocks = self._blocks[client] = BlockViews()
            shares = blocks.can_map(request.fields.pop("probe", None))
            self._handler.joined(client, request.fields)
            self._send(client, encode({"number": number, "shares": shares}))
        elif what == "bye":
            self._forget(client, orderly=True)
        elif blocks is not None:
            request.fields["do"] = what
            fields, arrays = self._handler.answer(client, request)
            fields = {**fields, "number": number}
            self._send(client, encode(fields, arrays, places=request.results))

    def _send(self, client: bytes, frames: list[Any]) -> None:
        try:
            self._router.send_multipart([client, *frames], zmq.DONTWAIT)
        except zmq.ZMQError as error:
            if error.errno != zmq.EHOSTUNREACH:
                raise
            self._forget(client, orderly=False)

    def _forget(self, client: bytes, *, orderly: bool) -> None:
        blocks = self._blocks.pop(client, None)
        if blocks is not None:
            blocks.close()
            self._handler.left(client, orderly=orderly)
