"""TensorFlow's `tf.config`: devices, threads, how functions run."""

from types import ModuleType as _ModuleType

import tensor.core.config_options as _config_options  # noqa: F401  # it publishes
from tensor.core.public_api import publish as _publish

_publish(globals(), "config")
experimental = _ModuleType(
    "tensor.config.experimental", "Names before they were settled."
)
_publish(vars(experimental), "config.experimental")
threading = _ModuleType("tensor.config.threading", "How many threads work.")
_publish(vars(threading), "config.threading")
optimizer = _ModuleType("tensor.config.optimizer", "Settings of the graph optimizer.")
_publish(vars(optimizer), "config.optimizer")
