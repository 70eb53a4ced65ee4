"""docs/api.md says which of TensorFlow's names are here, and is up to date."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import tensor as tf

ROOT = Path(__file__).parents[1]


def test_the_table_of_names_is_up_to_date() -> None:
    command = [sys.executable, str(ROOT / ".ci" / "api_table.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_name_that_is_missing_says_so() -> None:
    with pytest.raises(AttributeError, match=r"tf\.lite is not part of ringflow"):
        _ = tf.lite
    with pytest.raises(AttributeError, match=r"tf\.types\.foo is not part of ringflow"):
        _ = tf.types.foo
