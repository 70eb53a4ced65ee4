"""Write docs/api.md: which of TensorFlow's public names are here.

    python .ci/api_table.py            # write the page
    python .ci/api_table.py --check    # exit 1 if the page is out of date

docs/tensorflow_names.txt lists the public names of TensorFlow 2.21, one a line with
what each is; tests/oracle/list_public_names.py makes that list where TensorFlow is.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import types
from collections import defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
NAMES = ROOT / "docs" / "tensorflow_names.txt"
PAGE = ROOT / "docs" / "api.md"

INTRODUCTION = """\
# TensorFlow's names

Which public names of TensorFlow 2.21 ringflow has, by namespace. A name that is missing
raises an `AttributeError` that says so. This page is made by `.ci/api_table.py`.
"""

# Namespaces of TensorFlow's own machinery, which have no meaning here.
_LEFT_OUT = ("compat", "lite", "mlir", "raw_ops", "tpu", "xla")


def public_names() -> list[str]:
    """Return TensorFlow's public names, without its namespaces themselves."""
    rows = [line.split() for line in NAMES.read_text().splitlines()]
    return [
        name
        for name, kind in rows
        if kind != "module" and name.split(".")[0] not in _LEFT_OUT
    ]


def has(name: str) -> bool:
    """Return whether `tf.<name>` is here."""
    found: Any = importlib.import_module("tensor")
    for part in name.split("."):
        try:
            found = getattr(found, part)
        except (AttributeError, ImportError):
            return False
    return not isinstance(found, types.ModuleType)


def page() -> str:
    """Return the text of the page."""
    here: dict[str, list[str]] = defaultdict(list)
    missing: dict[str, list[str]] = defaultdict(list)
    for name in public_names():
        namespace, _, short = name.rpartition(".")
        (here if has(name) else missing)[namespace].append(short)
    spaces = sorted({*here, *missing})
    total = sum(map(len, here.values())), sum(map(len, missing.values()))
    lines = [
        INTRODUCTION,
        f"{total[0]} of {sum(total)} names are here.\n",
        "| namespace | here | missing |",
        "|---|---|---|",
    ]
    lines += [f"| `{_title(n)}` | {len(here[n])} | {len(missing[n])} |" for n in spaces]
    for n in spaces:
        lines.append(f"\n## `{_title(n)}`\n")
        for what, names in (("Here", here[n]), ("Missing", missing[n])):
            if names:
                lines.append(f"{what}: {', '.join(f'`{x}`' for x in names)}\n")
    return "\n".join(lines).rstrip() + "\n"


def _title(namespace: str) -> str:
    return f"tf.{namespace}" if namespace else "tf"


def main() -> int:
    """Write the page, or check it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    sys.path.insert(0, str(ROOT))
    text = page()
    if parser.parse_args().check:
        if not PAGE.exists() or PAGE.read_text() != text:
            print("docs/api.md is out of date: run `python .ci/api_table.py`.")
            return 1
        return 0
    PAGE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
