"""TensorFlow's `tf.queue`: queues of tensors."""

import tensor.ops.queues as _family  # noqa: F401  # it publishes
from tensor.core.public_api import publish as _publish

_publish(globals(), "queue")
