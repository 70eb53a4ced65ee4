"""TensorFlow's `tf.math`: arithmetic, special functions, reductions, segments."""

from tensor.core.public_api import publish as _publish
from tensor.math import special as special

_publish(globals(), "math")
