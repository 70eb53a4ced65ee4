"""TensorFlow's `tf.ragged`: tensors whose rows differ in length."""

import tensor.ops.ragged.crosses as _family  # noqa: F401  # with all of the family
from tensor.core.public_api import publish as _publish

_publish(globals(), "ragged")
