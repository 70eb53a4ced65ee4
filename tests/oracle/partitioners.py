"""Write tests/oracle/partitioners.json: numbers of shards, from TensorFlow.

python tests/oracle/partitioners.py      (with TensorFlow installed)
"""

import json
from pathlib import Path

import tensorflow as tf

SHAPES = [[3], [10], [100, 7], [6000, 10], [1, 5], [2, 3, 4], [100000, 32], [17, 1000]]
DTYPES = ["float32", "float64", "int8", "string"]
CALLS = [
    "FixedShardsPartitioner(2)",
    "FixedShardsPartitioner(50)",
    "MinSizePartitioner()",
    "MinSizePartitioner(262144, 3)",
    "MinSizePartitioner(4, 5)",
    "MinSizePartitioner(1000, 10)",
    "MaxSizePartitioner(4)",
    "MaxSizePartitioner(1000)",
    "MaxSizePartitioner(1000, 3)",
    "MaxSizePartitioner(1048576)",
    "MaxSizePartitioner(30, null, 10)",
]


def main() -> None:
    """Ask TensorFlow, and write what it says."""
    cases = []
    for call in CALLS:
        name, _, arguments = call.rstrip(")").partition("(")
        make = getattr(tf.distribute.experimental.partitioners, name)
        partitioner = make(*json.loads(f"[{arguments}]"))
        found = [
            [s, d, list(partitioner(tf.TensorShape(s), tf.as_dtype(d)))]
            for s in SHAPES
            for d in DTYPES
        ]
        cases.append({"call": call, "found": found})
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(cases) + "\n")


if __name__ == "__main__":
    main()
