"""TensorFlow's `tf.autodiff`: forward-mode differentiation."""

from tensor.core.public_api import publish as _publish

_publish(globals(), "autodiff")
