"""A tiny process that ends the workers if the launcher cannot.

`kill -9` gives the launcher no chance to clean up. Its guardian notices because the
pipe between them closes, kills the process group of every worker (so what the workers
started ends too) and removes the job's private folder. It lives in a session of its
own, so that no Ctrl-C and no signal to the launcher's group reaches it.

Alternatives that fell short: a thread in each worker that waits on such a pipe cannot
run while C code holds the interpreter lock, and makes every worker multi-threaded,
which changes what `fork` does there; the kernel's parent-death signal (orphan.py)
reaches the worker alone and not what it started.

The launcher writes a line for each event: `+PID` a worker started, `-PID` it was
reaped, `/FOLDER` a folder to remove, `.` the launcher ends in good order.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys


class Guardian:
    """The launcher's side: starts the guardian and keeps it informed."""

    def __init__(self) -> None:
        # -I -S: no site-packages, no user settings; it needs nothing but this file.
        command = [sys.executable, "-I", "-S", os.path.abspath(__file__)]
        read_end, self._pipe = os.pipe()
        self._process = subprocess.Popen(
            command,
            stdin=read_end,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )
        os.close(read_end)

    def watch(self, pid: int) -> None:
        """A worker with this process id, leader of its group, has started."""
        self._tell(f"+{pid}")

    def forget(self, pid: int) -> None:
        """The worker is reaped: its number may soon belong to somebody else."""
        self._tell(f"-{pid}")

    def remove_at_end(self, folder: str) -> None:
        """Remove this folder if the launcher goes without `close`."""
        self._tell(folder)

    def close(self) -> None:
        """Tell it that nothing is left to clean up, and see it end."""
        self._tell(".")
        os.close(self._pipe)
        try:
            self._process.wait(timeout=5.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _tell(self, event: str) -> None:
        try:
            os.write(self._pipe, event.encode() + b"\n")
        except BrokenPipeError:
            # Somebody killed the guardian; the job is none the worse for it as long as
            # the launcher lives, and orphan.py still guards the workers.
            return


def guard() -> None:
    """Listen until the launcher closes the pipe or dies, then clean up."""
    groups: set[int] = set()
    folders: list[str] = []
    for line in sys.stdin:
        event = line.rstrip("\n")
        if event == ".":
            return
        if event.startswith("+"):
            groups.add(int(event[1:]))
        elif event.startswith("-"):
            groups.discard(int(event[1:]))
        else:
            folders.append(event)
    for group in groups:
        try:
            os.killpg(group, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue  # gone already
    if folders:
        import shutil

        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    guard()
