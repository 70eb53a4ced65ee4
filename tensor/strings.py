"""TensorFlow's `tf.strings`: operations on strings of bytes."""

import tensor.ops.strings as _family  # noqa: F401  # it publishes
from tensor.core.public_api import publish as _publish

_publish(globals(), "strings")
