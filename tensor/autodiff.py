"""TensorFlow's `tf.autodiff`: forward-mode differentiation."""

import tensor.core.forward as _forward  # noqa: F401  # it publishes
from tensor.core.public_api import publish as _publish

_publish(globals(), "autodiff")
