"""TensorFlow's `tf.random`: seeds, distributions, generators, stateless draws."""

from types import ModuleType as _ModuleType

from tensor.core.public_api import publish as _publish

_publish(globals(), "random")
experimental = _ModuleType(
    "tensor.random.experimental", "Names before they were settled."
)
_publish(vars(experimental), "random.experimental")
