"""How long an all-reduce takes, beside the peers that are installed.

    python benchmarks/all_reduce.py                       # everything, 2 and 4 ranks
    python benchmarks/all_reduce.py --ranks 2 --systems shm gloo --sizes 4 1048576

Systems: `shm` (this package on one host), `shm-empty` (the same on arrays of
`group.empty`, which are not copied), `ring` (ZeroMQ over TCP loopback, in clear),
`ring-curve` (the same, encrypted), `ipc` (the ring over Unix sockets), `gloo`
(PyTorch's, if torch is installed) and `mpi` (Open MPI through mpi4py, if both are
installed). Each call follows a barrier and is timed on rank 0; printed is the median of
all rounds in microseconds. Rounds alternate between the systems, so that a busy machine
disturbs all of them alike.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
SIZES = [4, 1024, 16384, 65536, 262144, 1048576, 4194304, 26214400, 104857600]
SYSTEMS = ["shm", "shm-empty", "ring", "ring-curve", "ipc", "gloo", "mpi"]


def repetitions(nbytes: int) -> int:
    """Enough for a steady median, few enough for patience."""
    return max(5, min(200, 60_000_000 // max(nbytes, 1)))


def measure(all_reduce, barrier, make, sizes) -> dict[int, list[float]]:
    """Time calls of each size; seconds, as seen by this rank."""
    times = {}
    for nbytes in sizes:
        array = make(nbytes // 4)
        seconds = []
        for repetition in range(repetitions(nbytes) + 3):
            barrier()
            started = time.perf_counter()
            all_reduce(array)
            if repetition >= 3:
                seconds.append(time.perf_counter() - started)
        times[nbytes] = seconds
    return times


def worker_ours(system: str, sizes: list[int]) -> dict[int, list[float]]:
    """This package, in the transport that the environment asks for."""
    import dist

    group = dist.init()
    make = group.empty if system == "shm-empty" else lambda n: np.empty(n, np.float32)

    def zeros(count):
        array = make(count)
        array[...] = 0
        return array

    times = measure(group.all_reduce, group.barrier, zeros, sizes)
    dist.destroy()
    return times


def worker_gloo(sizes: list[int]) -> dict[int, list[float]]:
    """PyTorch's Gloo."""
    import torch
    import torch.distributed as torch_dist

    torch.set_num_threads(1)
    torch_dist.init_process_group("gloo")
    times = measure(torch_dist.all_reduce, torch_dist.barrier, torch.zeros, sizes)
    torch_dist.destroy_process_group()
    return times


def worker_mpi(sizes: list[int]) -> dict[int, list[float]]:
    """Open MPI through mpi4py."""
    from mpi4py import MPI

    world = MPI.COMM_WORLD

    def all_reduce(array):
        world.Allreduce(MPI.IN_PLACE, array)

    return measure(all_reduce, world.Barrier, lambda n: np.zeros(n, np.float32), sizes)


def run_worker(system: str, sizes: list[int], answer: Path) -> None:
    """One rank of one system; rank 0 writes the times."""
    workers = {"gloo": worker_gloo, "mpi": worker_mpi}
    worker = workers.get(system, lambda sizes: worker_ours(system, sizes))
    times = worker(sizes)
    rank = os.environ.get("OMPI_COMM_WORLD_RANK") or os.environ["RANK"]
    if rank == "0":
        answer.write_text(json.dumps(times))


def start(system: str, ranks: int, sizes: list[int], answer: Path) -> None:
    """Run one round of one system in `ranks` fresh processes."""
    command = [sys.executable, __file__, "--worker", system, "--answer", str(answer)]
    command += ["--sizes", *map(str, sizes)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    if system == "mpi":
        run = ["mpirun", "--allow-run-as-root", "--oversubscribe", "-n", str(ranks)]
        subprocess.run([*run, *command], check=True, env=environment)
        return
    if system == "gloo":
        environments = [
            {**environment, **torch_environment(rank, ranks, port)}
            for port in [free_port()]
            for rank in range(ranks)
        ]
        join(command, environments)
        return
    from dist.contract import Settings, WorkerIdentity, child_environment
    from dist.job_key import JobKey
    from dist.rendezvous_server import RendezvousServer

    key = JobKey.generate()
    server = RendezvousServer(ranks, key)
    settings = Settings(
        transport="ipc" if system == "ipc" else system.split("-")[0],
        encryption="on" if system == "ring-curve" else "auto",
    )
    address = server.start()
    identities = [
        WorkerIdentity(
            rank=rank,
            size=ranks,
            local_rank=rank,
            local_size=ranks,
            source="launch",
            rendezvous=address,
            job_key=key,
            settings=settings,
        )
        for rank in range(ranks)
    ]
    join(command, [{**environment, **child_environment(one)} for one in identities])
    server.close()


def join(command: list[str], environments: list[dict[str, str]]) -> None:
    """Start one process per environment and wait for all."""
    processes = [subprocess.Popen(command, env=one) for one in environments]
    for process in processes:
        if process.wait(timeout=300) != 0:
            raise SystemExit(f"a rank of {command} failed; see above")


def torch_environment(rank: int, ranks: int, port: int) -> dict[str, str]:
    """What `init_process_group` reads."""
    return {
        "RANK": str(rank),
        "WORLD_SIZE": str(ranks),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
    }


def free_port() -> int:
    """A port that was free a moment ago, for torch, which wants to be told one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def installed(systems: list[str]) -> list[str]:
    """Leave out the peers that are not here, and say so."""
    present = []
    for system in systems:
        lacks = (system == "gloo" and not importlib.util.find_spec("torch")) or (
            system == "mpi"
            and not (importlib.util.find_spec("mpi4py") and shutil.which("mpirun"))
        )
        if lacks:
            print(f"({system} is not installed and left out)")
        else:
            present.append(system)
    return present


def compare(ranks: int, systems: list[str], sizes: list[int], rounds: int) -> dict:
    """Median microseconds by system and size."""
    answer = Path(f"/tmp/all_reduce-{os.getpid()}.json")
    times: dict[str, dict[str, list[float]]] = {system: {} for system in systems}
    for _ in range(rounds):
        for system in systems:
            start(system, ranks, sizes, answer)
            for nbytes, seconds in json.loads(answer.read_text()).items():
                times[system].setdefault(nbytes, []).extend(seconds)
    answer.unlink()
    return {
        system: {
            nbytes: 1e6 * statistics.median(seconds)
            for nbytes, seconds in by_size.items()
        }
        for system, by_size in times.items()
    }


def show(ranks: int, medians: dict, sizes: list[int]) -> None:
    """Print one table."""
    print(
        f"\nall_reduce, float32, {ranks} ranks, {os.cpu_count()} processors, median µs"
    )
    print("".join(["bytes".rjust(11), *(system.rjust(12) for system in medians)]))
    for nbytes in sizes:
        row = [f"{medians[system][str(nbytes)]:12.1f}" for system in medians]
        print(f"{nbytes:11d}" + "".join(row))


def main() -> None:
    """Compare, or be one of the ranks that are compared."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--ranks", type=int, nargs="+", default=[2, 4])
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=SYSTEMS)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", type=Path, help="also write the medians to this file")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--answer", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        run_worker(options.worker, options.sizes, options.answer)
        return
    sys.path.insert(0, str(ROOT))
    systems = installed(options.systems)
    results = {}
    for ranks in options.ranks:
        results[ranks] = compare(ranks, systems, options.sizes, options.rounds)
        show(ranks, results[ranks], options.sizes)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
