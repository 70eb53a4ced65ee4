"""TensorFlow's `tf.image`: operations on images."""

from tensor.core.public_api import publish as _publish

_publish(globals(), "image")
