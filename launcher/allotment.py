"""How many tasks a batch scheduler gave to the job that `launch` was started in.

In a batch script of Slurm, PBS, LSF or Grid Engine `launch train.py` starts as many
workers as were asked for there. What spans several hosts is refused: the scheduler's
own starter, such as `srun`, reaches them all, and the script runs unchanged under it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from launcher.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

# Who sets it; how many tasks; on how many hosts; what starts a task on each of them.
SCHEDULERS = (
    ("Slurm", "SLURM_NTASKS", "SLURM_JOB_NUM_NODES", "srun python train.py"),
    ("PBS", "PBS_NP", "PBS_NUM_NODES", "mpirun python train.py"),
    ("LSF", "LSB_DJOB_NUMPROC", "LSB_DJOB_NUMHOSTS", "mpirun python train.py"),
    ("Grid Engine", "NSLOTS", "NHOSTS", "mpirun python train.py"),
)


def allotted_tasks(environment: Mapping[str, str]) -> int | None:
    """The tasks that a scheduler allotted on this host; None outside of a batch job.

    Raises:
        UsageError: they are spread over several hosts, or each of them is about to
            start as many again.
    """
    copies = environment.get("SLURM_STEP_NUM_TASKS", "1")
    if copies.isdigit() and int(copies) > 1:
        raise UsageError(
            f"srun starts {copies} copies of `launch` (SLURM_STEP_NUM_TASKS={copies}), "
            "and each would start that many workers. Write `srun python train.py`, or "
            "`launch` without `srun`."
        )
    for scheduler, tasks_name, hosts_name, starter in SCHEDULERS:
        tasks = environment.get(tasks_name, "")
        if not tasks.isdigit() or int(tasks) < 1:
            continue
        hosts = environment.get(hosts_name, "1")
        if hosts.isdigit() and int(hosts) > 1:
            raise UsageError(
                f"{scheduler} allotted {tasks} tasks on {hosts} hosts "
                f"({tasks_name}={tasks} {hosts_name}={hosts}), and `launch` starts "
                f"workers on one. Write `{starter}` instead of `launch`, or run "
                "`launch -n N --nodes K` on each host."
            )
        return int(tasks)
    return None
