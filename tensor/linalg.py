"""TensorFlow's `tf.linalg`: matrices and their decompositions."""

from tensor.core.public_api import publish as _publish

_publish(globals(), "linalg")
