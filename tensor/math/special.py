"""TensorFlow's `tf.math.special`: Bessel functions, and some defined by integrals."""

from tensor.core.public_api import publish as _publish

_publish(globals(), "math.special")
