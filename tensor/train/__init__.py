"""tf.train: examples, checkpoints, and the states of a training run."""

from tensor.core.public_api import publish as _publish
from tensor.io import example as _example

_publish(globals(), "train")
