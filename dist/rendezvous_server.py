"""The meeting point of a job: a daemon thread that performs what `Membership` decides.

`launch` runs it, so any rank may die; under other launchers rank 0 does. It binds an
ephemeral port, lets in only who holds the job's key (always encrypted: this channel
carries pickled objects), and finds out about deaths in three ways: the launcher reports
an exit, the kernel closes a dead process's connection, and TCP keepalive gives up on a
host that cannot be reached. A stopped process is none of these: the stall watch is for
it, because a debugger or Ctrl-Z must not end a job.
"""

from __future__ import annotations

import contextlib
import json
import queue
import threading
import time
from typing import TYPE_CHECKING, Any

from dist.errors import RendezvousError
from dist.membership import Membership, Send

if TYPE_CHECKING:
    from collections.abc import Callable

    import zmq

    from dist.job_key import JobKey

PING_INTERVAL_S = 0.2
POLL_INTERVAL_MS = 50
RENEWAL_LIMIT_S = 10.0
LARGEST_MESSAGE = 1 << 31


class RendezvousServer:
    """Brings `size` ranks together and tells them about each other's fate.

    In a job over several hosts it also carries what their launchers say to each other,
    and serves one attempt after the other.

    All methods may be called from any thread. The thread that serves is a daemon and
    needs no NumPy.
    """

    def __init__(
        self,
        size: int,
        key: JobKey,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        attempt: int | None = None,
    ) -> None:
        self._membership = Membership(size, attempt=attempt)
        self._key = key
        self._endpoint = f"tcp://{host}:{port or '*'}"
        self._commands: queue.SimpleQueue[Callable[[], list[Send]]] = (
            queue.SimpleQueue()
        )
        self._news: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._all_joined = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(
            target=self._serve, name="dist-rendezvous-server", daemon=True
        )
        self._context: zmq.Context[zmq.Socket[bytes]] | None = None
        self._router: zmq.Socket[bytes]
        self.address = ""

    def start(self) -> str:
        """Bind and begin to serve; return the address to hand to the workers."""
        import zmq  # `import dist.rendezvous_server` stays cheap for `launch --help`

        from dist.security import Doorkeeper, secure_listener

        self._context = zmq.Context()
        self._doorkeeper = Doorkeeper(self._context, self._key)
        router = self._router = self._context.socket(zmq.ROUTER)
        router.linger = 200
        router.sndhwm = 0  # a stopped worker only collects pings; never drop an answer
        router.router_mandatory = True  # sending to a closed connection is an error
        router.maxmsgsize = LARGEST_MESSAGE
        detect_unreachable_hosts(router)
        secure_listener(router, self._key, "curve")
        try:
            router.bind(self._endpoint)
        except zmq.ZMQError as error:
            self._context.destroy(linger=0)
            raise RendezvousError(
                f"the rendezvous cannot listen on {self._endpoint}: {error}. Another "
                "process may hold the port, or the address is not of this host; leave "
                "the port out to get a free one."
            ) from None
        self.address = str(router.getsockopt_string(zmq.LAST_ENDPOINT))
        self._thread.start()
        return self.address

    def missing(self) -> list[int]:
        """Ranks that have not joined yet."""
        return self._membership.missing

    def wait_joined(self, timeout_s: float) -> bool:
        """Wait until every rank has joined; False if that took too long."""
        return self._all_joined.wait(timeout_s)

    def progress(self) -> dict[int, str]:
        """The call that each joined rank is busy with; "" between calls."""
        return {rank: m.call for rank, m in dict(self._membership.members).items()}

    def accounts(self) -> dict[int, dict[str, Any]]:
        """What communication has cost the ranks that left in good order."""
        return dict(self._membership.accounts)

    def worker_lost(self, rank: int, cause: str) -> None:
        """Tell all others that `rank` ended (`cause`: "exited with status 3")."""
        self._commands.put(lambda: self._membership.worker_lost(rank, cause))

    def begin_attempt(self, attempt: int) -> None:
        """Forget the ranks of the last attempt; those of this one may join.

        Raises:
            RendezvousError: the server does not serve any more.
        """
        renewed = threading.Event()

        def renew() -> list[Send]:
            old = self._membership
            self._membership = Membership(old.size, attempt=attempt, hosts=old.hosts)
            self._membership.news = old.news
            self._all_joined.clear()
            renewed.set()
            return []

        self._commands.put(renew)
        if not renewed.wait(RENEWAL_LIMIT_S):
            raise RendezvousError(
                f"the rendezvous at {self.address} did not begin attempt {attempt} "
                f"within {RENEWAL_LIMIT_S:g} s: its thread has ended."
            )

    def tell_hosts(self, said: str, **facts: Any) -> None:
        """Say something to the launchers of all other hosts that are connected."""

        def tell() -> list[Send]:
            header = {"kind": "told", "said": said, **facts}
            clients = self._membership.hosts.values()
            return [Send(client, header) for client in clients]

        self._commands.put(tell)

    def news_of_hosts(self) -> list[dict[str, Any]]:
        """Take what launchers of other hosts have said, or that they are "lost"."""
        news = []
        with contextlib.suppress(queue.Empty):
            while True:
                news.append(self._news.get_nowait())
        return news

    def wait_everybody_gone(self, timeout_s: float) -> bool:
        """Wait until every rank has left or is lost; False if that took too long."""
        deadline = time.monotonic() + timeout_s
        while not self._membership.everybody_gone:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        return True

    def close(self) -> None:
        """Stop serving, within a second; safe to call twice."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(timeout=1.0)

    def _serve(self) -> None:
        try:
            self._serve_until_closed()
        finally:  # also when it fails: the workers then see that their line is cut
            self._router.close()
            self._doorkeeper.socket.close()
            if self._context is not None:
                self._context.term()

    def _serve_until_closed(self) -> None:
        import zmq

        poller = zmq.Poller()
        poller.register(self._router, zmq.POLLIN)
        poller.register(self._doorkeeper.socket, zmq.POLLIN)
        next_ping_s = 0.0
        while not self._closing.is_set():
            poller.poll(POLL_INTERVAL_MS)
            self._doorkeeper.answer()
            self._receive_all()
            self._obey()
            if time.monotonic() >= next_ping_s:
                next_ping_s = time.monotonic() + PING_INTERVAL_S
                clients = [*self._membership.clients, *self._membership.hosts.values()]
                self._perform([Send(client, {"kind": "ping"}) for client in clients])
            while self._membership.news:
                self._news.put(self._membership.news.pop(0))

        self._obey()  # what was said just before the end is still sent

    def _obey(self) -> None:
        while not self._commands.empty():
            self._perform(self._commands.get()())

    def _receive_all(self) -> None:
        """Read everything that has arrived; skip what is not of the protocol."""
        while self._router.poll(0):
            client, *frames = self._router.recv_multipart()
            try:
                header = json.loads(frames[0])
                kind = header["kind"]
            except (IndexError, KeyError, TypeError, ValueError):
                continue
            payloads = tuple(frames[1:])
            self._perform(
                self._membership.receive(client, header, payloads, time.monotonic())
            )
            if kind == "join" and not self._membership.missing:
                self._all_joined.set()

    def _perform(self, sends: list[Send]) -> None:
        import zmq

        for send in sends:
            frames = [send.client, json.dumps(send.header).encode(), *send.payloads]
            try:
                self._router.send_multipart(frames, zmq.DONTWAIT)
            except zmq.ZMQError as error:
                if error.errno != zmq.EHOSTUNREACH:
                    raise
                self._perform(self._membership.unreachable(send.client))


def detect_unreachable_hosts(socket: zmq.Socket[bytes]) -> None:
    """Let TCP close a connection whose other host has been silent for three seconds.

    Keepalive covers idle connections, the retransmission limit those with data under
    way. Both are answered by the peer's kernel: a stopped process keeps its connection.
    """
    socket.tcp_keepalive = 1
    socket.tcp_keepalive_idle = 1
    socket.tcp_keepalive_intvl = 1
    socket.tcp_keepalive_cnt = 2
    socket.tcp_maxrt = 3000
