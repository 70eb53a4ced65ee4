"""`launcher.run(function, n=4)`: call a function on workers, in a notebook or a test.

The function travels as a pickle in a private folder (mode 0700), never over a network;
results come back the same way. What the workers print appears in this process's
`sys.stdout` and `sys.stderr`, which a notebook shows and pytest captures.
"""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import sys
import tempfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from launcher import report
from launcher.autopsy import signal_name
from launcher.causes import Stalled, StopRequested, WorkerFailed
from launcher.child_env import own_environment
from launcher.config import LaunchConfig, Program
from launcher.errors import JobError, RemoteTraceback, UsageError, WorkerFailedError
from launcher.job import make_job
from launcher.remote_call import CALL_FILE, error_file, result_file
from launcher.screen import Screen, Writer
from launcher.supervisor import Outcome, Supervisor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TextIO

Result = TypeVar("Result")
# A notebook shows results; what the workers print is for a reader, terminal or not.
DEFAULTS: dict[str, Any] = {"is_quiet": True, "output": "merged"}


def run(
    function: Callable[..., Result],
    n: int,
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    **options: Any,
) -> list[Result]:
    """Call `function(*args, **kwargs)` on `n` workers; return their results by rank.

    Inside, `dist.init()` and the strategies of `tf.distribute` find the other workers.
    The function is pickled by value where needed (a notebook's, a lambda, a closure),
    so it may use what it refers to, but its changes to globals stay in the worker.

    Args:
        function: what every worker calls.
        n: how many workers.
        args: positional arguments, the same for all.
        kwargs: keyword arguments, the same for all.
        **options: fields of `LaunchConfig`, such as `threads=1`, `grace_s=5.0`,
            `is_quiet=False`.

    Raises:
        Exception: what the first worker to fail raised, as it was raised there; its
            `__cause__` is a `RemoteTraceback`.
        WorkerFailedError: if a worker was killed or left without an exception.
        JobError: if the job ended in another way.
    """
    if not callable(function):
        raise UsageError(
            f"launcher.run: the first argument must be a function, got {function!r}."
        )
    program = Program(getattr(function, "__name__", "call"))
    try:
        config = LaunchConfig(workers=n, program=program, **DEFAULTS | options)
    except TypeError as error:
        raise UsageError(f"launcher.run: {error}") from None
    folder = tempfile.mkdtemp(prefix="launch-")
    try:
        _write_call(folder, function, tuple(args), dict(kwargs or {}))
        outcome = _supervise(config, folder)
        if outcome.cause is not None:
            _raise_failure(outcome, folder)
        # With parameter servers the coordinator alone gets to the function's end.
        ranks = (0,) if config.servers else range(n)
        return [_load(result_file(folder, rank)) for rank in ranks]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write_call(
    folder: str, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Any
) -> None:
    import cloudpickle

    with open(os.path.join(folder, CALL_FILE), "wb") as file:
        # The path comes first: unpickling the call may import from it.
        pickle.dump((sys.path, sys.argv), file)
        cloudpickle.dump((function, args, kwargs), file)


def _supervise(config: LaunchConfig, folder: str) -> Outcome:
    """Run the job with its output on this process's text streams."""
    job = replace(
        make_job(config, own_environment()),
        task=lambda rank: ["call", folder, str(rank)],
        folder=folder,
    )
    screen = Screen(Writer([_text_write(sys.stdout), _text_write(sys.stderr)]))
    try:
        return Supervisor(job, screen, is_command=False).run()
    finally:
        screen.close()


def _raise_failure(outcome: Outcome, folder: str) -> None:
    cause = outcome.cause
    if isinstance(cause, StopRequested):
        # The handlers of this process are back in place: let them decide.
        signal.raise_signal(cause.signum)
        raise JobError(f"the job was ended by {signal_name(cause.signum)}")
    if cause is None or not isinstance(cause, WorkerFailed | Stalled):
        lines = report.ending(cause, outcome.status, outcome.autopsies) if cause else []
        raise JobError("\n".join(line.removeprefix("launch: ") for line in lines))
    rank, text = cause.rank if isinstance(cause, WorkerFailed) else cause.waiting, ""
    if (record := outcome.autopsies[rank].records.get("exception")) is not None:
        text = record.traceback
    if isinstance(cause, Stalled):
        dumps = {other: outcome.autopsies[other].dump for other in cause.ranks}
        text = "\n".join([text.rstrip("\n"), *report.stacks(dumps)])
    error = _load_error(error_file(folder, rank))
    if error is not None:
        raise error from RemoteTraceback(rank, text)
    lines = report.ending(cause, outcome.status, outcome.autopsies)
    message = "\n".join(line.removeprefix("launch: ") for line in lines)
    raise WorkerFailedError(message, rank, text)


def _load(path: str) -> Any:
    with open(path, "rb") as file:
        # Written by our own worker into a folder that nobody else can write to.
        return pickle.load(file)  # noqa: S301


def _load_error(path: str) -> BaseException | None:
    """The exception a worker left; None if it left none that can be read here."""
    if not os.path.exists(path):
        return None
    try:
        error = _load(path)
    except Exception:  # unpickling runs code of the exception's own class
        return None
    return error if isinstance(error, BaseException) else None


def _text_write(stream: TextIO) -> Callable[[bytes], None]:
    def write(data: bytes) -> None:
        stream.write(data.decode(errors="replace"))
        stream.flush()

    return write
