"""Kill workers of a training at random, a hundred times, and compare the weights.

    python benchmarks/random_kills.py --kills 100 --workers 3
    python benchmarks/random_kills.py --kills 20 --hosts 2

Two trainings, a loop of one's own and Keras's `fit`, run once undisturbed and once with
a kill in each attempt: before a worker joins, while the workers meet, in a step while
the others wait, at any moment, between two operations on the files of a checkpoint, and
at the end. It fails unless both end with the same bits and nothing is left behind.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.support.random_kills import kill_at_random


def main() -> int:
    """Do both trainings; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=100, help="of both trainings")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--hosts", type=int, default=1, help="each with its launcher and workers"
    )
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    status = 0
    for how in ("loop", "fit"):
        with tempfile.TemporaryDirectory() as folder:
            outcome = kill_at_random(
                Path(folder),
                how,
                workers=options.workers,
                kills=options.kills // 2,
                seed=options.seed,
                hosts=options.hosts,
            )
        equal = "equal" if outcome.weights_are_equal else "DIFFERENT"
        print(
            f"{how}: {outcome.kills} kills of {options.workers} workers on each of "
            f"{options.hosts} hosts in "
            f"{outcome.seconds:.0f} s, {outcome.continued} times from a newer "
            f"checkpoint; weights {equal}; "
            f"left behind: {', '.join(outcome.left_behind) or 'nothing'}"
        )
        if not outcome.weights_are_equal or outcome.left_behind:
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
