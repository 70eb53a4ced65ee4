"""TensorFlow's `tf.autograph`: Python's control flow as part of a graph."""

from types import SimpleNamespace as _SimpleNamespace

from tensor.core.public_api import names_in as _names_in, publish as _publish
from tensor.graph.autograph import (  # they export the names
    api as _api,  # noqa: F401
    options as _options,  # noqa: F401
)

_publish(globals(), "autograph")
experimental = _SimpleNamespace(**_names_in("autograph.experimental"))
