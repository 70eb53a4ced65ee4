"""Store what Keras computes for tests/tensor/keras/cases.py.

Run it where TensorFlow and tf_keras are installed:

    TF_USE_LEGACY_KERAS=1 python tests/oracle/keras_values.py
"""

import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

HERE = Path(__file__).resolve().parents[1] / "tensor" / "keras"
sys.path.insert(0, str(HERE))

from cases import all_cases  # noqa: E402  # found by the line before


def main():
    """Run all cases and write one file."""
    values = {}
    for key, run in all_cases(tf):
        try:
            for i, array in enumerate(run()):
                if array.dtype == np.float64:
                    array = array.astype(np.float32)
                values[f"{key} #{i}"] = array
        except Exception as error:  # a case that Keras itself refuses
            print(key, "->", type(error).__name__, str(error)[:200])
    np.savez_compressed(HERE / "oracle_values" / "keras.npz", **values)
    print(len(values), "arrays")


main()
