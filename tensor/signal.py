"""TensorFlow's `tf.signal`: Fourier transforms and windows."""

from tensor.core.public_api import publish as _publish

_publish(globals(), "signal")
