"""Make tests/strategies/oracle_values/keras.json with TensorFlow (2.21) and tf_keras.

TF_USE_LEGACY_KERAS=1 PYTHONPATH=. python tests/oracle/keras_on_replicas.py
"""

import json
from pathlib import Path

import numpy as np
import tensorflow as tf

from tests.strategies.keras_cases import CASES

OUTPUT = Path(__file__).parent.parent / "strategies/oracle_values/keras.json"


def main():
    """Train every case on two logical devices and write its numbers down."""
    cpu = tf.config.list_physical_devices("CPU")[0]
    device = tf.config.LogicalDeviceConfiguration()
    tf.config.set_logical_device_configuration(cpu, [device, device])
    values = {}
    # One for all: TensorFlow's collectives of several strategies mix.
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    for case in CASES:
        found = case(tf, strategy)
        values[case.__name__] = {k: np.asarray(v).tolist() for k, v in found.items()}
    OUTPUT.write_text(json.dumps(values, indent=1) + "\n")


if __name__ == "__main__":
    main()
