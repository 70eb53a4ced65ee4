"""Record what Keras 2 gives for the expressions of tests/tensor/keras/text_cases.py.

Run with an interpreter that has tensorflow and tf_keras:

    TF_USE_LEGACY_KERAS=1 python tests/oracle/keras_text_values.py
"""

import importlib.util
import json
from pathlib import Path

import tensorflow as tf

FOLDER = Path(__file__).parents[1] / "tensor" / "keras"
spec = importlib.util.spec_from_file_location("cases", FOLDER / "text_cases.py")
cases = importlib.util.module_from_spec(spec)
spec.loader.exec_module(cases)

values = {e: cases.outcome(e, tf) for e in cases.EXPRESSIONS}
text = "{\n" + ",\n".join(
    f"{json.dumps(k)}: {json.dumps(v)}" for k, v in values.items()
)
(FOLDER / "oracle_values" / "text.json").write_text(text + "\n}\n")
