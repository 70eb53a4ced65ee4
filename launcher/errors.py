"""What the launcher raises on purpose.

LauncherError
├── UsageError (ValueError)         the command line or a LAUNCH_* variable is wrong
├── JobError (RuntimeError)         a job that `launcher.run` started did not succeed
│   └── WorkerFailedError           one worker failed; carries its rank and traceback
    └── RemoteTraceback                 the cause of an exception that a worker raised
"""

from __future__ import annotations


class LauncherError(Exception):
    """Root of all errors that the launcher raises on purpose."""


class UsageError(LauncherError, ValueError):
    """The request itself is wrong; `launch` ends with status 2 and one message."""


class JobError(LauncherError, RuntimeError):
    """A job ended without results; the message says why."""


class RemoteTraceback(LauncherError):  # noqa: N818 - a traceback, not an error
    """A worker's traceback; `launcher.run` makes it the cause of what it raises."""

    def __init__(self, rank: int, text: str) -> None:
        super().__init__(rank, text)
        self.rank = rank
        self.text = text

    def __str__(self) -> str:
        return f'on rank {self.rank}:\n"""\n{self.text}"""'


class WorkerFailedError(JobError):
    """A worker failed in a way that cannot be raised again here.

    Raised by `launcher.run` when a worker was killed, left with a status of its own, or
    raised an exception that does not survive pickling.

    Attributes:
        rank: the worker that failed first.
        remote_traceback: its traceback as text; empty where it left none.
    """

    def __init__(self, message: str, rank: int, remote_traceback: str = "") -> None:
        super().__init__(message)
        self.rank = rank
        self.remote_traceback = remote_traceback

    def __reduce__(self) -> tuple[type[WorkerFailedError], tuple[str, int, str]]:
        return type(self), (str(self), self.rank, self.remote_traceback)
