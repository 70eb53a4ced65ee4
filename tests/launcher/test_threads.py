"""Cores and control groups: what a worker may use."""

import pytest

from launcher.cgroup import cpu_quota, memory_limit, out_of_memory_kills
from launcher.threads import THREAD_VARIABLES, thread_budget, usable_cores


@pytest.mark.parametrize(
    ("cores", "workers", "threads", "reason"),
    [
        (16, 4, 4, "16 cores ÷ 4 workers"),
        (2, 4, 1, "2 cores ÷ 4 workers"),
        (7, 2, 3, "7 cores ÷ 2 workers"),
        (1, 1, 1, "1 core ÷ 1 worker"),
    ],
)
def test_each_worker_gets_its_share_of_the_cores(cores, workers, threads, reason):
    budget = thread_budget({}, cores, workers)

    assert (budget.threads, budget.reason) == (threads, reason)
    assert budget.variables == dict.fromkeys(THREAD_VARIABLES, str(threads))


def test_what_the_user_set_stays_and_holds_for_all_libraries():
    budget = thread_budget({"MKL_NUM_THREADS": "3"}, cores=16, local_workers=4)

    assert (budget.threads, budget.reason) == (3, "by MKL_NUM_THREADS")
    assert "MKL_NUM_THREADS" not in budget.variables
    assert budget.variables["OPENBLAS_NUM_THREADS"] == "3"


def test_a_nested_setting_of_openmp_counts_by_its_first_number():
    assert thread_budget({"OMP_NUM_THREADS": "4,2"}, 16, 4).threads == 4


def test_a_setting_that_is_not_a_number_is_left_alone():
    budget = thread_budget({"OMP_NUM_THREADS": "default"}, 16, 4)

    assert budget.threads == 4
    assert "OMP_NUM_THREADS" not in budget.variables


def test_an_explicit_request_wins():
    budget = thread_budget({"OMP_NUM_THREADS": "8"}, 16, 4, requested=2)

    assert budget.threads == 2
    assert budget.variables["OMP_NUM_THREADS"] == "2"


def test_usable_cores_are_the_least_of_affinity_quota_and_slurm(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)))
    monkeypatch.setattr("launcher.threads.cpu_quota", lambda: None)
    assert usable_cores({}) == 8
    assert usable_cores({"SLURM_CPUS_PER_TASK": "6"}) == 6
    monkeypatch.setattr("launcher.threads.cpu_quota", lambda: 2.5)
    assert usable_cores({"SLURM_CPUS_PER_TASK": "6"}) == 2
    monkeypatch.setattr("launcher.threads.cpu_quota", lambda: 0.5)
    assert usable_cores({}) == 1


@pytest.fixture
def version_2(tmp_path):
    """A control group of version 2, two levels deep."""
    (tmp_path / "self").write_text("0::/outer/inner\n")
    inner = tmp_path / "outer" / "inner"
    inner.mkdir(parents=True)
    (inner / "cpu.max").write_text("max 100000\n")
    (inner / "memory.max").write_text("max\n")
    (inner / "memory.events").write_text("low 0\noom 3\noom_kill 2\noom_group_kill 0\n")
    (tmp_path / "outer" / "cpu.max").write_text("250000 100000\n")
    (tmp_path / "outer" / "memory.max").write_text("1000000\n")
    return tmp_path, tmp_path / "self"


@pytest.fixture
def version_1(tmp_path):
    """A control group of version 1, its controllers in folders of their own."""
    (tmp_path / "self").write_text("4:memory:/job\n3:cpu,cpuacct:/job\n")
    (tmp_path / "memory" / "job").mkdir(parents=True)
    (tmp_path / "memory" / "job" / "memory.limit_in_bytes").write_text("2000000\n")
    control = "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n"
    (tmp_path / "memory" / "job" / "memory.oom_control").write_text(control)
    (tmp_path / "memory" / "memory.limit_in_bytes").write_text("9223372036854771712\n")
    (tmp_path / "cpu,cpuacct" / "job").mkdir(parents=True)
    (tmp_path / "cpu,cpuacct" / "job" / "cpu.cfs_quota_us").write_text("150000\n")
    (tmp_path / "cpu,cpuacct" / "job" / "cpu.cfs_period_us").write_text("100000\n")
    (tmp_path / "cpu,cpuacct" / "cpu.cfs_quota_us").write_text("-1\n")
    (tmp_path / "cpu,cpuacct" / "cpu.cfs_period_us").write_text("100000\n")
    return tmp_path, tmp_path / "self"


def test_version_2_limits_may_stand_on_any_level(version_2):
    assert cpu_quota(*version_2) == 2.5
    assert memory_limit(*version_2) == 1_000_000
    assert out_of_memory_kills(*version_2) == 2


def test_version_1_limits(version_1):
    assert cpu_quota(*version_1) == 1.5
    assert memory_limit(*version_1) == 2_000_000
    assert out_of_memory_kills(*version_1) == 5


def test_a_system_without_control_groups_has_no_limits(tmp_path):
    nowhere = (tmp_path, tmp_path / "self")

    assert cpu_quota(*nowhere) is None
    assert memory_limit(*nowhere) is None
    assert out_of_memory_kills(*nowhere) == 0
