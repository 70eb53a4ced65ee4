"""TensorFlow's `tf.sparse`: tensors of mostly zeros."""

import tensor.ops.sparse.counting as _family  # noqa: F401  # with all of the family
from tensor.core.public_api import publish as _publish

_publish(globals(), "sparse")
