"""A worker's line to the rendezvous: who is alive, who failed, and small exchanges.

A thread of its own keeps it, so that news arrive while the main thread computes. It
beats four times a second with what this rank is busy with, answers the door for the
process's data sockets, and files what it hears: a rank that was lost, a failure that
another rank reported, the payloads of an exchange. Whoever waits for a peer asks
`Watch` (which asks here) and raises; this thread itself never raises into anybody.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, NoReturn

import zmq
from zmq.utils.monitor import recv_monitor_message

from dist.errors import RendezvousError, StartTimeoutError, WorkerLostError
from dist.rendezvous_server import LARGEST_MESSAGE, detect_unreachable_hosts
from dist.security import Doorkeeper, secure_connector

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dist.call import Call
    from dist.job_key import JobKey

BEAT_INTERVAL_S = 0.25
WAIT_SLICE_S = 0.1
FIRST_REPORT_S, NEXT_REPORTS_S = 5.0, 15.0
LINE = "the line to the rendezvous"

Frames = list[bytes]


class ControlChannel:
    """The connection of one rank to the rendezvous server, kept by a daemon thread.

    Attributes:
        context: the process's ZeroMQ context; its sockets are guarded by this thread.
        members: host and process id of every rank, once all have joined.
        lost: cause by rank, for ranks that ended without a farewell.
        left: ranks that said farewell.
        failure: the first failure that any rank reported, or None.
        clock_offset_s: what to add to this process's `perf_counter` to get the
            server's clock (from the exchange with the shortest round trip).
    """

    def __init__(
        self, address: str, key: JobKey, *, rank: int, size: int, attempt: int = 0
    ) -> None:
        self.rank = rank
        self.size = size
        self._attempt = attempt
        self.members: list[dict[str, Any]] = []
        self.lost: dict[int, str] = {}
        self.left: set[int] = set()
        self.failure: dict[str, Any] | None = None
        self._progress: dict[str, Any] = {}
        self.clock_offset_s = 0.0
        self.busy_with: Call | None = None
        self.context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._address = address
        self._refused = ""
        self._shortest_round_trip_s = float("inf")
        self._exchanged: dict[str, Frames] = {}
        self._news = threading.Condition()
        self._outbox: deque[Frames] = deque()
        self._closing = threading.Event()
        self._waking = threading.Lock()
        self._wake_reader, self._wake_writer = os.pipe()
        os.set_blocking(self._wake_reader, False)
        self._doorkeeper = Doorkeeper(self.context, key)
        self._line = self.context.socket(zmq.DEALER)
        self._line.linger = 500
        self._line.sndhwm = 0
        self._line.maxmsgsize = LARGEST_MESSAGE
        detect_unreachable_hosts(self._line)
        secure_connector(self._line, key, "curve")
        self._monitor = self._line.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        self._thread = threading.Thread(
            target=self._run, name="dist-control", daemon=True
        )

    def join(
        self,
        host: str,
        timeout_s: float,
        missing: Callable[[], list[int]] | None = None,
    ) -> None:
        """Connect, say who we are, and wait until all ranks have done so.

        Args:
            host: the name of this host.
            timeout_s: how long to wait.
            missing: tells who is not there, if this process holds the rendezvous; then
                it also tells the user, as `launch` would.

        Raises:
            StartTimeoutError: some ranks did not arrive in time.
            RendezvousError: the server refused us.
            WorkerLostError: a rank died while starting.
        """
        self._line.connect(self._address)
        self._thread.start()
        me = {"rank": self.rank, "size": self.size, "host": host, "pid": os.getpid()}
        self._post("join", {**me, "attempt": self._attempt})

        def settled() -> bool:
            return bool(self.members or self._refused or self.lost)

        deadline = time.monotonic() + timeout_s
        interval_s = FIRST_REPORT_S
        while not self._wait_for_news(
            settled, min(interval_s, deadline - time.monotonic())
        ):
            if time.monotonic() >= deadline:
                self._start_timed_out(timeout_s)
            if missing is not None:
                sys.stderr.write(
                    f"dist: waiting for the ranks {missing()} of {self.size}\n"
                )
            interval_s = NEXT_REPORTS_S
        if self._refused:
            raise RendezvousError(
                f"the rendezvous refused this process: {self._refused}"
            )
        if self.lost and not self.members:
            rank, cause = next(iter(self.lost.items()))
            raise WorkerLostError(
                f"rank {rank} was lost before all {self.size} ranks had arrived: "
                f"{cause}. See its own output first.",
                rank=self.rank,
                peer=rank,
                elapsed_s=time.monotonic() + timeout_s - deadline,
            )

    def exchange(
        self,
        key: str,
        ranks: Sequence[int],
        payload: bytes,
        check: Callable[[], None],
    ) -> Frames:
        """Give `payload` to all `ranks` and return theirs, in the order of `ranks`.

        Args:
            key: the same word on all of them, different for each exchange.
            ranks: the ranks that take part, this one among them.
            payload: any bytes; they travel encrypted and unopened.
            check: called while waiting; raises when waiting has become pointless.
        """
        self._post("exchange", {"key": key, "ranks": list(ranks)}, payload)
        while not self._wait_for_news(lambda: key in self._exchanged, WAIT_SLICE_S):
            check()
        return self._exchanged.pop(key)

    def agree_on_failure(
        self, failure: dict[str, Any], timeout_s: float = 0.5
    ) -> dict[str, Any]:
        """Tell all ranks what went wrong here, so that none of them waits for it.

        Returns:
            The failure that the job failed from: this one, or one reported before.
        """
        self._post("failed", failure)
        self._wait_for_news(lambda: self.failure is not None, timeout_s)
        return self.failure or failure

    def ask_progress(self, timeout_s: float = 0.5) -> dict[str, Any]:
        """What each rank is busy with, and whether this rank should tell the user.

        Returns:
            The header of the answer (see `membership`), empty if none came in time.
        """
        self._progress = {}
        self._post("inquire", {})
        self._wait_for_news(lambda: bool(self._progress), timeout_s)
        return self._progress

    def close(
        self, timeout_s: float = 1.0, account: dict[str, Any] | None = None
    ) -> None:
        """Say farewell and stop the thread, within `timeout_s`.

        Args:
            timeout_s: how long it may take.
            account: what communication has cost this rank, for the launcher.
        """
        if self._closing.is_set():
            return
        farewell = {"kind": "leave", "account": account}
        self._outbox.append([json.dumps(farewell).encode()])
        self._closing.set()
        self._wake()
        if self._thread.ident is None:
            self._close_sockets()  # it never started: `join` was not called
        else:
            self._thread.join(timeout_s)

    def _start_timed_out(self, timeout_s: float) -> NoReturn:
        known = self.ask_progress().get("ranks")
        missing = tuple(r for r in range(self.size) if known and str(r) not in known)
        what = (
            f"the ranks {list(missing)} of {self.size} did not arrive. See their output"
            if known
            else "it did not answer: it is not there, or this process has another key. "
            "See the launcher's output"
        )
        raise StartTimeoutError(
            f"rank {self.rank} waited {timeout_s:g} s at the rendezvous "
            f"{self._address}; {what}, and raise the limit with `--start-timeout` "
            "(RINGFLOW_START_TIMEOUT_S) if something is only slow.",
            missing=missing,
        )

    def _post(self, kind: str, header: dict[str, Any], *payloads: bytes) -> None:
        self._outbox.append([json.dumps({**header, "kind": kind}).encode(), *payloads])
        self._wake()

    def _wake(self) -> None:
        with self._waking:  # never write to a descriptor that somebody else got since
            if self._wake_writer >= 0:
                os.write(self._wake_writer, b"!")

    def _wait_for_news(self, happened: Callable[[], bool], timeout_s: float) -> bool:
        """Wait in slices, so that Ctrl-C is answered at once."""
        deadline = time.monotonic() + timeout_s
        with self._news:
            while not happened():
                remaining_s = deadline - time.monotonic()
                if remaining_s <= 0:
                    return False
                self._news.wait(min(remaining_s, WAIT_SLICE_S))
        return True

    def _run(self) -> None:
        try:
            self._serve()
        except BaseException as error:
            # Whoever waits must hear of it: without this thread no news would arrive.
            self._fail_here(f"the thread that keeps {LINE} failed: {error!r}")
            raise
        finally:
            self._close_sockets()

    def _serve(self) -> None:
        poller = zmq.Poller()
        for source in (self._line, self._doorkeeper.socket, self._monitor):
            poller.register(source, zmq.POLLIN)
        poller.register(self._wake_reader, zmq.POLLIN)
        next_beat_s = 0.0
        while True:
            closing = self._closing.is_set()
            while self._outbox:
                self._line.send_multipart(self._outbox.popleft())
            if closing:
                break
            now_s = time.perf_counter()
            if now_s >= next_beat_s:
                next_beat_s, call = now_s + BEAT_INTERVAL_S, self.busy_with
                self._post("beat", {"sent_s": now_s, "call": call.text if call else ""})
                continue
            ready = dict(poller.poll(int(1000 * (next_beat_s - now_s)) + 1))
            if self._wake_reader in ready:
                os.read(self._wake_reader, 4096)
            if self._doorkeeper.socket in ready:
                self._doorkeeper.answer()
            if self._line in ready:
                self._hear()
            if self._monitor in ready:
                self._line_was_cut()

    def _hear(self) -> None:
        while self._line.poll(0):
            header_frame, *payloads = self._line.recv_multipart()
            header = json.loads(header_frame)
            with self._news:
                self._file(header, payloads)
                self._news.notify_all()

    def _file(self, header: dict[str, Any], payloads: Frames) -> None:
        kind = header["kind"]
        if kind == "pong":
            self._set_clock(header["sent_s"], header["server_s"])
        elif kind == "exchanged":
            self._exchanged[header["key"]] = payloads
        elif kind == "lost" and header["orderly"]:
            self.left.add(header["rank"])
        elif kind == "lost":
            self.lost[header["rank"]] = header["cause"]
        elif kind == "failed" and self.failure is None:
            self.failure = header
        elif kind == "welcome":
            self.members = header["members"]
        elif kind == "refused":
            self._refused = header["why"]
        elif kind == "progress":
            self._progress = header

    def _set_clock(self, sent_s: float, server_s: float) -> None:
        now_s = time.perf_counter()
        if now_s - sent_s < self._shortest_round_trip_s:
            self._shortest_round_trip_s = now_s - sent_s
            self.clock_offset_s = server_s - (sent_s + now_s) / 2

    def _line_was_cut(self) -> None:
        """The server's process is gone: under a foreign launcher that was rank 0."""
        while self._monitor.poll(0):
            recv_monitor_message(self._monitor)
        if not self.members:
            return  # it was not up yet; ZeroMQ tries again
        self._fail_here(
            f"{LINE} at {self._address} was cut. The process that held it (the "
            "launcher, or rank 0 under other launchers) has ended or cannot be "
            "reached. See its own output first."
        )

    def _fail_here(self, text: str) -> None:
        """End the waits of this process; the others cannot be told any more."""
        with self._news:
            if self.failure is None:
                self.failure = {"error": "lost", "peer": 0, "text": text}
            self._news.notify_all()

    def _close_sockets(self) -> None:
        self._line.disable_monitor()
        for opened in (self._monitor, self._line, self._doorkeeper.socket):
            opened.close()
        with self._waking:
            os.close(self._wake_writer)
            os.close(self._wake_reader)
            self._wake_writer = -1
