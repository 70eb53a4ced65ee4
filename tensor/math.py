"""TensorFlow's `tf.math`: arithmetic, special functions, reductions, segments."""

from tensor.core.public_api import publish as _publish

_publish(globals(), "math")
