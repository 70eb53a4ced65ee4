"""Runs `launch` for real, and looks for whatever it may have left running."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
MARK = "MARKED_BY_TEST"
TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Finished:
    """What a run of `launch` came to."""

    status: int
    out: str
    err: str
    seconds: float


class Running:
    """A `launch` under way; all processes that descend from it carry a mark."""

    def __init__(self, process: subprocess.Popen[bytes], mark: str) -> None:
        self.process = process
        self.mark = mark
        self.started_at = time.monotonic()

    def finish(self, timeout_s: float = TIMEOUT_S) -> Finished:
        out, err = self.process.communicate(timeout=timeout_s)
        seconds = time.monotonic() - self.started_at
        return Finished(
            self.process.returncode,
            (out or b"").decode(),
            (err or b"").decode(),
            seconds,
        )

    def send(self, signum: int) -> None:
        self.process.send_signal(signum)

    def family(self) -> list[int]:
        """Every process that carries the mark, `launch` itself left out."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                environment = (entry / "environ").read_bytes()
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if f"{MARK}={self.mark}".encode() in environment and state != "Z":
                found.append(int(entry.name))
        return [pid for pid in found if pid != self.process.pid]


@contextmanager
def launching(
    *words: object, env: Mapping[str, str] | None = None, **popen: object
) -> Iterator[Running]:
    """Start `launch`; on the way out nothing of it may be left."""
    mark = uuid.uuid4().hex
    environment = {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY),
        MARK: mark,
        **(env or {}),
    }
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
               "stderr": subprocess.PIPE} | popen  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "launcher", *map(str, words)],
        env=environment,
        # A test run in the background may ignore Ctrl-C, and children inherit that.
        preexec_fn=_heed_interrupts,
        **options,  # type: ignore[call-overload]
    )
    running = Running(process, mark)
    try:
        yield running
        process.wait(TIMEOUT_S)
        assert wait_until(lambda: not running.family()), (
            f"left running: {running.family()}"
        )
    finally:
        for pid in running.family():
            os.kill(pid, signal.SIGKILL)
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def launch(
    *words: object, env: Mapping[str, str] | None = None, **popen: object
) -> Finished:
    """Run `launch` to its end."""
    with launching(*words, env=env, **popen) as running:
        return running.finish()


def wait_until(condition: object, timeout_s: float = 30.0) -> bool:
    """Poll until the condition holds; False if it never does."""
    deadline = time.monotonic() + timeout_s
    while not condition():  # type: ignore[operator]
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def _heed_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
