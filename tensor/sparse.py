"""TensorFlow's `tf.sparse`: tensors of mostly zeros."""

from tensor.core.public_api import publish as _publish

_publish(globals(), "sparse")
