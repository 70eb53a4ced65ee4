"""`launch --ps` with real processes and real signals; and no launcher at all."""

import signal

import pytest

import launcher
from tests.launcher.launching import launch, launching

pytestmark = pytest.mark.multiprocess

SETUP = """
    import json
    import tensor as tf

    strategy = tf.distribute.ParameterServerStrategy()
    coordinator = tf.distribute.coordinator.ClusterCoordinator(strategy)
    with strategy.scope():
        total = tf.Variable(0.0)

    @tf.function
    def add(x):
        tf.py_function(lambda: time.sleep(0.005), [], [])
        total.assign_add(x)
        return x

    @tf.function
    def process():
        return tf.py_function(os.getpid, [], tf.int64)

    def pids():
        values = [coordinator.schedule(process) for _ in range(20)]
        return sorted({int(v) for v in coordinator.fetch(values)})

    def server_pid(role="ps"):
        # Our siblings say in their environment what they are.
        parent = os.getppid()
        children = open(f"/proc/{parent}/task/{parent}/children").read().split()
        for pid in children:
            environ = open(f"/proc/{pid}/environ", "rb").read()
            if f"RINGFLOW_ROLE={role}".encode() in environ:
                return int(pid)

    one = tf.constant(1.0)
"""


def test_a_script_need_not_know_its_part(script):
    path = script(
        SETUP
        + """
    for _ in range(50):
        coordinator.schedule(add, (one,))
    coordinator.join()
    print("total", total.numpy(), total.device)
    """
    )
    done = launch("-n", 2, "--ps", 2, path)
    assert done.status == 0, done.err
    assert done.out == "total 50.0 /job:ps/replica:0/task:0/device:CPU:0\n"
    assert "a coordinator, 2 workers and 2 parameter servers" in done.err
    assert "5/5 ok" in done.err


def train_in_a_function(n):
    import tensor as tf

    strategy = tf.distribute.ParameterServerStrategy()
    coordinator = tf.distribute.coordinator.ClusterCoordinator(strategy)
    fn = tf.function(lambda x: x * 2.0)
    values = [coordinator.schedule(fn, (tf.constant(float(i)),)) for i in range(n)]
    return [float(v.fetch()) for v in values]


def test_a_function_may_be_the_script():
    assert launcher.run(train_in_a_function, n=1, args=(3,), servers=1) == [
        [0.0, 2.0, 4.0]
    ]


def test_a_script_may_branch_on_its_part(script):
    path = script(
        """
    import tensor as tf

    resolver = tf.distribute.cluster_resolver.TFConfigClusterResolver()
    if resolver.task_type in ("worker", "ps"):
        server = tf.distribute.Server(
            resolver.cluster_spec(),
            job_name=resolver.task_type,
            task_index=resolver.task_id,
            protocol=resolver.rpc_layer or "grpc",
            start=True,
        )
        server.join()
        print(resolver.task_type, "has served")
    else:
        strategy = tf.distribute.experimental.ParameterServerStrategy(resolver)
        coordinator = tf.distribute.experimental.coordinator.ClusterCoordinator(
            strategy
        )
        fn = tf.function(lambda x: x + 1.0)
        print(coordinator.schedule(fn, args=(tf.constant(1.0),)).fetch())
    """
    )
    done = launch("-n", 1, "--ps", 1, path)
    assert done.status == 0, done.err
    assert sorted(done.out.splitlines()) == [
        "2.0",
        "ps has served",
        "worker has served",
    ]


def test_a_lost_workers_closures_run_elsewhere_and_it_is_replaced(script):
    path = script(
        SETUP
        + """
    first = pids()
    values = [coordinator.schedule(add, (one,)) for _ in range(100)]
    values[10].fetch()
    os.kill(first[0], signal.SIGKILL)
    coordinator.join()
    print("total", total.numpy())
    deadline = time.monotonic() + 20
    while len(set(pids()) - set(first)) == 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    print("new", len(set(pids()) - set(first)))
    """
    )
    done = launch("-n", 2, "--ps", 1, path)
    assert done.status == 0, done.err
    # A function runs once or, where the worker had done all but say so, twice.
    total = float(done.out.splitlines()[0].split()[1])
    assert 100 <= total <= 101
    assert done.out.splitlines()[1] == "new 1"
    assert "(worker 0) was killed by SIGKILL" in done.err or "(worker 1)" in done.err
    assert "starting it again" in done.err
    assert "closures go to other workers" in done.err


LOSE_SERVER = (
    SETUP
    + """
    pid = server_pid()
    for _ in range(2000):
        coordinator.schedule(add, (one,))
    os.kill(pid, signal.SIGKILL)
    killed = time.monotonic()
    THEN
    """
)


@pytest.mark.parametrize("then", ["coordinator.join()", "total.numpy()"])
def test_a_lost_server_is_named_within_two_seconds(script, then):
    body = """try:
        CALL
    except tf.errors.UnavailableError as error:
        print("after", time.monotonic() - killed)
        print(error)
        raise"""
    path = script(LOSE_SERVER.replace("THEN", body.replace("CALL", then)))
    done = launch("-n", 2, "--ps", 1, path)
    assert done.status == 128 + signal.SIGKILL
    after, said = done.out.splitlines()
    assert float(after.split()[1]) < 2.0
    assert said.startswith("parameter server 0 (/job:ps/replica:0/task:0 at 127.0.0.1:")
    assert "was lost" in said
    assert "rank 3 (parameter server 0)" in done.err
    assert "killed by SIGKILL" in done.err
    assert done.seconds < 60  # however busy the machine is


def test_with_restarts_the_job_goes_on_from_its_checkpoint(script, tmp_path):
    path = script(
        SETUP
        + f"""
    done = tf.Variable(0, dtype=tf.int64)
    checkpoint = tf.train.Checkpoint(total=total, done=done)
    manager = tf.train.CheckpointManager(checkpoint, {str(tmp_path / "c")!r}, 2)
    checkpoint.restore(manager.latest_checkpoint)
    print("from", int(done))
    while int(done) < 4:
        for _ in range(25):
            coordinator.schedule(add, (one,))
        if int(done) == 2 and os.environ["RESTART_COUNT"] == "0":
            os.kill(server_pid(), signal.SIGKILL)
        coordinator.join()
        done.assign_add(1)
        manager.save()
    print("total", total.numpy())
    """
    )
    done = launch("-n", 2, "--ps", 1, "--restarts", 1, path)
    assert done.status == 0, done.err
    assert done.out.splitlines() == ["from 0", "from 2", "total 100.0"]
    assert "starting all workers again (restart 1 of 1)" in done.err


def test_an_error_in_the_coordinator_ends_the_job(script):
    path = script(SETUP + "\n    raise ValueError('no more')\n")
    done = launch("-n", 2, "--ps", 1, path)
    assert done.status == 1
    assert "ValueError: no more" in done.err


def test_an_error_in_a_closure_is_shown_with_its_place(script):
    path = script(
        SETUP
        + """
    @tf.function
    def fail(x):
        tf.debugging.assert_less(x, 1.0, message="too large")
    coordinator.schedule(fail, (one,))
    coordinator.join()
    """
    )
    done = launch("-n", 1, "--ps", 1, path)
    assert done.status == 1
    assert "InvalidArgumentError" in done.err
    assert "too large" in done.err
    assert "On the other process" in done.err


def test_a_closure_that_takes_its_workers_with_it_is_named(script):
    path = script(
        SETUP
        + """
    @tf.function
    def crash():
        tf.py_function(lambda: os.kill(os.getpid(), signal.SIGKILL), [], [])

    value = coordinator.schedule(crash)
    try:
        coordinator.join()
    except tf.errors.UnavailableError as error:
        print(error)
    print(coordinator.schedule(add, (one,)).fetch())
    """
    )
    done = launch("-n", 1, "--ps", 1, path)
    assert done.status == 0, done.err
    said, result = done.out.splitlines()
    assert said.startswith("closure 1 (crash) was running on 4 workers")
    assert "probably ends its process" in said
    assert result == "1.0"
    assert done.err.count("starting it again") == 4


def test_ctrl_c_ends_all_parts(script):
    path = script(
        SETUP
        + """
    for _ in range(2000):
        coordinator.schedule(add, (one,))
    print("ready", flush=True)
    coordinator.join()
    """
    )
    with launching("-n", 2, "--ps", 1, path) as running:
        assert running.process.stdout.readline() == b"ready\n"
        running.send(signal.SIGINT)
        done = running.finish()
    assert done.status == 130
    assert "ended by Ctrl-C" in done.err


def test_the_loss_of_the_coordinator_ends_all_parts(script):
    path = script(SETUP + "\n    os.kill(os.getpid(), signal.SIGKILL)\n")
    done = launch("-n", 2, "--ps", 1, path)
    assert done.status == 128 + signal.SIGKILL
    assert "rank 0 (the coordinator)" in done.err
    assert done.seconds < 60  # however busy the machine is


@pytest.mark.parametrize(
    ("role", "words"),
    [
        ("worker", "worker 0 (/job:worker/replica:0/task:0 at"),
        ("ps", "parameter server 0 (/job:ps/replica:0/task:0 at"),
    ],
)
def test_one_that_hangs_is_named_and_in_the_end_given_up(script, role, words):
    path = script(
        SETUP
        + f"""
    while len(pids()) < 2:  # else the one may do all before the other has come
        time.sleep(0.01)
    for _ in range(500):
        coordinator.schedule(add, (one,))
    pid = server_pid({role!r})
    os.kill(pid, signal.SIGSTOP)
    try:
        coordinator.join()
    except tf.errors.UnavailableError as error:
        print(error)
    print("total", total.numpy() if {role!r} == "worker" else 500.0)
    os.kill(pid, signal.SIGKILL)
    os._exit(0)
    """
    )
    done = launch(
        *("-n", 2, "--ps", 1, "--stall-warn", 1, "--stall-abort", 3, "--grace", 1), path
    )
    assert words in done.err
    if role == "ps":
        assert "has not answered for 1 s" in done.err
        assert "has not answered for 3 s" in done.out
    else:
        assert "has been in closure" in done.err
        total = float(done.out.splitlines()[-1].split()[1])
        assert 500 <= total <= 564  # what it had pushed when it was stopped counts


def test_a_server_without_a_coordinator_gives_up(script):
    path = script(
        """
    import tensor as tf
    if RANK:
        tf.distribute.ParameterServerStrategy()
    else:
        time.sleep(60)
    """
    )
    with launching("-n", 1, "--ps", 1, "--start-timeout", 1, path) as running:
        done = running.finish()
    assert done.status == 1
    assert "UnavailableError" in done.err
    assert "the coordinator did not come" in done.err


def test_a_coordinator_without_servers_names_them(script):
    path = script(
        """
    if os.environ["RINGFLOW_ROLE"] == "chief":
        import tensor as tf
        tf.distribute.ParameterServerStrategy()
    else:
        while True: time.sleep(0.01)
    """
    )
    done = launch("-n", 1, "--ps", 1, "--start-timeout", 1, "--grace", 1, path)
    assert done.status == 1
    assert "waited" in done.err
    assert "for parameter server 0 (/job:ps/replica:0/task:0" in done.err
