"""A job over several hosts; here both are this one, under two launchers."""

import socket
from contextlib import ExitStack

import pytest

from tests.launcher.launching import launch, launching

pytestmark = pytest.mark.multiprocess


@pytest.fixture
def hosts(tmp_path):
    """Runs the same command as each of two hosts."""
    key = tmp_path / "key"
    key.touch(mode=0o600)
    key.write_text("a secret that is long enough")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def words(node_rank, *rest):
        return ["-n", 2, "--nodes", 2, "--node-rank", node_rank, "--key-file", key,
                "--coordinator", f"localhost:{port}", *rest]  # fmt: skip

    return words


def run_both(hosts, *rest):
    with ExitStack() as stack:
        both = [
            stack.enter_context(launching(*hosts(node_rank, *rest)))
            for node_rank in (1, 0)
        ]
        second, first = (running.finish() for running in both)
    return first, second


def test_workers_of_all_hosts_form_one_group(hosts, script):
    path = script("""
        import dist
        import numpy as np
        group = dist.init()
        total = group.all_reduce(np.array([RANK + 1.0]))
        print(RANK, os.environ["LOCAL_RANK"], group.size, total)
    """)

    first, second = run_both(hosts, path)

    assert (first.status, second.status) == (0, 0)
    assert sorted(first.out.splitlines()) == ["0 0 4 [10.]", "1 1 4 [10.]"]
    assert sorted(second.out.splitlines()) == ["2 0 4 [10.]", "3 1 4 [10.]"]
    assert "on each of 2 hosts, here as host 1" in second.err


def test_a_host_that_is_done_first_keeps_the_meeting_place_for_the_others(
    hosts, script
):
    path = script("""
        import dist
        group = dist.init()
        group.barrier()
        if RANK >= 2:
            time.sleep(1)
        dist.destroy()
    """)

    first, second = run_both(hosts, path)

    assert (first.status, second.status) == (0, 0)


@pytest.mark.parametrize("culprit", [0, 3])
def test_a_failure_on_one_host_ends_the_job_on_the_other(hosts, script, culprit):
    path = script(f"""
        import dist
        group = dist.init()
        if RANK == {culprit}:
            raise ValueError("boom")
        group.barrier(timeout=30)
    """)

    done = run_both(hosts, path)

    its_own, the_other = done if culprit == 0 else reversed(done)
    assert "ValueError: boom\nlaunch: the others were stopped" in its_own.err
    assert the_other.status == 1
    assert "WorkerLostError" in the_other.err
    # The other workers of that host are stopped at once and may be missed first.
    host = (0, 1) if culprit == 0 else (2, 3)
    assert any(f"rank {rank}" in the_other.err for rank in host)


def test_the_ranks_of_a_host_that_never_came_are_named(hosts, script):
    path = script("import dist; dist.init()")

    done = launch(*hosts(0, "--start-timeout", 1, path))

    assert done.status == 124
    assert "ranks 2-3 (on another host) never joined: ranks 0-1 waited 1 s" in done.err


def test_a_coordinator_that_cannot_be_found_is_named(hosts, script):
    done = launch(*hosts(0, "--coordinator", "no.such.host.invalid:5000", script("")))

    assert done.status == 2
    assert "there is no address for 'no.such.host.invalid'" in done.err


def test_a_port_that_is_taken_is_named(hosts, script):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = launch(*hosts(0, "--coordinator", address, script("")))

    assert done.status == 1
    assert f"the rendezvous cannot listen on tcp://{address}" in done.err
