"""Every recorded expression gives what it gives in TensorFlow, errors included."""

from __future__ import annotations

from pathlib import Path

import pytest

import tensor as tf
from tests.support.expressions import answers_to, differences, recorded_answers

FILES = sorted(Path(__file__).parent.rglob("expressions/*.txt"))


@pytest.mark.filterwarnings("ignore")  # expressions divide by zero, and worse
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_expressions_give_what_tensorflow_gives(file: Path) -> None:
    found = differences(answers_to(file, tf), recorded_answers(file))
    assert not found, "\n".join(found)
