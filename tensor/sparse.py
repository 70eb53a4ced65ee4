"""TensorFlow's `tf.sparse`: tensors of mostly zeros."""

import tensor.ops.sparse as _family  # noqa: F401  # it publishes
from tensor.core.public_api import publish as _publish

_publish(globals(), "sparse")
