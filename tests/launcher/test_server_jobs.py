"""The rules of jobs with parameter servers, as tables."""

import json
import signal
import socket

import pytest

from launcher.causes import CoordinatorEnded, WorkerFailed
from launcher.child_env import worker_identity
from launcher.config import LaunchConfig, Program, read_config
from launcher.errors import UsageError
from launcher.job import make_job
from launcher.policy import (
    Continue,
    Finish,
    JobState,
    Limits,
    Replace,
    Restart,
    StopAll,
    WorkerState,
    decide,
)
from launcher.roles import bind_to_free_port, free_addresses, in_words, task_of
from launcher.server_jobs import COORDINATOR_ENDED_S, REPLACEMENTS, SERVER_LOST_S

KILLED = -signal.SIGKILL


def chief(**facts):
    return WorkerState(0, role="chief", **facts)


def worker(rank=1, **facts):
    return WorkerState(rank, role="worker", **facts)


def server(**facts):
    return WorkerState(3, role="ps", **facts)


def ended(code=0, at=10.0):
    return {"exit_code": code, "ended_at": at}


LOST_WORKER = worker(**ended(KILLED))


@pytest.mark.parametrize(
    ("workers", "facts", "now", "decision"),
    [
        ((chief(), worker(), server()), {}, 10.0, Continue()),
        # A worker that was lost is replaced …
        ((chief(), LOST_WORKER, server()), {}, 10.0, Replace(1)),
        ((chief(), worker(**ended(3)), server()), {}, 10.0, Replace(1)),
        # … but not one that raised, nor for ever, nor when nobody coordinates.
        (
            (chief(), worker(failed_at=8.0, **ended(1)), server()),
            {},
            10.0,
            StopAll(WorkerFailed(1)),
        ),
        (
            (chief(), LOST_WORKER, server()),
            {"replaced": REPLACEMENTS},
            10.0,
            StopAll(WorkerFailed(1)),
        ),
        # A worker that ends well leaves a job that can do without it.
        ((chief(), worker(**ended()), server()), {}, 10.0, Continue()),
        # A lost server ends the job, when the coordinator had time to say so.
        ((chief(), worker(), server(**ended(KILLED))), {}, 10.1, Continue()),
        (
            (chief(), worker(), server(**ended(KILLED))),
            {},
            10.0 + SERVER_LOST_S,
            StopAll(WorkerFailed(3)),
        ),
        (
            (
                chief(failed_at=10.2, blames_peer=True, **ended(1, 10.4)),
                worker(),
                server(**ended(KILLED)),
            ),
            {},
            11.0,
            StopAll(WorkerFailed(3)),
        ),
        # When the coordinator is done the others end by themselves, or are ended.
        ((chief(**ended()), worker(), server()), {}, 10.1, Continue()),
        (
            (chief(**ended()), worker(), server()),
            {},
            10.0 + COORDINATOR_ENDED_S,
            StopAll(CoordinatorEnded()),
        ),
        (
            (chief(**ended()), worker(**ended(-15)), server(**ended(-15))),
            {"cause": CoordinatorEnded(), "stopping_since": 15.0},
            16.0,
            Finish(0, CoordinatorEnded()),
        ),
        # What becomes of a worker after the coordinator's good end is no failure.
        (
            (chief(**ended()), worker(**ended(KILLED, 10.2)), server(**ended())),
            {},
            10.5,
            Finish(0),
        ),
        (
            (chief(**ended(1)), worker(**ended(-15)), server(**ended(-15))),
            {"cause": WorkerFailed(0), "stopping_since": 10.0},
            11.0,
            Restart(WorkerFailed(0)),
        ),
    ],
)
def test_what_is_done(workers, facts, now, decision):
    limits = Limits(restarts=1)
    assert decide(JobState(workers, **facts), limits, now) == decision


def config(**fields):
    return LaunchConfig(program=Program("train.py"), **fields)


def test_every_rank_has_a_part():
    job = config(workers=2, servers=1)
    assert job.size == 4
    assert list(job.local_ranks) == [0, 1, 2, 3]
    parts = [task_of(job, rank) for rank in job.local_ranks]
    assert parts == [("chief", 0), ("worker", 0), ("worker", 1), ("ps", 0)]
    assert [in_words(part) for part in parts] == [
        "the coordinator",
        "worker 0",
        "worker 1",
        "parameter server 0",
    ]
    assert task_of(config(workers=2), 1) == ("worker", 1)


def test_every_task_gets_an_address_of_its_own():
    cluster = free_addresses(config(workers=2, servers=2))
    assert {role: len(found) for role, found in cluster.items()} == {
        "chief": 1,
        "worker": 2,
        "ps": 2,
    }
    addresses = [address for found in cluster.values() for address in found]
    assert len(set(addresses)) == 5
    assert free_addresses(config(workers=2)) is None


def test_tf_config_tells_each_process_its_part():
    job = make_job(config(workers=1, servers=1), {})
    cluster = free_addresses(job.config)
    identity = worker_identity(job, 2, cluster=cluster)
    assert (identity.role, identity.task_index, identity.size) == ("ps", 0, 3)
    from dist.contract import child_environment

    described = json.loads(child_environment(identity)["TF_CONFIG"])
    assert described["task"] == {"type": "ps", "index": 0}
    assert described["cluster"] == {role: list(a) for role, a in cluster.items()}


def test_servers_are_for_one_host_so_far(tmp_path):
    (tmp_path / "train.py").touch()
    (tmp_path / "key").touch(mode=0o600)
    words = ["-n", "2", "--ps", "1", "--nodes", "2", "--node-rank", "0"]
    words += ["--coordinator", "h:5000", "--key-file", str(tmp_path / "key")]
    with pytest.raises(UsageError, match="`--ps` works on one host so far"):
        read_config([*words, str(tmp_path / "train.py")], {})


def test_the_number_of_servers_has_a_twin(tmp_path):
    path = tmp_path / "train.py"
    path.touch()
    found = read_config(["-n", "2", str(path)], {"LAUNCH_PS": "3"})
    assert found.servers == 3


def test_ports_are_none_that_outgoing_connections_get():
    with socket.socket() as one, socket.socket() as other:
        ports = {bind_to_free_port(one), bind_to_free_port(other)}
    assert len(ports) == 2
    assert all(20_000 <= port < 32_768 for port in ports)
