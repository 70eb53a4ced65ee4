"""Print how long the files are, and fail where one is too long to have one idea.

A file over the limit is a request to split it by concept. One that is long for a good
reason (a table, say) is listed below with that reason, and struck off when it shrinks.
"""

import statistics
import sys
from pathlib import Path

LIMIT = 400
FOLDERS = (
    "tensor",
    "dist",
    "strategies",
    "launcher",
    "tests",
    "examples",
    "benchmarks",
    ".ci",
)
LONG_FOR_A_REASON: dict[str, str] = {
    "tensor/keras/backend/network.py": "a list of short functions, one a K.* name",
    "tests/tensor/keras/cases.py": "a table of cases",
}


def line_counts(root: Path) -> dict[str, int]:
    """Lines of every Python file, by its path from the root."""
    return {
        path.relative_to(root).as_posix(): len(path.read_text("utf-8").splitlines())
        for folder in FOLDERS
        for path in sorted((root / folder).rglob("*.py"))
    }


def problems(counts: dict[str, int], reasons: dict[str, str]) -> list[str]:
    """What is wrong: files too long without a reason, and reasons without need."""
    too_long = [
        f"{path} has {lines} lines; the limit is {LIMIT}. Split it by concept, or list "
        "it in .ci/file_sizes.py with the reason why it is one idea."
        for path, lines in counts.items()
        if lines > LIMIT and path not in reasons
    ]
    needless = [
        f"{path} is listed as long in .ci/file_sizes.py, but it has {counts.get(path)} "
        "lines. Remove it from the list."
        for path in reasons
        if counts.get(path, 0) <= LIMIT
    ]
    return too_long + needless


def report(counts: dict[str, int]) -> str:
    """A table by folder and the ten longest files."""
    rows = [f"{'folder':12} {'files':>6} {'lines':>7} {'median':>7}"]
    for folder in FOLDERS:
        lines = [n for path, n in counts.items() if path.startswith(f"{folder}/")]
        if lines:
            median = round(statistics.median(lines))
            rows.append(f"{folder:12} {len(lines):6} {sum(lines):7} {median:7}")
    rows.append("longest:")
    longest = sorted(counts.items(), key=lambda item: -item[1])[:10]
    rows += [f"  {lines:5} {path}" for path, lines in longest]
    return "\n".join(rows)


def main() -> int:
    """Report on the repository that holds this script."""
    counts = line_counts(Path(__file__).resolve().parent.parent)
    print(report(counts))
    found = problems(counts, LONG_FOR_A_REASON)
    for problem in found:
        print(f"error: {problem}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
