"""What the launcher's tests share."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a script for workers to run; RANK and the usual modules are at hand."""

    def write(body: str) -> Path:
        path = tmp_path / "script.py"
        heading = "import os, signal, sys, time\nRANK = int(os.environ['RANK'])\n"
        path.write_text(heading + dedent(body).lstrip("\n"))
        return path

    return write
