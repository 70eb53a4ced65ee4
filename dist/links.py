"""One rank's sockets to the other ranks of a group: one inbox, an outbox per peer.

The inbox (PULL) is bound when the group is made, on a free port or, inside one host, on
an abstract Unix socket, which leaves no file; an outbox (PUSH) is connected when it is
first used. Messages of one sender arrive in order; those of a sender that nobody is
waiting for yet are set aside.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import zmq

from dist import frames
from dist.security import Mechanism, secure_connector, secure_listener
from dist.watch import CHECK_INTERVAL_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dist.call import Call
    from dist.job_key import JobKey
    from dist.reductions import Array
    from dist.watch import Watch

Message = tuple[frames.Header, memoryview]

# Up to this, one frame for header and payload is cheaper than two frames.
ONE_FRAME_BYTES = 32 * 1024
# From this on, handing the array's memory to ZeroMQ beats copying it into a message.
ZERO_COPY_BYTES = 1024 * 1024
LARGEST_FRAME = 1 << 32
# What the loopback holds should still be in the cache when it is read (a quarter faster
# than what the system chooses). Between hosts the system knows better.
LOOPBACK_BUFFER_BYTES = 512 * 1024


class Links:
    """Sends pieces of arrays to peers and receives theirs, in order, with a deadline.

    Not for two threads at once. An array that was sent must not change before the peer
    has it: the algorithms above see to that.
    """

    def __init__(  # noqa: PLR0913 - what every secured socket needs
        self,
        context: zmq.Context[zmq.Socket[bytes]],
        key: JobKey,
        mechanism: Mechanism,
        rank: int,
        listen_at: str,
        watch: Watch,
    ) -> None:
        self._context = context
        self._key = key
        self._mechanism = mechanism
        self._rank = rank
        self._watch = watch
        self._endpoints: Sequence[str] = ()
        self._outboxes: dict[int, zmq.Socket[bytes]] = {}
        self._aside: dict[int, deque[Message]] = {}
        self._inbox = context.socket(zmq.PULL)
        self._inbox.linger = 0
        self._inbox.rcvtimeo = int(1000 * CHECK_INTERVAL_S)
        self._inbox.maxmsgsize = LARGEST_FRAME
        secure_listener(self._inbox, key, mechanism)
        self._inbox.bind(listen_at)
        self.endpoint = str(self._inbox.getsockopt_string(zmq.LAST_ENDPOINT))

    def introduce(self, endpoints: Sequence[str]) -> None:
        """Learn where each rank's inbox is; nothing is connected yet."""
        self._endpoints = endpoints

    def send(
        self, call: Call, peer: int, header: frames.Header, payload: Array | None = None
    ) -> None:
        """Send one piece to `peer`; large ones are read from the array's own memory."""
        outbox = self._outboxes.get(peer) or self._connect(peer)
        head = header.encode()
        while True:
            try:
                if payload is None or payload.nbytes == 0:
                    outbox.send(head)
                elif payload.nbytes <= ONE_FRAME_BYTES:
                    outbox.send(head + payload.tobytes())
                else:
                    outbox.send(head, zmq.SNDMORE)
                    body = payload.view("u1").data
                    if payload.nbytes < ZERO_COPY_BYTES:
                        outbox.send(body)
                    else:
                        outbox.send(body, copy=False)
                return
            except zmq.Again:  # the peer takes nothing in at the moment
                self._watch.check(call, [peer])

    def receive(self, call: Call, peer: int) -> Message:
        """Return the next piece from `peer`, waiting as long as it is worth it."""
        aside = self._aside.get(peer)
        if aside:
            return aside.popleft()
        while True:
            try:
                frame = self._inbox.recv()
            except zmq.Again:
                self._watch.check(call, [peer])
                continue
            message = frames.decode(frame)
            if self._inbox.getsockopt(zmq.RCVMORE):
                body = self._inbox.recv(copy=False).buffer
                message = message and (message[0], body)
            if message is None:
                continue
            if message[0].source == peer:
                return message
            self._compare_early(call, message[0])
            self._aside.setdefault(message[0].source, deque()).append(message)

    def _compare_early(self, call: Call, header: frames.Header) -> None:
        """See whether somebody whose turn it is not has made another call than this.

        Different calls send their first frames in different directions: without this,
        an all-reduce and a barrier could wait past each other.
        """
        if header.is_letter or call.request.is_letter:
            return
        same_number = header.sequence == call.sequence
        if same_number and header.fingerprint != call.request.fingerprint:
            text = header.text or "another call"
            self._watch.mismatch(call, header.source, text)

    def close(self, linger_s: float = 0.0) -> None:
        """Close all sockets; what is still on its way lingers in the background."""
        self._inbox.close()
        for outbox in self._outboxes.values():
            outbox.close(linger=int(1000 * linger_s))
        self._outboxes.clear()

    def _connect(self, peer: int) -> zmq.Socket[bytes]:
        outbox = self._context.socket(zmq.PUSH)
        outbox.linger = 0
        outbox.sndtimeo = int(1000 * CHECK_INTERVAL_S)
        secure_connector(outbox, self._key, self._mechanism)
        endpoint = self._endpoints[peer]
        if endpoint.startswith("tcp://127."):
            outbox.sndbuf = LOOPBACK_BUFFER_BYTES
        outbox.connect(endpoint)
        self._outboxes[peer] = outbox
        return outbox
