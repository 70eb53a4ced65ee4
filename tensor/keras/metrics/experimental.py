"""tf.keras.metrics.experimental."""

from tensor.keras.metrics.py_metric import PyMetric as PyMetric
