"""The limits of the control group that this process lives in (Linux; else none).

Containers limit processors and memory through control groups. Two questions matter
here: how many cores' worth of time the group gets, and how often the kernel has killed
one of its processes for want of memory. Version 2 answers in `cpu.max` and
`memory.events`, version 1 in `cpu.cfs_quota_us` and `memory.oom_control`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path("/sys/fs/cgroup")
MEMBERSHIP = Path("/proc/self/cgroup")


def cpu_quota(root: Path = ROOT, membership: Path = MEMBERSHIP) -> float | None:
    """Cores' worth of processor time the group may use; None if it is not limited."""
    quotas = [
        quota
        for directory in _directories("cpu", root, membership)
        if (quota := _cpu_quota_of(directory)) is not None
    ]
    return min(quotas, default=None)


def out_of_memory_kills(root: Path = ROOT, membership: Path = MEMBERSHIP) -> int:
    """How often the kernel killed a process of this group because memory ran out."""
    counts = [
        int(words[1])
        for directory in _directories("memory", root, membership)
        for name in ("memory.events", "memory.oom_control")
        for line in _read(directory / name).splitlines()
        if len(words := line.split()) == 2 and words[0] == "oom_kill"
    ]
    return max(counts, default=0)


def memory_limit(root: Path = ROOT, membership: Path = MEMBERSHIP) -> int | None:
    """The most bytes the group may use; None if it is not limited."""
    limits = [
        int(text)
        for directory in _directories("memory", root, membership)
        for name in ("memory.max", "memory.limit_in_bytes")
        if (text := _read(directory / name).strip()).isdigit()
    ]
    limit = min(limits, default=None)
    # Version 1 writes "no limit" as the largest number of whole pages.
    return None if limit is None or limit >= 1 << 60 else limit


def _directories(controller: str, root: Path, membership: Path) -> Iterator[Path]:
    """The group's folders for a controller, innermost first, up to the root.

    A limit may stand on any level. Inside a container the path that /proc shows may
    not exist, because the container's own group is mounted as the root.
    """
    for line in _read(membership).splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            mounts = [root, root / "unified"]
        elif controller in controllers.split(","):
            mounts = [root / controllers, root / controller]
        else:
            continue
        inner = Path(path.lstrip("/"))
        for mount in mounts:
            for level in (inner, *inner.parents):
                if (directory := mount / level).is_dir():
                    yield directory


def _cpu_quota_of(directory: Path) -> float | None:
    if words := _read(directory / "cpu.max").split():
        quota, period = words[0], words[1]
    else:
        quota = _read(directory / "cpu.cfs_quota_us").strip()
        period = _read(directory / "cpu.cfs_period_us").strip()
    if not quota.isdigit() or not period.isdigit():  # "max", "-1" or no such file
        return None
    return int(quota) / int(period)


def _read(path: Path) -> str:
    """The text of a kernel file; empty where this system has none."""
    try:
        return path.read_text()
    except OSError:
        return ""
