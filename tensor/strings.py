"""TensorFlow's `tf.strings`: operations on strings of bytes."""

from tensor.core.public_api import publish as _publish

_publish(globals(), "strings")
