"""Let four ranks talk for a long time, and see that nothing grows and nothing breaks.

    python benchmarks/soak.py --minutes 10

Each rank makes calls of every kind with random sizes (the same on all ranks), checks
every result, makes and closes groups, and now and then notes how much memory, how many
descriptors and how many threads it has. The job fails if a result is wrong or if any of
these is still growing in the second half.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from dist.testing import run_ranks  # noqa: E402 - found through the line above

NOTE_INTERVAL_S = 2.0
GROWTH_LIMIT_KIB = 8 * 1024


def holdings() -> tuple[int, int, int]:
    """Resident memory in KiB, open descriptors, threads."""
    status = Path("/proc/self/status").read_text()
    memory = int(status.split("VmRSS:")[1].split()[0])
    return memory, len(os.listdir("/proc/self/fd")), threading.active_count()


def require(is_right: bool) -> None:
    """End the soak at the first wrong result."""
    if not is_right:
        raise SystemExit("a result is wrong: see the line that called `require`")


def one_of_everything(group, rng) -> int:
    """One round of calls with sizes that all ranks agree on; returns the bytes."""
    count = int(10 ** rng.uniform(0, 6))
    expected = sum(range(1, group.size + 1))
    array = np.full(count, group.rank + 1, np.float32)
    work = group.all_reduce_async(array.copy())
    require((group.all_reduce(array) == expected).all())
    require((work.wait() == expected).all())
    require(group.all_gather(np.array([group.rank]))[-1, 0] == group.size - 1)
    require(group.broadcast(np.full(count, group.rank), root=1)[0] == 1)
    rows = np.full((group.size, 100), group.rank, np.int64)
    require(group.all_to_all(rows)[:, 0].tolist() == list(range(group.size)))
    require(group.reduce_scatter(rows)[0, 0] == expected - group.size)
    require(group.all_gather_object(group.rank) == list(range(group.size)))
    return 2 * array.nbytes


def work(group, seconds: float) -> list[tuple[float, int, int, int, int, int]]:
    """Call until the time is over; return the notes."""
    rng = np.random.default_rng(7)
    started = time.monotonic()
    notes, calls, total_bytes, next_note = [], 0, 0, 0.0
    shared = group.empty(100_000)
    while True:
        elapsed = time.monotonic() - started
        if group.all_reduce(np.array([elapsed]), "min")[0] > seconds:
            return notes
        total_bytes += one_of_everything(group, rng)
        shared[...] = 1
        require((group.all_reduce(shared) == group.size).all())
        if calls % 50 == 0:
            child = group.new_group(range(group.size))
            child.barrier()
            child.close()
        calls += 1
        if elapsed > next_note:
            next_note = elapsed + NOTE_INTERVAL_S
            notes.append((elapsed, calls, total_bytes, *holdings()))


def main() -> None:
    """Run the soak and judge it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--ranks", type=int, default=4)
    parser.add_argument("--transport", default="auto")
    options = parser.parse_args()
    seconds = 60 * options.minutes
    notes_by_rank = run_ranks(
        work,
        options.ranks,
        seconds,
        processes=True,
        transport=options.transport,
        timeout=seconds + 60,
    )
    failed = False
    for rank, notes in enumerate(notes_by_rank):
        _, calls, total_bytes, *last = notes[-1]
        middle = notes[len(notes) // 2][3:]
        growth = [now - then for now, then in zip(last, middle, strict=True)]
        print(
            f"rank {rank}: {calls} rounds of 9 calls, {total_bytes / 1e9:.1f} GB; at "
            f"the end {last[0] / 1024:.0f} MiB, {last[1]} descriptors, {last[2]} "
            f"threads; since half time {growth[0]:+d} KiB, {growth[1]:+d} and "
            f"{growth[2]:+d}"
        )
        failed = (
            failed or growth[0] > GROWTH_LIMIT_KIB or growth[1] > 2 or growth[2] > 0
        )
    left = [name for name in os.listdir("/dev/shm") if name.startswith("ringflow")]
    print(f"left in /dev/shm: {left or 'nothing'}")
    if failed or left:
        raise SystemExit("something grows, or something was left behind")
    print("flat, and no errors")


if __name__ == "__main__":
    main()
