"""What it saves to send a large array through the hierarchy in pieces.

    sudo python benchmarks/hierarchy.py --gigabits 5

Two hosts of two ranks each, which are network namespaces of this machine joined by
cables of that speed (`tc`), so that the network takes time without taking processors.
Each call follows a barrier; printed is the median in milliseconds, for the array whole
and in the pieces that `dist.hierarchy` makes. Calls of both kinds alternate.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import dist  # noqa: E402 - found through the line above
from dist import hierarchy  # noqa: E402 - likewise
from dist.contract import (  # noqa: E402 - likewise
    Settings,
    WorkerIdentity,
    child_environment,
)
from dist.job_key import JobKey  # noqa: E402 - likewise
from dist.rendezvous_server import RendezvousServer  # noqa: E402 - likewise
from tests.support.network import network, run  # noqa: E402 - likewise

HOSTS, RANKS_PER_HOST = 2, 2
MEBIBYTES = [25, 100]
REPETITIONS = 7
PIECES = {"whole": 1 << 40, "in pieces": hierarchy.PIECE_BYTES}


def rank() -> None:
    """One rank: measure; the first one prints."""
    group = dist.init()
    for mebibytes in MEBIBYTES:
        array = np.zeros(mebibytes * 2**18, np.float32)
        times: dict[str, list[float]] = {name: [] for name in PIECES}
        for _ in range(REPETITIONS):
            for name, nbytes in PIECES.items():
                hierarchy.PIECE_BYTES = nbytes
                group.barrier()
                started = time.perf_counter()
                group.all_reduce(array)
                times[name].append(time.perf_counter() - started)
        if group.rank == 0:
            medians = (
                f"{name} {1e3 * statistics.median(seconds):.0f} ms"
                for name, seconds in times.items()
            )
            print(f"{mebibytes:4d} MiB: {', '.join(medians)}", flush=True)
    dist.destroy()


def job(address: str, encryption: str, hosts: list[str]) -> None:
    """All ranks of a job whose rendezvous is at `address`."""
    size = HOSTS * RANKS_PER_HOST
    server = RendezvousServer(size, key := JobKey.generate(), host=address)
    where = server.start()
    processes = []
    for number in range(size):
        identity = WorkerIdentity(
            rank=number,
            size=size,
            local_rank=number % RANKS_PER_HOST,
            local_size=RANKS_PER_HOST,
            host=hosts[number // RANKS_PER_HOST],
            source="launch",
            rendezvous=where,
            job_key=key,
            settings=Settings(encryption=encryption),
        )
        inside = ["ip", "netns", "exec", identity.host]
        environment = {**os.environ, **child_environment(identity)}
        command = [*inside, sys.executable, __file__, "--part", "rank"]
        processes.append(subprocess.Popen(command, env=environment))
    for process in processes:
        process.wait(timeout=300)
    server.close()


def main() -> None:
    """Make the network and the job, or be a part of it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--gigabits", type=float, default=5.0, help="of each cable")
    parser.add_argument("--encryption", choices=["on", "off"], default="off")
    parser.add_argument("--part", choices=["rank", "job"], help=argparse.SUPPRESS)
    parser.add_argument("--job", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part == "rank":
        rank()
    elif options.part == "job":
        job(**json.loads(options.job))
    else:
        with network(HOSTS) as wires:
            limit = ["rate", f"{options.gigabits}gbit", "burst", "1mb"]
            for host in wires.hosts:
                where = ["tc", "-n", host, "qdisc", "add", "dev", "eth0", "root"]
                run(*where, "tbf", *limit, "latency", "50ms")
            facts = {
                "address": wires.hub_address,
                "encryption": options.encryption,
                "hosts": wires.hosts,
            }
            command = [sys.executable, __file__, "--part", "job", "--job"]
            subprocess.run(
                wires.inside(wires.hub, *command, json.dumps(facts)), check=True
            )


if __name__ == "__main__":
    main()
