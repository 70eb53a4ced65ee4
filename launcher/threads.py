"""How many threads each worker may use, decided before NumPy is loaded in it.

BLAS libraries size their pools to all cores of the host, once in every process: four
workers on four cores then run sixteen spinning threads, and containers with a quota
fare worse. Each worker gets its share of the cores this job may really use: the
affinity mask, the control group's quota and Slurm's `--cpus-per-task`, whichever is
least, divided by the workers on this host. What the user set stays as it is.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from launcher.cgroup import cpu_quota

if TYPE_CHECKING:
    from collections.abc import Mapping

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)


@dataclass(frozen=True)
class ThreadBudget:
    """The threads of one worker, and why that many.

    Attributes:
        threads: how many threads a worker's libraries use.
        reason: in words, such as "2 cores ÷ 4 workers".
        variables: what to add to a worker's environment.
    """

    threads: int
    reason: str
    variables: Mapping[str, str]


def usable_cores(environment: Mapping[str, str]) -> int:
    """Cores this process may really use, at least one."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    quota = cpu_quota()
    if quota is not None:
        cores = min(cores, int(quota))
    slurm = environment.get("SLURM_CPUS_PER_TASK", "")
    if slurm.isdigit():
        cores = min(cores, int(slurm))
    return max(1, cores)


def thread_budget(
    environment: Mapping[str, str],
    cores: int,
    local_workers: int,
    requested: int | None = None,
) -> ThreadBudget:
    """Decide the threads of each worker.

    Args:
        environment: what the user's variables say; they win over the division.
        cores: what `usable_cores` found.
        local_workers: how many workers share them.
        requested: `--threads`, which wins over everything.
    """
    if requested is not None:
        return _budget(requested, "by --threads", THREAD_VARIABLES)
    set_by_user = [name for name in THREAD_VARIABLES if environment.get(name)]
    unset = [name for name in THREAD_VARIABLES if name not in set_by_user]
    for name in set_by_user:
        # OMP_NUM_THREADS may hold a list, one number for each level of nesting.
        first = environment[name].split(",")[0].strip()
        if first.isdigit() and int(first) > 0:
            # One number for all: a library that reads its own variable first would
            # otherwise go against the one that the user did set.
            return _budget(int(first), f"by {name}", unset)
    threads = max(1, cores // local_workers)
    return _budget(threads, _division(cores, local_workers), unset)


def _division(cores: int, workers: int) -> str:
    return (
        f"{cores} {'core' if cores == 1 else 'cores'} ÷ "
        f"{workers} {'worker' if workers == 1 else 'workers'}"
    )


def _budget(
    threads: int, reason: str, names: tuple[str, ...] | list[str]
) -> ThreadBudget:
    return ThreadBudget(threads, reason, {name: str(threads) for name in names})
