"""TensorFlow's `tf.config`: devices, threads, how functions run."""

from tensor.core.public_api import publish as _publish

_publish(globals(), "config")
