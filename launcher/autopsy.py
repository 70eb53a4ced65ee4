"""How one worker ended: what is known, and the words for it; pure."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from launcher.failure import Failure
    from launcher.policy import WorkerState


@dataclass(frozen=True)
class Autopsy:
    """What is known about how one worker ended.

    Attributes:
        state: its exit, as the policy sees it.
        pid: the process it was.
        lived_s: from its start to its failure or end.
        records: what it reported, by kind.
        dump: the stacks at a crash of the interpreter, or when it was asked for them.
        last_errors: the end of its standard error, where the screen did not show it.
        peak_memory: in bytes; 0 if not known.
        was_out_of_memory: whether the kernel killed for want of memory meanwhile.
        role: its part in a job with parameter servers, in words.
    """

    state: WorkerState
    pid: int
    lived_s: float
    records: Mapping[str, Failure] = field(default_factory=dict)
    dump: str = ""
    last_errors: Sequence[str] = ()
    peak_memory: int = 0
    was_out_of_memory: bool = False
    role: str = ""


def cause_for_peers(autopsy: Autopsy) -> str:
    """How the other workers are told: "was killed by SIGKILL"."""
    record = autopsy.records.get("exception")
    if record is not None:
        return f"raised {record.summary}"
    return end_of(autopsy)


def role_of(autopsy: Autopsy) -> str:
    """` (parameter server 0)` where ranks have parts; else nothing."""
    return f" ({autopsy.role})" if autopsy.role else ""


def short_end(autopsy: Autopsy) -> str:
    """How a worker ended, in one line: "failed: ValueError: boom"."""
    fatal = autopsy.records.get("exception")
    if fatal is not None:
        return f"failed: {fatal.summary}"
    return end_of(autopsy)


def end_of(autopsy: Autopsy) -> str:
    """How a worker ended that did not raise: "was killed by SIGSEGV (…)"."""
    code = autopsy.state.exit_code
    if code is None:
        return "was still running"
    if code < 0:
        return f"was killed by {signal_name(-code)}{_signal_hint(-code, autopsy)}"
    leave = autopsy.records.get("exit")
    if leave is not None:
        message = f" ({leave.message})" if leave.message != str(code) else ""
        return f"left by sys.exit with status {code} at {leave.place}{message}"
    return f"left with status {code} and no traceback"


def _signal_hint(signum: int, autopsy: Autopsy) -> str:
    memory = (
        f"peak memory {in_bytes(autopsy.peak_memory)}" if autopsy.peak_memory else ""
    )
    if signum == signal.SIGKILL and autopsy.was_out_of_memory:
        return f": the kernel's out-of-memory killer ended it ({memory})"
    hints = {
        signal.SIGKILL: f"from outside: not by launch, {memory}",
        signal.SIGSEGV: "segmentation fault in native code",
        signal.SIGABRT: "native code called abort()",
        signal.SIGBUS: "a mapped file or /dev/shm is gone or full: see `df /dev/shm`",
        signal.SIGFPE: "arithmetic fault in native code",
        signal.SIGILL: "an instruction that this processor does not have",
    }
    hint = hints.get(signal.Signals(signum)) if signum in hints else None
    return f" ({hint})" if hint else ""


def signal_name(signum: int) -> str:
    """`SIGKILL`; the number where it has no name."""
    try:
        return signal.Signals(signum).name
    except ValueError:
        return f"signal {signum}"


def in_bytes(size: int) -> str:
    """A size for people: `14.2 GB`."""
    amount = float(size)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
