"""Run a program the way a user does, and look at what it printed."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run_program(
    *arguments: object, timeout_s: float = 120, cwd: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """Run Python with these arguments, our packages importable; never raises for rc."""
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def modules_loaded_by(*arguments: object) -> set[str]:
    """The modules that Python imports when it is run with these arguments."""
    done = run_program("-X", "importtime", *arguments)
    assert done.returncode == 0, done.stderr
    lines = (line for line in done.stderr.splitlines() if "import time:" in line)
    return {line.rpartition("|")[2].strip() for line in lines}
