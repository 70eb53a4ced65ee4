"""A job over several hosts; here both are this one, under two launchers."""

import signal
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.launcher.launching import launch, launching, wait_until

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
    told = f"host {culprit // 2} failed: rank {culprit} failed: ValueError: boom"
    assert told in the_other.err


def test_a_failure_before_anybody_joined_is_told_at_once(hosts, script):
    path = script("""
        import dist
        if RANK == 3:
            raise ValueError("boom")
        dist.init()
    """)

    first, second = run_both(hosts, path)

    assert (first.status, second.status) == (1, 1)
    assert "host 1 failed: rank 3 failed: ValueError: boom" in first.err


COUNTED = """
    import dist
    import numpy as np
    attempt = int(os.environ["RESTART_COUNT"])
    group = dist.init()
    group.barrier()
    {fault}
    print(RANK, attempt, group.all_reduce(np.array([1.0])))
"""


@pytest.mark.parametrize(
    "fault",
    [
        'if RANK == 3 and attempt == 0: raise ValueError("boom")',
        "if RANK == 0 and attempt == 0: os.kill(os.getpid(), 9)",
        # The other host's workers have ended well by then.
        "if RANK == 0 and attempt == 0: dist.destroy(); time.sleep(1); sys.exit(3)\n"
        "    if attempt == 0: dist.destroy(); sys.exit()",
    ],
    ids=["raised", "killed", "late"],
)
def test_all_hosts_start_again_after_a_failure_on_one(hosts, script, fault):
    path = script(COUNTED.format(fault=fault))

    first, second = run_both(hosts, "--restarts", 1, path)

    assert (first.status, second.status) == (0, 0), first.err + second.err
    assert sorted(first.out.splitlines()) == ["0 1 [4.]", "1 1 [4.]"]
    assert sorted(second.out.splitlines()) == ["2 1 [4.]", "3 1 [4.]"]
    for done in (first, second):
        assert "starting all workers again (restart 1 of 1)" in done.err


def test_all_hosts_give_up_when_no_restart_is_left(hosts, script):
    path = script(COUNTED.format(fault='if RANK == 2: raise ValueError("boom")'))

    first, second = run_both(hosts, "--restarts", 1, path)

    assert (first.status, second.status) == (1, 1)
    for done in (first, second):
        assert "restart 1 of 1" in done.err


@pytest.mark.parametrize("victim", [0, 1])
@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGINT])
def test_a_launcher_that_ends_ends_the_job_on_both(hosts, script, victim, signum):
    path = script("""
        import dist
        dist.init().barrier()
        print(RANK, flush=True)
        time.sleep(60)
    """)
    with ExitStack() as stack:
        running = [
            stack.enter_context(launching(*hosts(node, "--restarts", 3, path)))
            for node in (0, 1)
        ]
        for one in running:
            one.process.stdout.readline()
        running[victim].send(signum)
        done = [one.finish() for one in running]

    assert done[victim].status == {signal.SIGKILL: -9, signal.SIGINT: 130}[signum]
    survivor = done[1 - victim]
    assert survivor.status == {signal.SIGKILL: 1, signal.SIGINT: 130}[signum]
    why = {signal.SIGKILL: "its launcher is gone", signal.SIGINT: "ended by Ctrl-C"}
    assert f"host {victim} failed: {why[signum]}" in survivor.err
    assert "again" not in survivor.err.replace("Ctrl-C again", "")


def test_a_host_waits_for_the_first_and_says_so_when_it_never_comes(hosts, script):
    done = launch(*hosts(1, "--start-timeout", 1, script("print(1)")))

    assert done.status == 124
    assert "host 0 did not answer" in done.err
    assert "(exit status 124)" in done.err
    assert "`--key-file`" in done.err
    assert done.out == ""


def test_waiting_for_the_first_host_can_be_interrupted(hosts, script):
    with launching(*hosts(1, script("print(1)"))) as running:
        assert wait_until(lambda: running.process.poll() is None and _listens(running))
        running.send(signal.SIGINT)
        done = running.finish()

    assert done.status == 130
    assert done.out == ""


def _listens(running):
    """Whether it handles Ctrl-C by now, as /proc tells."""
    status = Path(f"/proc/{running.process.pid}/status").read_text()
    caught = int(status.partition("SigCgt:")[2].split()[0], 16)
    return caught & (1 << (signal.SIGTERM - 1))


def test_a_host_that_never_comes_is_missed_in_the_end(hosts, script):
    done = launch(*hosts(0, "--start-timeout", 1, script("print(1)")))

    assert done.status == 1
    assert "host 1 failed: its launcher never came" in done.err


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
