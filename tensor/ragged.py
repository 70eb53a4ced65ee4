"""TensorFlow's `tf.ragged`: tensors whose rows differ in length."""

import tensor.ops.ragged as _family  # noqa: F401  # it publishes
from tensor.core.public_api import publish as _publish

_publish(globals(), "ragged")
