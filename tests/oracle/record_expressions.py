"""Record what TensorFlow answers to the expressions in tests/**/expressions/*.txt.

Run it with a Python that has TensorFlow, after adding expressions::

    python tests/oracle/record_expressions.py [FILE.txt ...]

Beside each `x.txt` it writes `x.json`: for each expression its value as `repr`, or the
exception's class and message. Lines that start with `!` are statements, `#` comments.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.support.expressions import Answer, answers_to, path_of_answers

TESTS = Path(__file__).parents[1]


def main(names: list[str]) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    sys.path.pop(0)
    tf: Any = importlib.import_module("tensorflow")
    files = [Path(n) for n in names] or sorted(TESTS.rglob("expressions/*.txt"))
    for file in files:
        answers: list[Answer] = answers_to(file, tf)
        rows = ",\n".join(json.dumps([a.expression, a.kind, a.text]) for a in answers)
        path_of_answers(file).write_text(f"[\n{rows}\n]\n")
        print(f"{file.name}: {len(answers)} expressions")


if __name__ == "__main__":
    main(sys.argv[1:])
