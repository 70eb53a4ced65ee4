"""TensorFlow's `tf.nest`: structures of lists, tuples and dictionaries."""

from tensor.core.public_api import publish as _publish

_publish(globals(), "nest")
