"""TensorFlow's `tf.autodiff`: differentiation, forwards and backwards."""

import tensor.core.forward as _forward  # noqa: F401  # it publishes
from tensor.core.public_api import publish as _publish
from tensor.core.tape import GradientTape as GradientTape

_publish(globals(), "autodiff")
