"""Who may talk to a socket of the job: CURVE or a password, checked by a doorkeeper.

Every socket that binds asks each newcomer for proof that it holds the job's key:

    curve   CurveZMQ with the job's key pairs; encrypted and authenticated. Used on
            every socket that leaves the host or that carries pickled objects.
    plain   a password derived from the job's key; authenticated, in clear. Used on the
            loopback, and between hosts with `--encryption off`.

libzmq alone would accept any client that knows the listener's public key, and would
compare no password at all, so each context has a `Doorkeeper` that answers its ZAP
requests (ZeroMQ RFC 27). A newcomer that it refuses never reaches a socket.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Literal, Self

import zmq
from zmq.utils import z85

if TYPE_CHECKING:
    from dist.job_key import JobKey

Mechanism = Literal["curve", "plain"]
USER_NAME = b"ringflow"


def secure_listener(
    socket: zmq.Socket[bytes], key: JobKey, mechanism: Mechanism
) -> None:
    """Make `socket` demand the job's key; call before it binds."""
    socket.zap_domain = b"ringflow"
    if mechanism == "curve":
        socket.curve_server = True
        socket.curve_publickey, socket.curve_secretkey = key.listener
    else:
        socket.plain_server = True


def secure_connector(
    socket: zmq.Socket[bytes], key: JobKey, mechanism: Mechanism
) -> None:
    """Make `socket` present the job's key; call before it connects."""
    if mechanism == "curve":
        socket.curve_serverkey = key.listener[0]
        socket.curve_publickey, socket.curve_secretkey = key.connector
    else:
        socket.plain_username = USER_NAME
        socket.plain_password = key.password


class Doorkeeper:
    """Answers the ZAP requests of one ZeroMQ context: in or out.

    It must be made before any socket of its context binds, and whoever owns it polls
    `socket` and calls `answer` (no thread of its own).
    """

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], key: JobKey) -> None:
        self._key = key
        self.refused = 0
        self.socket = context.socket(zmq.REP)
        self.socket.linger = 0
        self.socket.bind("inproc://zeromq.zap.01")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.socket.close()

    def answer(self) -> None:
        """Decide about every newcomer that waits at the door."""
        while self.socket.poll(0):
            request = self.socket.recv_multipart()
            version, request_id = request[0], request[1]
            welcome = self._knows_key(request[5], request[6:])
            self.refused += not welcome
            status = (b"200", b"OK") if welcome else (b"400", b"not of this job")
            self.socket.send_multipart([version, request_id, *status, b"", b""])

    def _knows_key(self, mechanism: bytes, credentials: list[bytes]) -> bool:
        if mechanism == b"CURVE" and len(credentials) == 1:
            expected = z85.decode(self._key.connector[0])
            return hmac.compare_digest(credentials[0], expected)
        if mechanism == b"PLAIN" and len(credentials) == 2:
            return hmac.compare_digest(credentials[1], self._key.password)
        return False
