"""The environment in, an identity out: tables, no processes."""

import json
import re
import socket

import pytest

from dist import ConfigurationError
from dist.contract import (
    LOCAL_START_TIMEOUT_S,
    MULTI_HOST_START_TIMEOUT_S,
    Settings,
    WorkerIdentity,
    child_environment,
    identity_from_environment,
)
from dist.foreign_launchers import expand_hosts, tasks_per_node
from dist.job_key import JobKey

SRUN = {
    "SLURM_STEP_ID": "3",
    "SLURM_JOB_ID": "77",
    "SLURM_PROCID": "5",
    "SLURM_NTASKS": "7",
    "SLURM_STEP_NUM_TASKS": "7",
    "SLURM_STEP_TASKS_PER_NODE": "2(x3),1",
    "SLURM_LOCALID": "1",
    "SLURM_NODEID": "2",
    "SLURM_STEP_NODELIST": "node[08-10],gpu1",
}
MPIRUN = {
    "OMPI_COMM_WORLD_RANK": "1",
    "OMPI_COMM_WORLD_SIZE": "4",
    "OMPI_COMM_WORLD_LOCAL_RANK": "1",
    "OMPI_COMM_WORLD_LOCAL_SIZE": "2",
    "PMIX_NAMESPACE": "prte-9@1",
}
TORCHRUN = {
    "RANK": "3",
    "WORLD_SIZE": "4",
    "LOCAL_RANK": "1",
    "LOCAL_WORLD_SIZE": "2",
    "MASTER_ADDR": "10.0.0.1",
    "MASTER_PORT": "29500",
    "TORCHELASTIC_RUN_ID": "abc",
    "TORCHELASTIC_USE_AGENT_STORE": "True",
}


def tf_config(role, index, **cluster):
    return json.dumps({"cluster": cluster, "task": {"type": role, "index": index}})


def four_workers(role="worker", index=1):
    addresses = ["a:2000", "a:2001", "b:2000", "b:2001"]
    return {"TF_CONFIG": tf_config(role, index, worker=addresses)}


def place(identity):
    return (
        identity.source,
        identity.rank,
        identity.size,
        identity.local_rank,
        identity.local_size,
    )


def test_an_empty_environment_is_a_group_of_one():
    identity = identity_from_environment({})
    assert place(identity) == ("nothing", 0, 1, 0, 1)
    assert identity.host == socket.gethostname()


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        (four_workers(), ("TF_CONFIG", 1, 4, 1, 2)),
        (four_workers(index=2), ("TF_CONFIG", 2, 4, 0, 2)),
        (TORCHRUN, ("torchrun", 3, 4, 1, 2)),
        (SRUN, ("Slurm", 5, 7, 1, 2)),
        (MPIRUN, ("Open MPI", 1, 4, 1, 2)),
        ({"RANK": "1", "WORLD_SIZE": "2"}, ("torchrun", 1, 2, 1, 2)),
        ({"TF_CONFIG": "{}"}, ("nothing", 0, 1, 0, 1)),
    ],
)
def test_each_launcher_is_understood(environment, expected):
    assert place(identity_from_environment(environment)) == expected


def test_the_chief_is_rank_zero_and_workers_follow():
    cluster = {"chief": ["c:1"], "worker": ["w:1", "w:2"], "ps": ["p:1"]}
    ranks = {}
    for role, index in [("chief", 0), ("worker", 0), ("worker", 1), ("ps", 0)]:
        environment = {"TF_CONFIG": tf_config(role, index, **cluster)}
        identity = identity_from_environment(environment)
        ranks[identity.role, identity.task_index] = identity.rank, identity.size
    assert ranks == {
        ("chief", 0): (0, 3),
        ("worker", 0): (1, 3),
        ("worker", 1): (2, 3),
        ("ps", 0): (0, 1),
    }


def test_an_evaluator_need_not_be_in_the_cluster():
    environment = {"TF_CONFIG": tf_config("evaluator", 0, worker=["w:1", "w:2"])}
    identity = identity_from_environment(environment)
    assert (identity.role, identity.size) == ("evaluator", 1)


def test_a_slurm_batch_script_outside_a_step_is_alone():
    batch = {key: value for key, value in SRUN.items() if "STEP" not in key}
    assert identity_from_environment(batch).size == 1


def test_slurm_under_mpirun_describes_the_daemons_and_is_passed_over():
    assert identity_from_environment({**SRUN, **MPIRUN}).source == "Open MPI"


def test_slurm_spreads_the_jobs_of_a_host_over_ports():
    identity = identity_from_environment(SRUN)
    assert identity.rendezvous == "tcp://node08:23077"
    assert identity.run_id == "slurm-77.3"


def test_torchruns_agent_keeps_its_port():
    assert identity_from_environment(TORCHRUN).rendezvous == "tcp://10.0.0.1:29501"
    without_agent = {**TORCHRUN, "TORCHELASTIC_USE_AGENT_STORE": "False"}
    assert identity_from_environment(without_agent).rendezvous.endswith(":29500")


def launched(**changes):
    values = {
        "rank": 1,
        "size": 4,
        "local_rank": 1,
        "local_size": 2,
        "host": "here",
        "run_id": "run",
        "restart_count": 2,
        "source": "launch",
        "rendezvous": "tcp://127.0.0.1:4000",
        "job_key": JobKey.generate(),
        "master_address": "10.1.1.1",
        "master_port": 5000,
        "start_timeout_s": 12.5,
        "settings": Settings("ring", "eth0", "off", 1.0, 2.0, "traces"),
    }
    return WorkerIdentity(**{**values, **changes})


def test_what_launch_writes_is_what_a_worker_reads():
    identity = launched(task_index=1)
    read = identity_from_environment(child_environment(identity))
    assert read.cluster is not None
    assert read.cluster["worker"][1] == "10.1.1.1:5001"
    assert read == launched(
        task_index=1, cluster=read.cluster, job_key=identity.job_key
    )


def test_launch_speaks_the_dialects_of_torchrun_and_tensorflow():
    variables = child_environment(launched())
    assert variables["RANK"] == "1"
    assert variables["WORLD_SIZE"] == "4"
    assert json.loads(variables["TF_CONFIG"])["task"] == {"type": "worker", "index": 1}


def test_roles_of_a_parameter_server_cluster_survive():
    cluster = {"chief": ("c:1",), "worker": ("w:1",), "ps": ("p:1",)}
    identity = launched(rank=2, size=3, local_size=3, role="ps", cluster=cluster)
    read = identity_from_environment(child_environment(identity))
    assert (read.role, read.task_index, read.rank, read.size) == ("ps", 0, 2, 3)
    assert read.cluster == cluster


def test_launch_inside_a_slurm_step_or_mpirun_is_no_contradiction():
    variables = child_environment(launched())
    identity = identity_from_environment({**SRUN, **MPIRUN, **variables})
    assert identity.source == "launch"


def test_a_host_without_a_name_of_its_own_gets_one(monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "localhost")
    assert identity_from_environment({}).host.startswith("localhost-")
    assert identity_from_environment({"RINGFLOW_HOST": "a", **MPIRUN}).host == "a"


def test_the_key_stays_out_of_the_printed_form():
    identity = launched()
    assert identity.job_key is not None
    assert identity.job_key.text not in repr(identity)
    assert "secret" not in repr(identity.job_key)


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({**four_workers(), **TORCHRUN}, ["TF_CONFIG says rank 1 of 4", "RANK=3"]),
        ({**four_workers(), **SRUN}, ["rank 1 of 4", "Slurm says rank 5 of 7"]),
        ({**child_environment(launched()), "RANK": "3"}, ["RINGFLOW_RANK=1", "RANK=3"]),
    ],
)
def test_contradictions_show_both_values(environment, words):
    with pytest.raises(ConfigurationError, match="contradicts itself") as caught:
        identity_from_environment(environment)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"RANK": "x", "WORLD_SIZE": "2"}, "RANK is 'x'; expected a whole number"),
        ({"RANK": "2", "WORLD_SIZE": "2"}, "rank 2, size 2; expected 0 <= rank < size"),
        ({"RINGFLOW_RANK": "0"}, "RINGFLOW_SIZE is not set"),
        ({**child_environment(launched()), "RINGFLOW_SIZE": "two"}, "is 'two'"),
        (
            {"DIST_TRANSPORT": "pigeon"},
            "expected one of auto, shm, ring, ipc, hierarchy",
        ),
        ({"RINGFLOW_STALL_WARN_S": "-1"}, "not negative"),
        ({"RINGFLOW_STALL_WARN_S": "soon"}, "expected a number of seconds"),
        ({"TF_CONFIG": "{"}, "TF_CONFIG is not understood"),
        ({"TF_CONFIG": "[]"}, "TF_CONFIG is not understood"),
        (four_workers(index=4), "the task is worker 4"),
        ({"TF_CONFIG": tf_config("worker", 0, worker=["a"])}, "'a' has no port"),
        ({**SRUN, "SLURM_STEP_TASKS_PER_NODE": "2*3"}, "tasks per node"),
        ({**MPIRUN, "OMPI_COMM_WORLD_SIZE": "many"}, "Open MPI"),
    ],
)
def test_what_cannot_be_read_is_named(environment, words):
    with pytest.raises(ConfigurationError, match=re.escape(words)):
        identity_from_environment(environment)


def test_start_limits_depend_on_whether_the_job_spans_hosts():
    alone = {"RANK": "0", "WORLD_SIZE": "2"}
    assert identity_from_environment(alone).start_timeout_s == LOCAL_START_TIMEOUT_S
    spread = identity_from_environment(TORCHRUN)
    assert spread.start_timeout_s == MULTI_HOST_START_TIMEOUT_S


def test_job_keys_come_from_text_files_and_passphrases(tmp_path):
    key = JobKey.generate()
    assert JobKey.from_text(key.text) == key
    phrase = "correct horse battery staple"
    assert JobKey.from_text(phrase) == JobKey.from_text(phrase) != key
    file = tmp_path / "key"
    file.write_text(key.text + "\n")
    file.chmod(0o600)
    environment = {**TORCHRUN, "RINGFLOW_JOB_KEY_FILE": str(file)}
    assert identity_from_environment(environment).job_key == key
    file.chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        JobKey.from_file(file)
    with pytest.raises(ConfigurationError, match="at least 16"):
        JobKey.from_text("secret")
    with pytest.raises(ConfigurationError, match="expected 32"):
        JobKey(b"short")


def test_slurms_lists_are_expanded():
    assert tasks_per_node("2(x3),1") == [2, 2, 2, 1]
    assert expand_hosts("a[08-10,12],b,c[1]") == ["a08", "a09", "a10", "a12", "b", "c1"]
