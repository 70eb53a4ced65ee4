"""TensorFlow's `tf.nest`: structures of values inside lists, tuples and dictionaries."""

from tensor.core.public_api import publish as _publish

_publish(globals(), "nest")
