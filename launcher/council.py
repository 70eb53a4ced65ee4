"""The launchers of several hosts: one line from each to host 0's, which holds the job.

An attempt begins on all hosts or on none. A launcher that sees its workers fail tells
the others at once, and reports how its attempt ended; host 0 then says for all whether
there is another one (`agreement`). The line goes to the rendezvous, so hosts need no
port but that one; it is encrypted, and only who has the job's key can speak on it.
"""

from __future__ import annotations

import json
import socket
import time
from abc import ABC, abstractmethod
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from launcher.agreement import HostReport, Verdict, agree
from launcher.causes import HostFailed
from launcher.errors import UsageError

if TYPE_CHECKING:
    from dist.rendezvous_server import RendezvousServer
    from launcher.job import Job

LINGER_MS = 500


class Council(ABC):
    """What one launcher of several knows and says; nothing here waits.

    Attributes:
        node: the number of its host.
        address: where the workers of all hosts meet.
    """

    def __init__(self, job: Job) -> None:
        host, port = resolved(job.config.coordinator)
        self.node = job.config.node_rank or 0
        self.address = f"tcp://{host}:{port}"
        self._failure: HostFailed | None = None

    @property
    def server(self) -> RendezvousServer | None:
        """The meeting place, on host 0."""
        return None

    @property
    @abstractmethod
    def attempt(self) -> int | None:
        """The number of the attempt, None until host 0 has said it."""

    def failure(self) -> HostFailed | None:
        """Return the failure of another host in this attempt, if there is one."""
        self._listen()
        return self._failure

    @abstractmethod
    def is_open(self) -> bool:
        """Whether the first attempt may begin."""

    @abstractmethod
    def say_failing(self, why: str, status: int) -> None:
        """Tell the other hosts that workers of this one have failed."""

    @abstractmethod
    def report(self, report: HostReport) -> None:
        """Tell how the attempt ended on this host."""

    @abstractmethod
    def verdict(self) -> Verdict | None:
        """Return what all hosts do next, once known; `attempt` is then that one."""

    @abstractmethod
    def close(self) -> None:
        """Leave the council."""

    @abstractmethod
    def _listen(self) -> None:
        """Take in what the others have said."""


class FirstHost(Council):
    """The launcher of host 0, which holds the meeting place and decides."""

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        from dist.rendezvous_server import RendezvousServer  # loads ZeroMQ

        assert job.key is not None, "checked by LaunchConfig"  # noqa: S101  # for mypy
        config = job.config
        host, _, port = self.address.removeprefix("tcp://").rpartition(":")
        self._server = RendezvousServer(
            config.size, job.key, host=host, port=int(port), attempt=0
        )
        self.address = self._server.start()
        self._attempt = 0
        self._nodes = config.nodes
        self._limit = config.restarts
        self._patience_s = config.start_timeout_s
        self._present = {0}
        self._reports: dict[int, HostReport] = {}
        self._reported_at = 0.0

    @property
    def server(self) -> RendezvousServer:
        """The meeting place."""
        return self._server

    @property
    def attempt(self) -> int:
        """The number of the attempt."""
        return self._attempt

    def is_open(self) -> bool:
        """Whether the first attempt may begin: here, always."""
        return True

    def say_failing(self, why: str, status: int) -> None:
        """Tell the other hosts that workers of this one have failed."""
        self._relay(0, why, status)

    def report(self, report: HostReport) -> None:
        """Tell how the attempt ended on this host."""
        self._note(report)
        self._reported_at = time.monotonic()

    def verdict(self) -> Verdict | None:
        """Decide, once all have reported; tell the others."""
        self._listen()
        waited_s = time.monotonic() - self._reported_at
        found = agree(
            self._reports,
            self._present,
            self._nodes,
            may_restart=self._attempt < self._limit,
            waited_long=0 < self._patience_s <= waited_s,
        )
        if found is None:
            return None
        if found.restarts:
            self._attempt += 1
            self._reports.clear()
            self._failure = None
            self._server.begin_attempt(self._attempt)
        self._server.tell_hosts("verdict", attempt=self._attempt, **asdict(found))
        return found

    def close(self) -> None:
        """Close the meeting place."""
        self._server.close()

    def _listen(self) -> None:
        for news in self._server.news_of_hosts():
            node, said = news["node"], news["said"]
            if said == "here":
                self._present.add(node)
                self._server.tell_hosts("attempt", attempt=self._attempt)
            elif said == "failing" and news["attempt"] == self._attempt:
                self._relay(node, news["why"], news["status"])
            elif said == "ended" and news["attempt"] == self._attempt:
                self._note(HostReport(**news["report"]))
            elif said == "lost":
                self._present.discard(node)
                why = "its launcher is gone, or cannot be reached"
                self._note(HostReport(node, 1, why, is_final=True))

    def _note(self, report: HostReport) -> None:
        """Keep a report; a failure is news to those who still work."""
        self._reports[report.node] = report
        if report.status:
            self._relay(report.node, report.why, report.status)

    def _relay(self, node: int, why: str, status: int) -> None:
        """Let all hosts know of a failure."""
        failure = HostFailed(node, why, status)
        if node != self.node:
            self._failure = self._failure or failure
        self._server.tell_hosts("failing", attempt=self._attempt, **asdict(failure))


class OtherHost(Council):
    """The launcher of any other host, at its end of the line."""

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        import zmq

        from dist.rendezvous_server import detect_unreachable_hosts
        from dist.security import secure_connector

        assert job.key is not None, "checked by LaunchConfig"  # noqa: S101  # for mypy
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._line = self._context.socket(zmq.DEALER)
        self._line.linger = LINGER_MS
        detect_unreachable_hosts(self._line)
        secure_connector(self._line, job.key, "curve")
        self._monitor = self._line.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        self._line.connect(self.address)
        self._attempt: int | None = None
        self._verdict: Verdict | None = None
        self._say("here")

    @property
    def attempt(self) -> int | None:
        """The number of the attempt, None until host 0 has said it."""
        return self._attempt

    def is_open(self) -> bool:
        """Whether host 0 has said which attempt to begin with."""
        self._listen()
        return self.attempt is not None

    def say_failing(self, why: str, status: int) -> None:
        """Tell the other hosts that workers of this one have failed."""
        self._say("failing", attempt=self.attempt, why=why, status=status)

    def report(self, report: HostReport) -> None:
        """Tell how the attempt ended on this host."""
        self._say("ended", attempt=self.attempt, report=asdict(report))

    def verdict(self) -> Verdict | None:
        """Return what host 0 has decided."""
        self._listen()
        found, self._verdict = self._verdict, None
        return found

    def close(self) -> None:
        """Close the line, once what was said has left."""
        self._line.disable_monitor()
        self._monitor.close()
        self._line.close()
        self._context.term()

    def _say(self, said: str, **facts: Any) -> None:
        header = {"kind": "host", "node": self.node, "said": said, **facts}
        self._line.send(json.dumps(header).encode())

    def _listen(self) -> None:
        while self._line.poll(0):
            self._hear(json.loads(self._line.recv_multipart()[0]))
        if self._monitor.poll(0) and self.attempt is not None:
            why = "its launcher is gone, or cannot be reached"
            gone = HostReport(0, 1, why, is_final=True)
            self._failure = self._failure or HostFailed(0, why)
            self._verdict = self._verdict or Verdict(False, 1, gone)

    def _hear(self, header: dict[str, Any]) -> None:
        said = header.get("said")
        if said == "attempt" and self.attempt is None:
            self._attempt = header["attempt"]
        elif said == "failing" and header["attempt"] == self.attempt:
            if header["node"] != self.node:
                failure = HostFailed(header["node"], header["why"], header["status"])
                self._failure = self._failure or failure
        elif said == "verdict":
            cause = header["cause"] and HostReport(**header["cause"])
            self._verdict = Verdict(header["restarts"], header["status"], cause)
            self._attempt, self._failure = header["attempt"], None


def open_council(job: Job) -> Council | None:
    """Join the launchers of the job's other hosts; None if there are none.

    Raises:
        UsageError: The coordinator's name has no address.
        RendezvousError: Host 0 cannot listen there.
    """
    if job.config.nodes == 1:
        return None
    return OtherHost(job) if job.config.node_rank else FirstHost(job)


def resolved(coordinator: str) -> tuple[str, int]:
    """Return the address and port of HOST:PORT.

    Raises:
        UsageError: The name has no address.
    """
    host, _, port = coordinator.rpartition(":")
    try:
        return socket.gethostbyname(host), int(port)
    except OSError as error:
        raise UsageError(
            f"`--coordinator`: there is no address for {host!r} ({error.strerror}). "
            "Pass a name that all hosts can resolve, or an IP address."
        ) from None
