"""TensorFlow's `tf.debugging`: checks that name what is wrong."""

from tensor.core.public_api import publish as _publish

_publish(globals(), "debugging")
