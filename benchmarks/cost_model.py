"""Measure what a message costs here, and project it to many hosts.

    python benchmarks/cost_model.py --gigabits 10

A message of S bytes takes alpha + beta * S seconds. Both are measured for letters over
TCP loopback (in clear and encrypted) and for all-reduces in shared memory; between
hosts beta is that of the network if that is the slower one. So take all-reduces
among n = H * R ranks, R on each of H hosts, neighbours on the ring:

    ring        2(n - 1) * alpha + 2(n - 1)/n * beta * S
    hierarchy   shm(S) + 2(H - 1) * alpha + 2(H - 1)/H * beta * S + shm(S)
    tree        2 * ceil(log2 n) * (alpha + beta * S)    up and down, not pipelined
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from dist.contract import Settings  # noqa: E402 - found through the line above
from dist.testing import run_ranks  # noqa: E402 - likewise

SMALL, LARGE = 4, 16 * 2**20
HOSTS = [2, 4, 16, 64, 256, 1024]


def one_way(group, nbytes: int, repetitions: int) -> float:
    """Seconds that a letter takes at best, from half of a round trip."""
    array = np.zeros(nbytes, np.uint8)
    times = []
    for _ in range(repetitions):
        started = time.perf_counter()
        if group.rank == 0:
            group.send(array, 1)
            group.recv(nbytes, np.uint8, 1)
        else:
            group.recv(nbytes, np.uint8, 0)
            group.send(array, 0)
        times.append((time.perf_counter() - started) / 2)
    return min(times)


def all_reduce(group, nbytes: int, repetitions: int) -> float:
    """Seconds that an all-reduce takes at best."""
    array = np.zeros(nbytes // 4, np.float32)
    times = []
    for _ in range(repetitions):
        group.barrier()
        started = time.perf_counter()
        group.all_reduce(array)
        times.append(time.perf_counter() - started)
    return min(times)


def fit(body, **how) -> tuple[float, float]:
    """Alpha and beta of whatever `body` times, from a small and a large message."""

    def measure(group):
        return body(group, SMALL, 200), body(group, LARGE, 12)

    small, large = run_ranks(measure, 2, processes=True, **how)[0]
    return small, (large - small) / (LARGE - SMALL)


def tree(ranks: int, nbytes: int, alpha: float, beta: float) -> float:
    """Reduce to one rank and hand down again."""
    return 2 * math.ceil(math.log2(ranks)) * (alpha + beta * nbytes)


def ring(ranks: int, nbytes: float, alpha: float, beta: float) -> float:
    """Reduce around the ring, then gather around it."""
    return 2 * (ranks - 1) * alpha + 2 * (ranks - 1) / ranks * nbytes * beta


def main() -> None:
    """Measure, print the constants, print the projection."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--gigabits", type=float, default=10.0, help="of the network")
    parser.add_argument("--ranks", type=int, default=4, help="ranks on each host")
    parser.add_argument("--mebibytes", type=float, default=25.0, help="to all-reduce")
    options = parser.parse_args()
    ways = {
        "letter, in clear": fit(one_way, transport="ring"),
        "letter, encrypted": fit(
            one_way, transport="ring", settings=Settings(encryption="on")
        ),
        "all-reduce, shm, 2 ranks": fit(all_reduce, transport="shm"),
    }
    for name, (alpha, beta) in ways.items():
        print(
            f"{name:26s} alpha {1e6 * alpha:7.1f} us   beta {1e9 * beta:6.3f} ns/byte"
        )
    nbytes = options.mebibytes * 2**20
    wire = 8 / (options.gigabits * 1e9)
    print(
        f"\n{options.mebibytes:g} MiB, {options.ranks} ranks a host, "
        f"{options.gigabits:g} Gbit/s between hosts, encrypted; milliseconds"
    )
    print(f"{'hosts':>6}{'ring':>10}{'hierarchy':>12}{'tree':>10}")
    alpha, cpu = ways["letter, encrypted"]
    beta = max(cpu, wire)
    shm_alpha, shm_beta = ways["all-reduce, shm, 2 ranks"]
    inside = 2 * (shm_alpha + shm_beta * nbytes)  # the sum, and handing down
    for hosts in HOSTS:
        ranks = hosts * options.ranks
        flat = ring(ranks, nbytes, alpha, beta)
        layered = inside + ring(hosts, nbytes, alpha, beta)
        up_down = tree(ranks, nbytes, alpha, beta)
        print(f"{hosts:6d}{1e3 * flat:10.1f}{1e3 * layered:12.1f}{1e3 * up_down:10.1f}")


if __name__ == "__main__":
    main()
