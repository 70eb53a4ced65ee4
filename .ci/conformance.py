"""Run the conformance programs that must pass, and see that their list never shrinks.

The programs live outside this repository, beside it; CONFORMANCE=DIR names another
place. They are ordinary TensorFlow scripts that start with `import tensor as tf`.

    python .ci/conformance.py           run what .ci/conformance.txt lists
    python .ci/conformance.py --grow    try the others too and add those that pass
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / ".ci" / "conformance.txt"
SUITE = Path(os.environ.get("CONFORMANCE", ROOT.parent / "shared" / "conformance"))
WORKERS = 2


def listed(text: str) -> list[str]:
    """The names in the text of a list, without comments and retired ones."""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith(("#", "retired "))]


def retired(text: str) -> set[str]:
    """The names that the list has given up, each with its reason."""
    return {
        line.removeprefix("retired ").partition(":")[0]
        for line in text.splitlines()
        if line.startswith("retired ") and line.partition(":")[2].strip()
    }


def dropped(now: str, history: str) -> list[str]:
    """Names that a commit once added, by `git log -p`, and that are not listed now."""
    added = "\n".join(
        line[1:]
        for line in history.splitlines()
        if line.startswith("+") and not line.startswith("+++")
    )
    return sorted(set(listed(added)) - set(listed(now)) - retired(now))


def history() -> str:
    """All that ever happened to the list; empty outside a git checkout."""
    log = subprocess.run(
        ["git", "log", "--format=", "-p", "--", str(LIST)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return log.stdout


def programs() -> dict[str, Path]:
    """Every program of the suite by name."""
    folders = SUITE / "public", SUITE / "dist" / "public"
    paths = (path for folder in folders for path in sorted(folder.glob("*.py")))
    return {path.stem: path for path in paths}


def run(names: list[str], known: dict[str, Path]) -> list[str]:
    """Run the programs of these names; return those that failed."""
    launch = f"{sys.executable} -m launcher -n {{n}} {{prog}}"
    in_a_group = ["--workers", str(WORKERS), "--launcher", launch]
    runners = {
        "c": [SUITE / "run.py"],
        "d": [SUITE / "dist" / "run_dist.py", *in_a_group],
    }
    failed = []
    for kind, runner in runners.items():
        chosen = [str(known[name]) for name in names if name.startswith(kind)]
        if not chosen:
            continue
        with tempfile.TemporaryDirectory() as folder:
            results = Path(folder) / "results.json"
            command = [sys.executable, *runner, "--set", ",".join(chosen)]
            command += ["--path", ROOT, "--json", results]
            subprocess.run(list(map(str, command)), check=False)
            outcome = json.loads(results.read_text())["results"]
        failed += [one["name"] for one in outcome if one["status"] != "pass"]
    return failed


def main() -> int:
    """Do what the command line says; 0 if every listed program passes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--grow", action="store_true", help="add programs that pass")
    options = parser.parse_args()

    text = LIST.read_text("utf-8")
    if gone := dropped(text, history()):
        print(
            f"conformance: {', '.join(gone)} left .ci/conformance.txt, which only "
            "grows. Put it back, or write `retired NAME: reason`.",
            file=sys.stderr,
        )
        return 1
    if not SUITE.is_dir():
        print(f"conformance: no programs at {SUITE}; none was run.")
        return 0

    names, known = listed(text), programs()
    if unknown := [name for name in names if name not in known]:
        print(f"conformance: not in {SUITE}: {', '.join(unknown)}", file=sys.stderr)
        return 1
    failed = run(names, known)
    print(f"conformance: {len(names) - len(failed)} of {len(names)} listed pass.")
    if options.grow:
        others = [name for name in known if name not in names]
        passing = sorted({*others} - {*run(others, known)})
        LIST.write_text(text + "".join(f"{name}\n" for name in passing), "utf-8")
        print(f"conformance: {len(passing)} of {len(others)} others pass, now listed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
