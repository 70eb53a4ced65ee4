"""`launch doctor`: what to know of this machine before training on it, and a self test.

Each finding is a line: a fact, or a fact with what to do about it (marked `!`). The
self test starts two workers as `launch -n 2` does, and reduces arrays between them.
"""

from __future__ import annotations

import os
import platform
import shutil
import socket
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from dist.contract import identity_from_environment
from dist.errors import ConfigurationError
from launcher.autopsy import in_bytes
from launcher.cgroup import cpu_quota, memory_limit
from launcher.child_env import own_environment
from launcher.threads import THREAD_VARIABLES, usable_cores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

PACKAGES = ("ringflow", "numpy", "pyzmq", "cloudpickle", "ml_dtypes")
SHARED_MEMORY = "/dev/shm"
SMALL_SHARED_MEMORY = 256 << 20
SELF_TEST_WORKERS = 2
SELF_TEST_REPEATS = 20
SELF_TEST_BYTES = 16 << 20


@dataclass(frozen=True)
class Finding:
    """One line of the report; `advice` says what to do, if anything should be done."""

    subject: str
    fact: str
    advice: str = ""

    def __str__(self) -> str:
        line = f"{'!' if self.advice else ' '} {self.subject:<14} {self.fact}"
        return f"{line}\n  {'':<14} {self.advice}" if self.advice else line


def main(words: Sequence[str] = ()) -> int:
    """Print the findings and run the self test; 0 if it passed."""
    if words:
        sys.stderr.write(f"launch: `doctor` takes no arguments, got {words[0]!r}.\n")
        return 2
    environment = own_environment()
    for finding in findings(environment):
        sys.stdout.write(f"{finding}\n")
    sys.stdout.flush()
    finding, has_passed = self_test(measure)
    sys.stdout.write(f"{finding}\n")
    return 0 if has_passed else 1


def findings(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Look at the machine and at the variables; starts nothing."""
    yield Finding("python", f"{platform.python_version()} ({sys.executable})")
    yield Finding(
        "packages", ", ".join(f"{name} {_version(name)}" for name in PACKAGES)
    )
    yield Finding("system", f"{platform.system()} {platform.release()}")
    yield _cores(environment)
    yield _threads(environment)
    limit = memory_limit()
    yield Finding("memory limit", in_bytes(limit) if limit else "none for this process")
    if os.path.isdir(SHARED_MEMORY):
        yield _shared_memory(shutil.disk_usage(SHARED_MEMORY).free)
    yield _host()
    yield _membership(environment)


def self_test(
    measurement: Callable[[], tuple[float, float]],
) -> tuple[Finding, bool]:
    """Run a measurement on workers; say how fast they talk, or why they do not."""
    import launcher

    try:
        results = launcher.run(measurement, SELF_TEST_WORKERS, threads=1)
    except Exception as error:  # whatever went wrong is the finding
        advice = "Workers cannot talk on this machine. The error above says where."
        fact = f"failed: {type(error).__name__}: {error}"
        return Finding("self test", fact, advice), False
    latency_s, bytes_per_s = results[0]
    fact = (
        f"{SELF_TEST_WORKERS} workers: all_reduce of 4 bytes in "
        f"{latency_s * 1e6:.0f} µs, of {in_bytes(SELF_TEST_BYTES)} at "
        f"{in_bytes(int(bytes_per_s))}/s"
    )
    return Finding("self test", fact), True


def measure() -> tuple[float, float]:
    """On a worker: seconds for a tiny all-reduce, bytes per second for a large one."""
    import time

    import numpy as np

    import dist

    group = dist.init()
    times = []
    for size in (4, SELF_TEST_BYTES):
        array = np.ones(size // 4, dtype=np.float32)
        best = float("inf")
        for _ in range(SELF_TEST_REPEATS):
            group.barrier()
            begin = time.perf_counter()
            group.all_reduce(array, op="mean")
            best = min(best, time.perf_counter() - begin)
        if not (array == 1).all():
            raise ArithmeticError(
                f"the mean of ones came out as {array[array != 1][0]} on rank "
                f"{group.rank}; expected 1. Please report this."
            )
        times.append(best)
    return times[0], SELF_TEST_BYTES / times[1]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _cores(environment: Mapping[str, str]) -> Finding:
    usable, present = usable_cores(environment), os.cpu_count() or 1
    quota = cpu_quota()
    limited = f", control group allows {quota:g}" if quota is not None else ""
    return Finding("cores", f"{usable} usable of {present}{limited}")


def _threads(environment: Mapping[str, str]) -> Finding:
    set_by_user = [
        f"{name}={environment[name]}"
        for name in THREAD_VARIABLES
        if environment.get(name)
    ]
    if not set_by_user:
        return Finding("threads", "each worker gets its share of the cores")
    return Finding("threads", f"set by you: {', '.join(set_by_user)}")


def _shared_memory(free: int) -> Finding:
    advice = ""
    if free < SMALL_SHARED_MEMORY:
        advice = (
            "Large gradients do not fit. In Docker pass `--shm-size=1g`; otherwise "
            "`mount -o remount,size=1G /dev/shm`."
        )
    return Finding("shared memory", f"{in_bytes(free)} free in {SHARED_MEMORY}", advice)


def _host() -> Finding:
    name = socket.gethostname()
    try:
        address = socket.gethostbyname(name)
    except OSError:
        address = ""
    if address and not address.startswith("127."):
        return Finding("host", f"{name} ({address})")
    fact = f"{name} (resolves to {address or 'nothing'})"
    return Finding("host", fact)


def _membership(environment: Mapping[str, str]) -> Finding:
    try:
        identity = identity_from_environment(environment)
    except ConfigurationError as error:
        return Finding("started by", "contradictory variables", str(error))
    if identity.source == "nothing":
        return Finding("started by", "no scheduler: a script run alone is a job of one")
    fact = f"{identity.source}: rank {identity.rank} of {identity.size}"
    return Finding("started by", fact)
