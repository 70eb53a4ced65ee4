"""TensorFlow's `tf.sets`: operations on sets along the last axis."""

import tensor.ops.sparse as _family  # noqa: F401  # it publishes
from tensor.core.public_api import publish as _publish

_publish(globals(), "sets")
