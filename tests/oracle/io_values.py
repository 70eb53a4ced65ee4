"""Write the files that tests/tensor/io reads, with TensorFlow itself.

Run it with a Python that has TensorFlow: `python tests/oracle/io_values.py`.
"""

import json
from pathlib import Path

import tensorflow as tf

FOLDER = Path(__file__).parents[1] / "tensor" / "io" / "oracle_values"
RECORDS = [b"", b"a", bytes(range(256)) * 3, b"last"]


def example() -> bytes:
    """One example with a feature of every kind."""
    feature = {
        "ints": tf.train.Feature(int64_list=tf.train.Int64List(value=[1, -2, 2**40])),
        "floats": tf.train.Feature(float_list=tf.train.FloatList(value=[0.5, -1.25])),
        "text": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"x", b""])),
    }
    features = tf.train.Features(feature=feature)
    return tf.train.Example(features=features).SerializeToString(deterministic=True)


def sequence_example() -> bytes:
    """One sequence example with a context and a list of two steps."""
    step = [
        tf.train.Feature(int64_list=tf.train.Int64List(value=[i, i + 1]))
        for i in (3, 5)
    ]
    lists = {"steps": tf.train.FeatureList(feature=step)}
    number = tf.train.Feature(int64_list=tf.train.Int64List(value=[7]))
    return tf.train.SequenceExample(
        context=tf.train.Features(feature={"n": number}),
        feature_lists=tf.train.FeatureLists(feature_list=lists),
    ).SerializeToString(deterministic=True)


def serialized_tensors() -> dict[str, str]:
    """Tensors of several dtypes as TensorProtos, in hexadecimal."""
    tensors = {
        "float32": tf.constant([[1.0, 2.0]]),
        "int64": tf.constant([1, -1], tf.int64),
        "string": tf.constant([b"a", b"bc"]),
        "bool": tf.constant([True, False]),
        "bfloat16": tf.constant([1.5], tf.bfloat16),
        "complex64": tf.constant(1 + 2j, tf.complex64),
        "uint64": tf.constant([[7]], tf.uint64),
    }
    return {n: tf.io.serialize_tensor(t).numpy().hex() for n, t in tensors.items()}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for compression in ("", "GZIP", "ZLIB"):
        path = FOLDER / f"records{compression}.tfrecord"
        with tf.io.TFRecordWriter(str(path), compression) as writer:
            for record in RECORDS:
                writer.write(record)
    (FOLDER / "example.bin").write_bytes(example())
    (FOLDER / "sequence_example.bin").write_bytes(sequence_example())
    text = json.dumps(serialized_tensors(), indent=1)
    (FOLDER / "serialized_tensors.json").write_text(text + "\n")
