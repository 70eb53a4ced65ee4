"""The first code of a worker: arranges its end, then becomes the user's program.

The launcher starts `python …/launcher/entry.py FD PID KIND NAME ARGUMENTS…`, with
SIGINT and SIGQUIT blocked until it can report what they interrupt:

    FD     the write end of the pipe that failures are reported through
    PID    the launcher's process id
    KIND   script: NAME is run as `python NAME` would; module: as `python -m NAME`
           would; call: NAME is the folder of a pickled call (`launcher.run`)

What the program can see is as without a launcher: `__main__`, `__file__`, `sys.argv`,
`sys.path[0]`, the order of excepthook, threads and atexit, the exit status. Nothing of
the launcher stays in `sys.modules`: a script may have a `launcher.py` of its own.
"""

from __future__ import annotations

import builtins
import os
import signal
import sys
from types import CodeType, ModuleType

PACKAGE_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def main() -> None:
    """Run what the command line names; returns or raises as the program does."""
    descriptor, launcher, kind, name, *arguments = sys.argv[1:]
    if not sys.flags.safe_path:
        del sys.path[0]  # this file's folder: not a place to import from
    sys.path.insert(0, PACKAGE_ROOT)  # ours, whatever else is called `launcher`
    from launcher.orphan import die_with_parent
    from launcher.recorder import Recorder, show_without_launcher_frames

    die_with_parent(int(launcher))
    recorder = Recorder(int(descriptor))
    recorder.install()
    # As on a terminal: each line when it is printed, in one write.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGQUIT})
        {"script": run_script, "module": run_module, "call": run_call}[kind](
            name, arguments
        )
    except SystemExit as leave:
        if leave.code not in (None, 0):
            recorder.record(leave, kind="exit")
        raise
    except BaseException as error:
        is_interrupt = isinstance(error, KeyboardInterrupt)
        is_recorded = recorder.record(
            error, "interrupt" if is_interrupt else "exception"
        )
        show_without_launcher_frames(is_recorded=is_recorded)
        raise


def run_script(path: str, arguments: list[str]) -> None:
    """Do what `python path arguments…` does."""
    from importlib.machinery import SourceFileLoader

    _leave_stage(os.path.dirname(os.path.realpath(path)))
    sys.argv[:] = [path, *arguments]
    file = os.path.join(os.getcwd(), path)  # as Python has it: not normalised
    main_module = _new_main(
        __file__=file, __loader__=SourceFileLoader("__main__", file)
    )
    with open(file, "rb") as source:
        code = compile(source.read(), file, "exec", dont_inherit=True)
    _execute(code, main_module)


def run_module(name: str, arguments: list[str]) -> None:
    """Do what `python -m name arguments…` does."""
    from importlib.util import find_spec

    _leave_stage(os.getcwd())
    sys.argv[:] = ["-m", *arguments]
    try:
        spec = find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            name = f"{name}.__main__"
            spec = find_spec(name)
    except ModuleNotFoundError:  # one of its parents
        spec = None
    get_code = getattr(spec and spec.loader, "get_code", None)
    code = get_code(name) if get_code is not None else None
    if spec is None or code is None:
        sys.exit(f"{sys.executable}: No module named {name}")
    sys.argv[0] = spec.origin or name
    main_module = _new_main(
        __file__=spec.origin,
        __loader__=spec.loader,
        __spec__=spec,
        __package__=spec.parent,
        __cached__=spec.cached,
    )
    _execute(code, main_module)


def run_call(folder: str, arguments: list[str]) -> None:
    """Call the function that `launcher.run` left in `folder`."""
    from launcher.remote_call import call_and_store

    (rank,) = arguments
    _leave_stage(os.getcwd())
    call_and_store(folder, int(rank))


def _leave_stage(first_path: str) -> None:
    """Remove the launcher's traces; make `first_path` the first to import from."""
    del sys.path[0]
    for name in [name for name in sys.modules if name.partition(".")[0] == "launcher"]:
        del sys.modules[name]
    if not sys.flags.safe_path:
        sys.path.insert(0, first_path)
    from importlib.util import find_spec

    # Not found: run from a checkout that is not installed. Found without a file: the
    # user's folder `dist/`, which `python -m build` makes; ours, a real package, goes
    # before it from anywhere on the path, but not from an editable install's finder.
    found = find_spec("dist")
    if found is None or found.origin is None:
        sys.path.append(PACKAGE_ROOT)


def _new_main(**attributes: object) -> ModuleType:
    """An empty `__main__` in the place of this one, with the names it began with.

    Which names Python gives a new `__main__` differs between its versions.
    """
    module = ModuleType("__main__")
    for name in vars(sys.modules["__main__"]):
        if name.startswith("__"):
            module.__dict__.setdefault(name, None)
    if "__annotations__" in vars(module):
        attributes["__annotations__"] = {}
    module.__dict__.update({"__builtins__": builtins} | attributes)
    sys.modules["__main__"] = module
    return module


def _execute(code: CodeType, module: ModuleType) -> None:
    exec(code, module.__dict__)


if __name__ == "__main__":
    main()
