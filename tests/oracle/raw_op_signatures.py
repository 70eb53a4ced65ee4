"""Record the arguments of TensorFlow's raw ops.

Run it with a Python that has TensorFlow, after adding raw ops, with their names::

    python tests/oracle/raw_op_signatures.py NAME ...
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[1] / "tensor/ops/oracle_values/raw_ops.json"


def main(names: list[str]) -> None:
    tf: Any = importlib.import_module("tensorflow")
    found = {
        name: list(inspect.signature(getattr(tf.raw_ops, name)).parameters)
        for name in sorted(names)
    }
    rows = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in found.items())
    TARGET.write_text("{\n" + rows + "\n}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
