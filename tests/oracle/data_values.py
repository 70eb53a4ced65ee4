"""Write the elements that TensorFlow's pipelines give, for tests/tensor/data.

Run it with a Python that has TensorFlow: `python tests/oracle/data_values.py`.
The pipelines are those of tests/tensor/data/pipelines.py, built with TensorFlow.
"""

import json
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import tensorflow as tf

ROOT = Path(__file__).parents[2]
MANY = 40


def plain(value: object) -> object:
    """Return a tensor as lists and strings."""
    listed = np.asarray(value).tolist()
    return json.loads(json.dumps(listed, default=lambda b: b.decode("latin-1")))


def main() -> None:
    """Build every pipeline, note specs, counts and elements of two passes."""
    sys.modules["tensor"] = tf
    sys.path.insert(0, str(ROOT))
    from tests.tensor.data.pipelines import PIPELINES

    result = {}
    for name, make in PIPELINES.items():
        dataset = make()
        result[name] = {
            "spec": [
                [s.dtype.name, s.shape.as_list()]
                for s in tf.nest.flatten(dataset.element_spec)
            ],
            "count": int(dataset.cardinality()),
            "passes": [
                [
                    [plain(leaf) for leaf in tf.nest.flatten(element)]
                    for element in islice(dataset, MANY)
                ]
                for _ in range(2)
            ],
        }
    path = ROOT / "tests" / "tensor" / "data" / "oracle_values.json"
    path.write_text(json.dumps(result, indent=None, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
