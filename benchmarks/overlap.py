"""How much of an asynchronous all-reduce is hidden behind computation.

    python benchmarks/overlap.py --ranks 2 --mebibytes 64

Each rank starts an all-reduce and multiplies matrices until it is over, then waits for
it: the share of the time spent in `wait` is what the caller pays in waiting; how much
slower the products have become is what it pays in shared processors and memory.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from dist.testing import run_ranks  # noqa: E402 - found through the line above


def products(seconds: float, matrix: np.ndarray) -> float:
    """Multiply for `seconds`; return products per second."""
    started, done = time.perf_counter(), 0
    out = np.empty_like(matrix)
    while time.perf_counter() - started < seconds:
        np.matmul(matrix, matrix, out=out)
        done += 1
    return done / (time.perf_counter() - started)


def measure(group, mebibytes: int, repetitions: int) -> dict[str, float]:
    """Seconds alone, share of waiting when overlapped, slowdown of the products."""
    array = group.empty(mebibytes * 2**18)
    array[...] = 0
    matrix = np.ones((256, 256), np.float32)
    alone, waiting, slowdown = [], [], []
    for _ in range(repetitions):
        group.barrier()
        started = time.perf_counter()
        group.all_reduce_async(array).wait()
        alone.append(time.perf_counter() - started)
    budget = 4 * statistics.median(alone)
    for _ in range(repetitions):
        group.barrier()
        undisturbed = products(budget, matrix)
        group.barrier()
        started = time.perf_counter()
        work = group.all_reduce_async(array)
        disturbed = products(budget, matrix)
        before_wait = time.perf_counter()
        work.wait()
        ended = time.perf_counter()
        waiting.append((ended - before_wait) / (ended - started))
        slowdown.append(1 - disturbed / undisturbed)
    return {
        "alone_ms": 1e3 * statistics.median(alone),
        "waiting_percent": 100 * statistics.median(waiting),
        "slower_percent": 100 * statistics.median(slowdown),
    }


def main() -> None:
    """Measure and print, rank by rank."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--mebibytes", type=int, default=64)
    parser.add_argument("--repetitions", type=int, default=10)
    parser.add_argument("--transport", default="auto")
    options = parser.parse_args()
    results = run_ranks(
        measure,
        options.ranks,
        options.mebibytes,
        options.repetitions,
        processes=True,
        transport=options.transport,
    )
    for rank, result in enumerate(results):
        print(
            f"rank {rank}: {options.mebibytes} MiB alone {result['alone_ms']:.1f} ms; "
            f"beside computation it waited {result['waiting_percent']:.1f} % of "
            f"its time and computed {result['slower_percent']:.1f} % slower"
        )


if __name__ == "__main__":
    main()
