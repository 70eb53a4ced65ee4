"""Ranks that are real processes: they get their function by pipe and answer by pipe."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dist.contract import WorkerIdentity, child_environment
from dist.objects import pack, pack_with_module, unpack
from dist.testing.outcome import Outcome, RankFailedError

if TYPE_CHECKING:
    from dist.rendezvous_server import RendezvousServer
    from dist.testing.faults import Fault

Request = tuple[Callable[..., Any], tuple[Any, ...], "Fault | None"]


def run_processes(
    server: RendezvousServer,
    identities: list[WorkerIdentity],
    body: Callable[..., Any],
    arguments: tuple[Any, ...],
    fault: Fault | None,
) -> list[Outcome]:
    """Start one process per rank, wait for the answers, and leave nothing behind."""
    payload = _pickle((body, arguments, fault))
    ranks = [RankProcess(identity, payload) for identity in identities]
    # A rank that sleeps on purpose never answers: do not wait for it.
    sleeper = fault.rank if fault and fault.kind in ("pause", "drop") else None
    awaited = [rank for rank in ranks if rank.number != sleeper]
    deadline = time.monotonic() + identities[0].start_timeout_s + 10.0
    try:
        while any(rank.outcome is None for rank in awaited):
            running = [rank for rank in ranks if rank.outcome is None]
            remaining_s = max(0.0, deadline - time.monotonic())
            ready, _, _ = select.select(running, [], [], remaining_s)
            if not ready:
                break
            for rank in ready:
                if rank.read() and rank.died:
                    # What a launcher does with an exit that is not a success.
                    server.worker_lost(rank.number, rank.cause())
    finally:
        for rank in ranks:
            rank.end()
    return [rank.final_outcome() for rank in ranks]


class RankProcess:
    """One rank as a child process."""

    def __init__(self, identity: WorkerIdentity, payload: bytes) -> None:
        self.number = identity.rank
        self.outcome: Outcome | None = None
        self._answer = bytearray()
        self._printed = bytearray()
        self._answers, answer_end = os.pipe()
        environment = {**os.environ, **child_environment(identity)}
        environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "dist.testing.child", str(answer_end)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(answer_end,),
            start_new_session=True,
        )
        os.close(answer_end)
        self._talk = threading.Thread(
            target=self._communicate, args=(payload,), daemon=True
        )
        self._talk.start()

    @property
    def died(self) -> bool:
        """Whether the process ended without success."""
        return self._process.returncode not in (None, 0)

    def fileno(self) -> int:
        """What to select on for an answer."""
        return self._answers

    def read(self) -> bool:
        """Take in what the child has answered; True when it has ended."""
        part = os.read(self._answers, 1 << 20)
        self._answer += part
        if part:
            return False
        self._process.wait()
        if self._answer:
            value, error = unpack(bytes(self._answer))
            self.outcome = Outcome(self.number, value, error)
        else:
            self.outcome = Outcome(self.number, error=RankFailedError(self._text()))
        return True

    def cause(self) -> str:
        """How the process ended, in words."""
        code = self._process.returncode
        if code is not None and code < 0:
            return f"it was killed by {signal.Signals(-code).name}"
        return f"it exited with status {code}"

    def end(self) -> None:
        """Kill what has not answered, and collect it."""
        if self.outcome is None:
            self._process.kill()
        try:
            self._process.wait(timeout=5.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._talk.join(timeout=5.0)
        os.close(self._answers)

    def final_outcome(self) -> Outcome:
        """The outcome with all that the process has printed."""
        output = self._printed.decode(errors="replace")
        if self.outcome is None:
            error = RankFailedError(f"{self._text()} (no answer in time)")
            return Outcome(self.number, error=error, output=output)
        return Outcome(self.number, self.outcome.value, self.outcome.error, output)

    def _text(self) -> str:
        printed = self._printed.decode(errors="replace")
        return f"rank {self.number} did not answer: {self.cause()}.\n{printed}".rstrip()

    def _communicate(self, payload: bytes) -> None:
        """Hand over the function and collect what is printed."""
        self._printed += self._process.communicate(payload)[0]


def _pickle(request: Request) -> bytes:
    """Send the body's module by value: a child cannot import a test file by name."""
    module = sys.modules.get(getattr(request[0], "__module__", ""))
    if module is None or module.__name__.partition(".")[0] in ("dist", "__main__"):
        return pack(request)
    return pack_with_module(request, module)
