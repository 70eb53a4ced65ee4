"""List the `raise` statements that no test executes.

    python .ci/untested_raises.py                       every test, every room
    python .ci/untested_raises.py --in tensor/data tests/tensor/data
    python .ci/untested_raises.py --seen FILE …         FILE keeps what runs saw

Everything but these two options is for pytest. The tests run in a copy of the
repository in which every `raise` first writes its name to a file. That costs nothing
until something is raised, counts child processes too (they import the same copy), and
nobody who edits the repository meanwhile disturbs it.

A `raise` is known by its file, its function and its text, so that what one run saw
still holds after edits elsewhere in the file.
"""

from __future__ import annotations

import argparse
import ast
import shutil
import subprocess
import sys
import tempfile
import zlib
from collections import Counter
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("tensor", "dist", "strategies", "launcher")

# A module of the copy. Opened anew each time: a descriptor that stays open would look
# like a leak of the test.
RECORDER = """\
import os

LOG = os.path.join(os.path.dirname(os.path.abspath(__file__)), "raised.txt")
written = set()


def mark(name):
    if name not in written:
        written.add(name)
        file = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(file, (name + "\\n").encode())
        os.close(file)
"""


class Raise(NamedTuple):
    """One `raise` statement: its name for comparison, and where it stands."""

    name: str
    line: int
    column: int
    text: str


def raises(source: str, path: str) -> list[Raise]:
    """Every `raise` of a file, in the order of its lines."""
    found: list[Raise] = []
    counts: Counter[str] = Counter()
    scopes = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

    def visit(node: ast.AST, scope: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Raise):
                text = ast.unparse(child)
                name = f"{path}:{scope}:{zlib.crc32(text.encode()):08x}"
                counts[name] += 1  # a function may raise the same at several places
                name = f"{name}:{counts[name]}"
                found.append(Raise(name, child.lineno, child.col_offset, text))
            inner = f"{scope}.{child.name}" if isinstance(child, scopes) else scope
            visit(child, inner.lstrip("."))

    visit(ast.parse(source), "")
    return sorted(found, key=lambda one: one.line)


def instrumented(source: str, path: str) -> str:
    """The same program on the same lines, where each `raise` first says its name."""
    lines = source.splitlines(keepends=True)
    for one in raises(source, path):
        line = lines[one.line - 1].encode()  # the parser counts columns in bytes
        call = f"__import__('raised').mark({one.name!r}); ".encode()
        lines[one.line - 1] = (line[: one.column] + call + line[one.column :]).decode()
    return "".join(lines)


def sources(root: Path) -> dict[str, str]:
    """The text of every Python file of the four rooms, by its path from the root."""
    return {
        path.relative_to(root).as_posix(): path.read_text("utf-8")
        for room in ROOMS
        for path in sorted((root / room).rglob("*.py"))
    }


def seen_by(root: Path, pytest_arguments: list[str]) -> set[str]:
    """Run the tests in a copy of the repository; return the names that were raised."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / root.name
        ignored = shutil.ignore_patterns(".git", ".*_cache", "__pycache__", ".venv")
        shutil.copytree(root, copy, ignore=ignored)
        for path, text in sources(copy).items():
            (copy / path).write_text(instrumented(text, path), "utf-8")
        (copy / "raised.py").write_text(RECORDER, "utf-8")
        command = [sys.executable, "-m", "pytest", "-q", *pytest_arguments]
        if subprocess.run(command, cwd=copy, check=False).returncode:
            print("untested_raises: some tests failed; what they saw counts.")
        log = copy / "raised.txt"
        return set(log.read_text("utf-8").splitlines()) if log.exists() else set()


def report(texts: dict[str, str], seen: set[str], within: str) -> tuple[list[str], int]:
    """A line for each `raise` that was not seen, and how many there are in all."""
    here = [
        (path, one)
        for path, text in texts.items()
        if path.startswith(within)
        for one in raises(text, path)
    ]
    missed = [
        f"{path}:{one.line}: {one.text[:120]}"
        for path, one in here
        if one.name not in seen
    ]
    return missed, len(here)


def main() -> int:
    """Run the tests, then list what they left out; 1 if there is any."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--in", dest="within", default="", help="list only this folder")
    parser.add_argument("--seen", type=Path, help="a file that is read and added to")
    options, pytest_arguments = parser.parse_known_args()

    seen = seen_by(ROOT, pytest_arguments)
    if options.seen:
        if options.seen.exists():
            seen |= set(options.seen.read_text("utf-8").splitlines())
        options.seen.write_text("".join(f"{name}\n" for name in sorted(seen)), "utf-8")
    missed, total = report(sources(ROOT), seen, options.within)
    print("\n".join([*missed, f"{len(missed)} of {total} were not raised."]))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
