"""TensorFlow's `tf.signal`: Fourier transforms and windows."""

from tensor.core.public_api import publish as _publish
from tensor.ops import signal as _signal  # noqa: F401  # registers the ops

_publish(globals(), "signal")
