"""TensorFlow's `tf.nn`: what neural networks are made of."""

from types import ModuleType as _ModuleType

from tensor.core.public_api import publish as _publish

_publish(globals(), "nn")
experimental = _ModuleType("tensor.nn.experimental", "Not settled in TensorFlow.")
_publish(vars(experimental), "nn.experimental")
