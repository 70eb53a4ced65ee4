"""TensorFlow's `tf.errors`: the exceptions that ops raise."""

from tensor.core.errors import *  # noqa: F403  # the module is the namespace
