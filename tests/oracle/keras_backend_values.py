"""Store what Keras answers to tests/tensor/keras/backend_cases.py.

Run it where TensorFlow and tf_keras are installed:

    TF_USE_LEGACY_KERAS=1 python tests/oracle/keras_backend_values.py
"""

import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

HERE = Path(__file__).resolve().parents[1] / "tensor" / "keras"
sys.path.insert(0, str(HERE))

from backend_cases import answers  # noqa: E402  # found by the line before

np.savez_compressed(HERE / "oracle_values" / "backend.npz", **dict(answers(tf)))
