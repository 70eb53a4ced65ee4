"""Record which dtypes TensorFlow's ops take, for the types of op that ringflow has.

Run it with a Python that has TensorFlow::

    python tests/oracle/op_dtypes.py [NAME ...]

The names are types of op to add to those already recorded. What it writes,
tests/tensor/ops/oracle_values/op_dtypes.json, has for each of them the dtypes that its
first input may have.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[1] / "tensor" / "ops" / "oracle_values" / "op_dtypes.json"


def main(names: list[str]) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    tf: Any = importlib.import_module("tensorflow")
    registry: Any = importlib.import_module(
        "tensorflow.python.framework.op_def_registry"
    )
    table = {}
    for name in {*json.loads(FILE.read_text()), *names}:
        definition = registry.get(name)
        if definition is None or not definition.input_arg:
            continue
        first = definition.input_arg[0]
        attr = next((a for a in definition.attr if a.name == first.type_attr), None)
        if attr is None:
            table[name] = [tf.as_dtype(first.type).name] if first.type else []
        elif attr.allowed_values.list.type:
            table[name] = sorted(
                tf.as_dtype(t).name for t in attr.allowed_values.list.type
            )
    rows = [f"{json.dumps(k)}: {json.dumps(v)}" for k, v in sorted(table.items())]
    FILE.write_text("{\n" + ",\n".join(rows) + "\n}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
