"""Coming together: servers, notes, and what is said when somebody does not come."""

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

import dist
from dist import (
    ConfigurationError,
    RendezvousError,
    StartTimeoutError,
    WorkerLostError,
)
from dist.contract import WorkerIdentity, identity_from_environment
from dist.control import ControlChannel
from dist.foreign_rendezvous import meet
from dist.interfaces import choose, interface_addresses, listening_address
from dist.job_key import JobKey
from dist.rendezvous_server import RendezvousServer
from dist.session import Session
from dist.testing import run_ranks

ROOT = Path(__file__).parents[2]
ADDRESSES = {"lo": "127.0.0.1", "eth0": "10.0.0.5", "docker0": "172.17.0.1"}


def identities(size, **changes):
    return [
        WorkerIdentity(
            rank=rank,
            size=size,
            local_rank=rank,
            local_size=size,
            source="launch",
            start_timeout_s=5.0,
            **changes,
        )
        for rank in range(size)
    ]


@pytest.fixture
def server():
    made = []

    def make(size):
        server = RendezvousServer(size, key := JobKey.generate())
        made.append(server)
        return server, {"rendezvous": server.start(), "job_key": key}

    yield make
    for server in made:
        server.close()


def sessions(identities):
    """Join all of them at once; sessions or errors."""
    results = [None] * len(identities)

    def join(slot):
        try:
            results[slot] = Session(identities[slot], 5.0)
        except Exception as error:
            results[slot] = error

    threads = [
        threading.Thread(target=join, args=(slot,)) for slot in range(len(identities))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def close_all(results):
    for result in results:
        if isinstance(result, Session):
            result.close()


def test_the_server_knows_who_is_missing(server):
    held, how = server(3)
    assert held.missing() == [0, 1, 2]
    assert not held.wait_joined(0.01)
    results = sessions(identities(3, **how))
    assert held.wait_joined(1.0)
    assert held.missing() == []
    assert set(held.progress()) == {0, 1, 2}
    close_all(results)
    assert held.wait_everybody_gone(2.0)


def test_a_server_that_nobody_leaves_gives_up_waiting(server):
    held, _ = server(2)
    assert not held.wait_everybody_gone(0.02)


def test_a_rank_that_never_comes_is_a_start_timeout(server):
    _, how = server(2)
    first = identities(2, **how)[0]
    late = WorkerIdentity(**{**vars(first), "start_timeout_s": 0.3})
    with pytest.raises(StartTimeoutError, match=r"the ranks \[1\] of 2") as caught:
        Session(late, 5.0)
    assert caught.value.missing == (1,)


def test_the_same_rank_twice_is_refused(server):
    _, how = server(2)
    first = identities(2, **how)[0]
    short = WorkerIdentity(**{**vars(first), "start_timeout_s": 1.0})
    results = sessions([short, short])
    assert sorted(type(error).__name__ for error in results) == [
        "RendezvousError",
        "StartTimeoutError",
    ]
    [refused] = [e for e in results if type(e) is RendezvousError]
    assert "joined twice" in str(refused)


def test_a_wrong_key_never_joins(server):
    _, how = server(1)
    how["job_key"] = JobKey.generate()
    identity = WorkerIdentity(
        rank=0, size=2, local_size=2, source="launch", start_timeout_s=0.5, **how
    )
    with pytest.raises(StartTimeoutError, match="did not answer"):
        Session(identity, 5.0)


def test_a_busy_port_is_named():
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        server = RendezvousServer(1, JobKey.generate(), port=port)
        with pytest.raises(RendezvousError, match=f"cannot listen on .*:{port}"):
            server.start()


def test_losing_the_server_ends_every_wait(server):
    held, how = server(2)
    results = sessions(identities(2, **how))
    errors = []

    def wait():
        try:
            results[0].world.barrier()
        except dist.WorkerLostError as error:
            errors.append(str(error))

    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.05)
    held.close()
    thread.join(2.0)
    assert len(errors) == 1
    assert "was cut" in errors[0]
    close_all(results)


def test_launch_without_a_rendezvous_is_half_a_job():
    with pytest.raises(ConfigurationError, match="RINGFLOW_RENDEZVOUS"):
        meet(identities(2)[1])


def foreign(rank, size, directory="", **changes):
    values = {
        "rank": rank,
        "size": size,
        "local_rank": rank,
        "local_size": size,
        "source": "Open MPI",
        "run_id": "notes",
        "start_timeout_s": 5.0,
        "rendezvous_directory": str(directory),
    }
    return WorkerIdentity(**{**values, **changes})


def private(directory):
    directory.chmod(0o700)
    return directory


def test_ranks_of_a_foreign_launcher_find_rank_zero_by_its_note(tmp_path):
    folder = private(tmp_path)
    results = sessions([foreign(rank, 2, folder) for rank in (1, 0)])
    assert [session.world.rank for session in results] == [1, 0]
    assert list(folder.iterdir()) == [], "the note is gone when all have joined"
    closing = threading.Thread(target=results[1].close)
    closing.start()  # rank 0 holds the rendezvous and waits for the other to leave
    results[0].close()
    closing.join(3.0)


def test_the_holder_of_the_rendezvous_says_whom_it_waits_for(
    tmp_path, monkeypatch, capfd
):
    monkeypatch.setattr("dist.control.FIRST_REPORT_S", 0.1)
    lonely = foreign(0, 3, private(tmp_path), start_timeout_s=0.3)
    with pytest.raises(StartTimeoutError) as caught:
        Session(lonely, 5.0)
    assert caught.value.missing == (1, 2)
    assert capfd.readouterr().err == "dist: waiting for the ranks [1, 2] of 3\n"
    assert list(tmp_path.iterdir()) == []


def test_the_note_is_private_and_one_left_by_a_crash_is_passed_over(tmp_path):
    folder = private(tmp_path)
    holder = meet(foreign(0, 2, folder))
    [note] = folder.iterdir()
    assert note.stat().st_mode & 0o777 == 0o600
    content = note.read_text()
    holder.close(0.0)
    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"],
        capture_output=True,
        check=True,
        text=True,
    ).stdout.strip()
    note.write_text(content.replace(str(os.getpid()), dead))
    with pytest.raises(StartTimeoutError, match="rank 0 to say where") as caught:
        meet(foreign(1, 2, folder, start_timeout_s=0.1))
    assert caught.value.missing == (0,)


def test_a_folder_that_others_can_open_is_not_trusted(tmp_path):
    tmp_path.chmod(0o755)
    with pytest.raises(ConfigurationError, match="only this user"):
        meet(foreign(1, 2, tmp_path))


def test_notes_are_in_a_private_folder_or_at_home(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("HOME", str(private(tmp_path)))
    for changes in ({}, {"local_rank": 0, "local_size": 1}):
        with pytest.raises(StartTimeoutError):
            meet(foreign(1, 2, start_timeout_s=0.0, **changes))
    made = sorted(path.name for path in tmp_path.iterdir())
    assert made == [".cache", f"ringflow-{os.getuid()}"]


def test_an_address_and_a_key_need_no_note():
    key = JobKey.generate()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    how = {"rendezvous": f"tcp://127.0.0.1:{port}", "job_key": key}
    spread = {"local_rank": 0, "local_size": 1}
    holder = meet(foreign(0, 2, **how, **spread))
    other = meet(foreign(1, 2, **how, **spread))
    assert other.address == holder.address == how["rendezvous"]
    holder.close(0.0)


PROGRAM = """
import dist, numpy
group = dist.init()
print(group.transport, group.rank, group.all_reduce(numpy.ones(2))[0], flush=True)
"""


@pytest.mark.multiprocess
@pytest.mark.parametrize("launcher", ["torchrun", "mpi"])
def test_processes_of_foreign_launchers_form_a_group(launcher, tmp_path):
    def environment(rank):
        common = {
            "PYTHONPATH": str(ROOT),
            "PATH": os.environ["PATH"],
            "RINGFLOW_RENDEZVOUS_DIR": str(private(tmp_path)),
        }
        if launcher == "torchrun":
            return common | {"RANK": str(rank), "WORLD_SIZE": "2"}
        return common | {
            "OMPI_COMM_WORLD_RANK": str(rank),
            "OMPI_COMM_WORLD_SIZE": "2",
            "OMPI_COMM_WORLD_LOCAL_RANK": str(rank),
            "OMPI_COMM_WORLD_LOCAL_SIZE": "2",
        }

    assert identity_from_environment(environment(1)).size == 2
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            env=environment(rank),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(2)
    ]
    printed = [process.communicate(timeout=30)[0] for process in processes]
    assert printed == ["shm 0 2.0\n", "shm 1 2.0\n"]
    assert [process.returncode for process in processes] == [0, 0]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("eth0", "10.0.0.5"),
        ("10.0.0.5", "10.0.0.5"),
        ("172.16.0.0/12", "172.17.0.1"),
        ("^docker0", "10.0.0.5"),
        ("^eth0,docker0", None),
        ("wlan0", None),
        ("192.168.0.0/16", None),
    ],
)
def test_an_interface_is_chosen_by_name_address_network_or_exclusion(choice, expected):
    if expected:
        assert choose(choice, ADDRESSES) == expected
    else:
        with pytest.raises(ConfigurationError, match="no interface of this host fits"):
            choose(choice, ADDRESSES)


def test_the_loopback_is_refused_for_a_job_that_spans_hosts():
    with pytest.raises(ConfigurationError, match="spans hosts"):
        listening_address("", "tcp://127.0.0.1:4000")
    assert listening_address("lo", "tcp://127.0.0.1:4000") == "127.0.0.1"
    assert interface_addresses()["lo"] == "127.0.0.1"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_failing_line_ends_the_waits_of_its_process(server, monkeypatch):
    _, how = server(2)
    results = sessions(identities(2, **how))
    control = results[0]._control
    monkeypatch.setattr(control, "_hear", lambda: 1 / 0)
    with pytest.raises(dist.WorkerLostError, match="ZeroDivisionError"):
        results[0].world.barrier()
    close_all(results)


def test_a_server_that_has_failed_begins_no_attempt(server, monkeypatch):
    holder, _ = server(2)
    holder.close()
    monkeypatch.setattr("dist.rendezvous_server.RENEWAL_LIMIT_S", 0.1)
    with pytest.raises(RendezvousError, match="did not begin attempt 1"):
        holder.begin_attempt(1)


def test_one_server_serves_one_attempt_after_the_other(server):
    holder, facts = server(1)
    for attempt in (0, 1):
        holder.begin_attempt(attempt)
        [identity] = identities(1)
        line = ControlChannel(
            facts["rendezvous"], facts["job_key"], rank=0, size=1, attempt=attempt
        )
        line.join(identity.host, 30.0)
        assert line.members
        line.close()
        line.context.term()
        assert holder.wait_everybody_gone(30.0)
    late = ControlChannel(facts["rendezvous"], facts["job_key"], rank=0, size=1)
    with pytest.raises(RendezvousError, match="is of attempt 0"):
        late.join("here", 30.0)
    late.close()
    late.context.term()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_failing_server_cuts_the_lines(server, monkeypatch):
    held, how = server(2)
    results = sessions(identities(2, **how))
    monkeypatch.setattr(held, "_receive_all", lambda: 1 / 0)
    with pytest.raises(dist.WorkerLostError, match="was cut"):
        results[0].world.barrier()
    close_all(results)


def test_sockets_of_a_group_that_cannot_be_formed_are_closed(monkeypatch):
    exchange = ControlChannel.exchange

    def lose_one(self, key, ranks, payload, check):
        if self.rank == 1 and key.endswith("endpoints"):
            raise KeyError("gone between joining and forming the group")
        return exchange(self, key, ranks, payload, check)

    monkeypatch.setattr(ControlChannel, "exchange", lose_one)
    started_s = time.monotonic()
    outcomes = run_ranks(lambda group: group.rank, 2, transport="ring", check=False)
    assert isinstance(outcomes[1].error, KeyError)
    assert isinstance(outcomes[0].error, WorkerLostError)
    assert time.monotonic() - started_s < 2.0, "ending the context waited for sockets"
