"""tf.summary.experimental: the step in force, raw summaries."""

from tensor.core.public_api import publish as _publish

_publish(globals(), "summary.experimental")
