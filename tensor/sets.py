"""TensorFlow's `tf.sets`: operations on sets along the last axis."""

from tensor.core.public_api import publish as _publish

_publish(globals(), "sets")
