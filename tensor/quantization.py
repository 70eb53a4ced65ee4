"""TensorFlow's `tf.quantization`: fake quantisation."""

from tensor.core.public_api import publish as _publish

_publish(globals(), "quantization")
