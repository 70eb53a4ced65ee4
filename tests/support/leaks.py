"""What a test may leave behind: nothing.

A snapshot names every thread, child process, open file descriptor and shared memory
segment that this process holds; whatever a later snapshot holds on top is a leak.
Things that are ending get a moment to end: the check polls until a deadline.
"""

import gc
import os
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from multiprocessing import resource_tracker
from pathlib import Path

GRACE_S = 5.0
POLL_S = 0.01

# Threads that live as long as the process on purpose, by the start of their name.
PERSISTENT_THREADS: tuple[str, ...] = ("tensor-",)  # tensor.core.thread_pool

FILE_DESCRIPTORS = Path("/proc/self/fd")
SHARED_MEMORY = Path("/dev/shm")


@dataclass(frozen=True)
class Holdings:
    """All that this process holds at one moment; keys identify, values describe."""

    threads: dict[int, str]
    children: dict[int, str]
    descriptors: dict[tuple[int, str], str]
    segments: dict[Path, str]

    def beyond(self, before: "Holdings") -> list[str]:
        """Describe what this snapshot holds and `before` did not, a line for each."""
        return [
            description
            for now, then in (
                (self.threads, before.threads),
                (self.children, before.children),
                (self.descriptors, before.descriptors),
                (self.segments, before.segments),
            )
            for key, description in now.items()
            if key not in then and not _is_held_elsewhere(key)
        ]


def snapshot() -> Holdings:
    """Look at what this process holds now."""
    return Holdings(_threads(), _children(), _descriptors(), _segments())


def leaks_since(before: Holdings) -> list[str]:
    """Describe what is still held on top of `before` once the grace time is over."""
    if not snapshot().beyond(before):
        return []
    gc.collect()  # a cycle may hold a socket or a segment
    deadline = time.monotonic() + GRACE_S
    while (extra := snapshot().beyond(before)) and time.monotonic() < deadline:
        time.sleep(POLL_S)
    return extra and _in_detail(before)


def _threads() -> dict[int, str]:
    return {
        thread.ident: f"thread {thread.name!r}"
        for thread in threading.enumerate()
        if thread.ident and not thread.name.startswith(PERSISTENT_THREADS)
    }


def _children() -> dict[int, str]:
    """Direct children, zombies too: a child that nobody waited for is a leak."""
    found = {}
    for task in Path("/proc/self/task").glob("*/children"):
        for pid in map(int, _read(task).split()):
            found[pid] = f"child process {pid}: {_command_line(pid)}"
    # Python starts one tracker for the whole life of a process that uses spawn.
    found.pop(getattr(resource_tracker._resource_tracker, "_pid", None), None)
    return found


def _descriptors() -> dict[tuple[int, str], str]:
    if not FILE_DESCRIPTORS.exists():
        return {}
    tracker = getattr(resource_tracker._resource_tracker, "_fd", None)
    found = {}
    for name in os.listdir(FILE_DESCRIPTORS):
        try:
            target = os.readlink(FILE_DESCRIPTORS / name)
        except FileNotFoundError:  # the descriptor of this very listing
            continue
        if int(name) != tracker:
            found[int(name), target] = f"file descriptor {name} -> {target}"
    return found


def _segments() -> dict[Path, str]:
    if not SHARED_MEMORY.exists():
        return {}
    return {
        SHARED_MEMORY / name: f"shared memory segment {SHARED_MEMORY / name}"
        for name in os.listdir(SHARED_MEMORY)
    }


def _in_detail(before: Holdings) -> list[str]:
    """The lines of `beyond`, with the stack of each thread that is left."""
    now = snapshot()
    frames = sys._current_frames()
    stacks = [
        "".join([f"stack of {description}:\n", *traceback.format_stack(frames[ident])])
        for ident, description in now.threads.items()
        if ident not in before.threads and ident in frames
    ]
    return now.beyond(before) + stacks


def _is_held_elsewhere(key: object) -> bool:
    """Whether it is a segment that a process outside our family has mapped.

    Then it is not ours to judge: other programs, and other test runs, share /dev/shm.
    """
    if not isinstance(key, Path):
        return False
    family = {os.getpid(), *_children()}
    return any(
        str(key) in _read(maps)
        for maps in Path("/proc").glob("[0-9]*/maps")
        if int(maps.parent.name) not in family
    )


def _command_line(pid: int) -> str:
    return _read(Path(f"/proc/{pid}/cmdline")).replace("\0", " ").strip() or "(zombie)"


def _read(path: Path) -> str:
    """The text of a /proc file; empty once its process is gone or not ours to read."""
    try:
        return path.read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return ""
