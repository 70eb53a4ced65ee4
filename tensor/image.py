"""TensorFlow's `tf.image`: operations on images."""

from tensor.core.public_api import publish as _publish
from tensor.ops import image as _image  # noqa: F401  # registers the ops

_publish(globals(), "image")
