"""What a worker tells the launcher when it fails. Runs inside the worker.

The launcher gives every worker the write end of a pipe. When the script's main thread
ends by an exception, one line of JSON goes through it: the traceback exactly as
`python script.py` would print it, and what the launcher needs to tell a cause from its
consequences. If the interpreter itself dies (SIGSEGV, SIGABRT …), `faulthandler` writes
its dump to the same pipe, as plain text. The record says when it happened on the
system-wide monotonic clock, so that records of several workers can be ordered.

This module stands on the standard library alone, and imports late: a worker that
succeeds pays nothing for it.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

# What fits into a pipe that nobody reads yet, with room for the other fields.
MAX_TRACEBACK_CHARS = 24_000
# The part of a long traceback to keep: the error itself stands at the end.
KEPT_HEAD_CHARS = 6_000
# By name, because importing `dist` here would load it into workers that do without.
PEER_ERRORS = frozenset(("WorkerLostError", "RendezvousError", "ServiceLostError"))
WAITING_ERRORS = frozenset(("CollectiveTimeoutError",))
LAUNCHER_FOLDER = os.path.dirname(os.path.abspath(__file__))


class Recorder:
    """Sends this worker's failure to the launcher, at most one of each kind.

    Args:
        descriptor: the write end of the launcher's pipe; this object owns it. Programs
            that the script starts do not inherit it.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self._sent: set[str] = set()
        self._owner = os.getpid()
        os.set_inheritable(descriptor, False)

    def install(self) -> None:
        """Watch for what no `except` sees: crashes, and exceptions in threads.

        SIGQUIT makes this process say where all its threads are, even if one of them
        never lets Python run.
        """
        faulthandler.enable(file=self._descriptor, all_threads=True)
        faulthandler.register(signal.SIGQUIT, file=self._descriptor, all_threads=True)
        show_in_thread = threading.excepthook

        def record_and_show(arguments: threading.ExceptHookArgs) -> None:
            if arguments.exc_value is not None:
                self.record(arguments.exc_value, kind="thread")
            show_in_thread(arguments)

        threading.excepthook = record_and_show

    def record(self, error: BaseException, kind: str = "exception") -> bool:
        """Send a failure; False if the launcher will not show it.

        A process that the script forked is not the worker: its failure is the script's
        to handle, and is shown where it happens.

        Args:
            error: the exception, with its traceback.
            kind: "exception" if it ends the script, "thread" if it ends a thread of
                it, "interrupt" for Ctrl-C, "exit" for `sys.exit` with a failure.
        """
        import json

        if os.getpid() != self._owner:
            return False
        try:
            record = {"kind": kind, "time": time.monotonic(), **_described(error)}
        except Exception:  # its description runs its own code; Python shows what it can
            return False
        line = json.dumps(record).encode() + b"\n"
        with self._lock:
            if kind in self._sent:
                return True
            self._sent.add(kind)
            try:
                while line:
                    line = line[os.write(self._descriptor, line) :]
            except OSError:  # the launcher is gone, and with it whoever would read
                return False
        return True


def without_launcher_frames(trace: TracebackType | None) -> TracebackType | None:
    """The traceback from the user's first frame on, as without a launcher.

    None if it has no such frame: then the script could not even be compiled, and
    Python too shows no frames.
    """
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if os.path.dirname(name) != LAUNCHER_FOLDER and not name.startswith("<frozen"):
            break
        trace = trace.tb_next
    return trace


def _described(error: BaseException) -> dict[str, object]:
    """The facts of a record that come from the exception."""
    trace = without_launcher_frames(error.__traceback__)
    return {
        "error": type(error).__name__,
        "message": _first_line(error),
        "traceback": _shortened(_formatted(error, trace)),
        "place": _place(trace),
        "blames_peer": _is_any_of(error, PEER_ERRORS),
        "gave_up_waiting": _is_any_of(error, WAITING_ERRORS),
    }


def _is_any_of(error: BaseException | None, names: frozenset[str]) -> bool:
    """Whether the error, or what it was raised from, is of a class with such a name."""
    seen = set()
    while error is not None and id(error) not in seen:
        if any(cls.__name__ in names for cls in type(error).__mro__):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False


def _formatted(error: BaseException, trace: TracebackType | None) -> str:
    import traceback

    return "".join(traceback.format_exception(type(error), error, trace))


def _shortened(text: str) -> str:
    """Cut the middle out of a traceback that the pipe could not hold."""
    if len(text) <= MAX_TRACEBACK_CHARS:
        return text
    tail = text[-(MAX_TRACEBACK_CHARS - KEPT_HEAD_CHARS) :]
    left_out = len(text) - MAX_TRACEBACK_CHARS
    return f"{text[:KEPT_HEAD_CHARS]}\n  [... {left_out} characters ...]\n{tail}"


def _first_line(error: BaseException) -> str:
    try:
        lines = str(error).splitlines()
    except Exception:  # as Python itself says it
        return "<exception str() failed>"
    return lines[0][:500] if lines else ""


def _place(trace: TracebackType | None) -> str:
    """Where it happened, as "file.py:12 in function"; the innermost user frame."""
    import sysconfig

    ours = [
        os.path.join(os.path.dirname(LAUNCHER_FOLDER), name, "")
        for name in ("tensor", "dist", "strategies")
    ]
    paths = (sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"))
    library = ("<", *paths, *ours)  # "<string>": code that is generated
    place = ""
    while trace is not None:
        code = trace.tb_frame.f_code
        if not place or not code.co_filename.startswith(library):
            place = f"{os.path.basename(code.co_filename)}:{trace.tb_lineno}"
            if code.co_name != "<module>":
                place += f" in {code.co_name}"
        trace = trace.tb_next
    return place


def show_without_launcher_frames(*, is_recorded: bool) -> None:
    """Make the interpreter's last words those of `python script.py`.

    A traceback that the launcher has received is shown by the launcher, last of all
    output; a hook that the script installed itself is called as usual.
    """
    hook = sys.excepthook

    def show(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if is_recorded and hook is sys.__excepthook__:
            return
        shown = without_launcher_frames(trace)
        hook(kind, error.with_traceback(shown), shown)

    sys.excepthook = show
