"""TensorFlow's `tf.bitwise`: operations on the bits of integers."""

from tensor.core.public_api import publish as _publish

_publish(globals(), "bitwise")
