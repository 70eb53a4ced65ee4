"""What a worker reported through its pipe before it ended (written by recorder.py)."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Failure:
    """One record; the fields are explained where they are written, in `Recorder`.

    Attributes:
        kind: "exception", "thread", "interrupt" or "exit".
        time: when it happened, on the clock of `time.monotonic`.
        place: the user's line, as "train.py:12 in step".
        blames_peer: whether it only says that another worker was lost.
        gave_up_waiting: whether it says that others did not come to a call.
    """

    kind: str
    time: float
    error: str
    message: str
    traceback: str
    place: str
    blames_peer: bool
    gave_up_waiting: bool

    @property
    def summary(self) -> str:
        """The error in one line."""
        return f"{self.error}: {self.message}" if self.message else self.error


# Lines of a dump that tell the reader nothing: the launcher's own frames, and the names
# of every compiled module that is loaded.
NOISE = (b"launcher/entry.py", b"Extension modules:")


class FailureReader:
    """Takes a worker's reports apart as they arrive.

    Attributes:
        records: what it reported, at most one of each kind.
        dump: the stacks that `faulthandler` wrote, when the interpreter died or on
            request.
    """

    def __init__(self) -> None:
        self.records: dict[str, Failure] = {}
        self.dump = ""
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Take in bytes from the pipe."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            try:
                failure = Failure(**json.loads(line))
            except (ValueError, TypeError):  # not JSON: a dump
                if not any(noise in line for noise in NOISE):
                    self.dump += line.decode(errors="replace") + "\n"
            else:
                self.records.setdefault(failure.kind, failure)

    @property
    def fatal(self) -> Failure | None:
        """The exception that ended the script, if that is what happened."""
        return self.records.get("exception")
