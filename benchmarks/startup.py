"""How long a user waits before anything happens: fresh interpreters, timed whole.

    python benchmarks/startup.py [REPEATS]

The baselines tell how much of a wait is Python's own and NumPy's.
"""

import statistics
import subprocess
import sys
import time

REPEATS = 11
COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "import numpy": ["-c", "import numpy"],
    "import tensor": ["-c", "import tensor"],
    "import dist": ["-c", "import dist"],
    "launch --help": ["-m", "launcher", "--help"],
}


def wall_s(arguments: list[str]) -> float:
    """Seconds from the start of a fresh interpreter to its end."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    """Time every command in turn, round by round, and print medians and minima."""
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else REPEATS
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for name in COMMANDS:
        wall_s(COMMANDS[name])  # once for the file cache and the compiled modules
    for _ in range(repeats):
        # Interleaved, so that a busy moment of the machine hits all alike.
        for name, arguments in COMMANDS.items():
            times[name].append(wall_s(arguments))
    print(f"{'':16} {'median':>8} {'least':>8}   of {repeats} runs")
    for name, seconds in times.items():
        median, least = statistics.median(seconds), min(seconds)
        print(f"{name:16} {median:6.3f} s {least:6.3f} s")


if __name__ == "__main__":
    main()
