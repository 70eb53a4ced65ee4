"""TensorFlow's `tf.nn`: what neural networks are made of."""

from tensor.core.public_api import publish as _publish

_publish(globals(), "nn")
