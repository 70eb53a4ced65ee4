"""`docs/faults.md` promises nothing that no test shows."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "faults.md"


def named_tests():
    """The tests that the page names, as (file, function)."""
    return re.findall(r"`(tests/\S+\.py)::(test_\w+)`", PAGE.read_text())


def test_every_test_that_the_page_names_is_there():
    for file, function in named_tests():
        tree = ast.parse((ROOT / file).read_text())
        found = {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}
        assert function in found, f"{file} has no {function}"


def test_every_row_names_a_test():
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    assert len(rows) > 15
    for row in rows[1:]:
        assert "::test_" in row, row
