"""TensorFlow's `tf.ragged`: tensors whose rows differ in length."""

from tensor.core.public_api import publish as _publish

_publish(globals(), "ragged")
