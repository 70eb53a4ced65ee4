"""Write the checkpoint that tests/tensor/train reads, with TensorFlow itself.

Run it with a Python that has TensorFlow: `python tests/oracle/checkpoint_values.py`.
"""

from pathlib import Path

import numpy as np
import tensorflow as tf

FOLDER = Path(__file__).parents[1] / "tensor" / "train" / "oracle_values"

if __name__ == "__main__":
    module = tf.Module()
    module.items = [tf.Variable(3), tf.Variable(b"text")]
    module.named = {"k/x.y": tf.Variable(2.0)}
    module.matrix = tf.Variable(np.arange(6, dtype=np.float64).reshape(2, 3))
    module.words = tf.Variable([[b"a", b"bcd"], [b"", b"x" * 300]])
    module.flags = tf.Variable([True, False])
    for i in range(40):
        setattr(module, f"variable_{i}", tf.Variable(float(i)))
    checkpoint = tf.train.Checkpoint(module=module, step=tf.Variable(7))
    checkpoint.save(str(FOLDER / "tensorflow"))
