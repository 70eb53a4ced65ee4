"""One worker: started in a session of its own, watched, signalled and reaped.

The session keeps the terminal's Ctrl-C from reaching the worker directly (the launcher
decides how a job stops) and makes a process group of the worker and everything that it
starts. Polite signals go to the worker alone, so that it can wind down its own helpers;
SIGKILL goes to the group. Once the worker has ended, what is left of its group is
killed too, before its process id is given back and could belong to somebody else.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from launcher.streams import Streams

ENTRY = str(Path(__file__).with_name("entry.py"))


@dataclass(frozen=True)
class Exit:
    """How a worker ended: its code (negative: a signal); its peak memory in bytes."""

    code: int
    peak_memory: int


class WorkerProcess:
    """A running worker and the descriptors that the launcher reads it through.

    Attributes:
        rank: its rank in the job.
        failure_fd: where its failure records arrive; ends when the worker does.
        output_fds: its standard output and standard error.
    """

    def __init__(
        self,
        rank: int,
        task: list[str],
        environment: Mapping[str, str],
        streams: Streams,
        stdin: int = subprocess.DEVNULL,
    ) -> None:
        self.rank = rank
        self.output_fds = streams.readable
        self.failure_fd, failure_write = os.pipe()
        command = [sys.executable, ENTRY, str(failure_write), str(os.getpid()), *task]
        # These wait until the worker can report what they interrupt: see entry.py.
        blocked = {signal.SIGINT, signal.SIGQUIT}
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, blocked)
        try:
            self._process = subprocess.Popen(
                command,
                stdin=stdin,
                stdout=streams.writable[0],
                stderr=streams.writable[1],
                env=dict(environment),
                pass_fds=(failure_write,),
                start_new_session=True,
            )
        except BaseException:
            for descriptor in (self.failure_fd, *streams.readable):
                os.close(descriptor)
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            for descriptor in (failure_write, *set(streams.writable)):
                os.close(descriptor)
        self.started_at = time.monotonic()
        for descriptor in (self.failure_fd, *self.output_fds):
            os.set_blocking(descriptor, False)

    @property
    def pid(self) -> int:
        """Its process id, which is also that of its group and session."""
        return self._process.pid

    def poll(self) -> Exit | None:
        """Reap the worker if it has ended, and end what it left behind; else None."""
        if self._process.returncode is not None:
            return None
        if hasattr(os, "waitid"):
            # Look without reaping: while it is a zombie its number stays reserved.
            options = os.WEXITED | os.WNOHANG | os.WNOWAIT
            if os.waitid(os.P_PID, self.pid, options) is None:
                return None
            self.kill()
        pid, status, usage = os.wait4(self.pid, os.WNOHANG)
        if pid == 0:
            return None
        if not hasattr(os, "waitid"):  # macOS before Python 3.13
            self.kill()
        code = os.waitstatus_to_exitcode(status)
        self._process.returncode = code  # so that nobody waits for it again
        # The kernel counts in KiB, that of macOS in bytes.
        unit = 1 if sys.platform == "darwin" else 1024
        return Exit(code, usage.ru_maxrss * unit)

    def send(self, signum: int) -> None:
        """Signal the worker, not its helpers; nothing happens if it has been reaped."""
        if self._process.returncode is None:
            os.kill(self.pid, signum)

    def kill(self) -> None:
        """Kill the worker and all that it started, unless it has been reaped."""
        if self._process.returncode is not None:
            return
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return  # reaped just now, with nothing left of its group
        except PermissionError:
            return  # macOS answers so for a group of zombies

    def close(self) -> None:
        """Give the descriptors back; for use after the worker is reaped."""
        for descriptor in (self.failure_fd, *self.output_fds):
            os.close(descriptor)
