"""A job over several hosts, run inside the hub of a `tests.support.network`.

Usage: network_job.py HUB_ADDRESS RANKS_PER_HOST ENCRYPTION HOST…
Prints one JSON line per rank when it has worked for a moment ("ready"), and one when it
ends. Not a test by itself: see test_network.py.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import dist  # noqa: E402
from dist.contract import (  # noqa: E402
    Settings,
    WorkerIdentity,
    child_environment,
)
from dist.job_key import JobKey  # noqa: E402
from dist.rendezvous_server import RendezvousServer  # noqa: E402


def say(**facts):
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def one_rank():
    import numpy as np

    group = dist.init()
    array = np.ones(100_000, np.float32)
    for _ in range(20):
        group.all_reduce(array, "mean")
    letters = getattr(group._transport, "_letters", group._transport)
    bound = letters._links.endpoint
    say(rank=group.rank, ready=True, transport=group.transport, bound=bound)
    last_s = time.monotonic()
    try:
        while True:
            group.all_reduce(array, "mean")
            last_s = time.monotonic()
    except dist.CollectiveError as error:
        say(
            rank=group.rank,
            error=type(error).__name__,
            text=str(error),
            seconds=time.monotonic() - last_s,
        )


def whole_job(address, per_host, encryption, hosts):
    size = per_host * len(hosts)
    key = JobKey.generate()
    server = RendezvousServer(size, key, host=address)
    where = server.start()
    processes = []
    for rank in range(size):
        identity = WorkerIdentity(
            rank=rank,
            size=size,
            local_rank=rank % per_host,
            local_size=per_host,
            host=hosts[rank // per_host],
            source="launch",
            rendezvous=where,
            job_key=key,
            start_timeout_s=20.0,
            settings=Settings(encryption=encryption),
        )
        command = ["ip", "netns", "exec", identity.host, sys.executable, __file__]
        environment = {**child_environment(identity), "PATH": "/usr/sbin:/usr/bin:/bin"}
        processes.append(subprocess.Popen(command, env=environment))
    for process in processes:
        process.wait(timeout=60)
    server.close()


if __name__ == "__main__":
    if len(sys.argv) == 1:
        one_rank()
    else:
        whole_job(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:])
