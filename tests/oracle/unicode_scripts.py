"""Write tensor/ops/strings/scripts.json: to which script each code point belongs.

Run it with a Python that has TensorFlow::

    python tests/oracle/unicode_scripts.py

The table has two lists: where each stretch of code points of one script begins, as the
distance from where the stretch before it began, and the script's number, ICU's.
"""

from __future__ import annotations

import importlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

FILE = Path(__file__).parents[2] / "tensor/ops/strings/scripts.json"
END = 0x110000


def main() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    tf: Any = importlib.import_module("tensorflow")
    scripts = tf.strings.unicode_script(np.arange(END, dtype=np.int32)).numpy()
    starts = np.flatnonzero(np.diff(scripts, prepend=-2))
    steps = np.diff(starts, prepend=0)
    FILE.write_text(
        json.dumps([steps.tolist(), scripts[starts].tolist()], separators=(",", ":"))
        + "\n"
    )
    print(f"{len(starts)} stretches of {len(np.unique(scripts))} scripts")


if __name__ == "__main__":
    main()
