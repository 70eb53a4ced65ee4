"""TensorFlow's `tf.lookup`: hash tables."""

from tensor.core.public_api import publish as _publish

_publish(globals(), "lookup")
