"""How many workers a batch job has when nobody says so."""

import pytest

from launcher.allotment import allotted_tasks
from launcher.config import read_config
from launcher.errors import UsageError


@pytest.mark.parametrize(
    ("environment", "tasks"),
    [
        ({}, None),
        ({"SLURM_NTASKS": "4"}, 4),
        ({"SLURM_NTASKS": "4", "SLURM_JOB_NUM_NODES": "1"}, 4),
        ({"SLURM_JOB_ID": "7"}, None),  # a job that asked for no tasks
        ({"PBS_NP": "8", "PBS_NUM_NODES": "1"}, 8),
        ({"LSB_DJOB_NUMPROC": "3"}, 3),
        ({"NSLOTS": "2", "NHOSTS": "1"}, 2),
        ({"NSLOTS": "many"}, None),
    ],
)
def test_a_scheduler_says_how_many_tasks_there_are(environment, tasks):
    assert allotted_tasks(environment) == tasks


def test_tasks_on_several_hosts_are_left_to_the_schedulers_own_starter():
    environment = {"SLURM_NTASKS": "8", "SLURM_JOB_NUM_NODES": "2"}
    with pytest.raises(UsageError, match=r"8 tasks on 2 hosts .*`srun python"):
        allotted_tasks(environment)


def test_a_launch_for_each_task_is_refused():
    environment = {"SLURM_NTASKS": "4", "SLURM_STEP_NUM_TASKS": "4"}
    with pytest.raises(UsageError, match="srun starts 4 copies of `launch`"):
        allotted_tasks(environment)


def test_the_command_line_wins_over_the_scheduler(script):
    path = str(script("pass"))
    environment = {"SLURM_NTASKS": "4", "SLURM_JOB_NUM_NODES": "2"}
    assert read_config(["-n", "3", path], environment).workers == 3
    assert read_config([path], {"SLURM_NTASKS": "4"}).workers == 4
