"""TensorFlow's `tf.test`: a TestCase with comparisons of tensors, and what is built."""

from types import ModuleType as _ModuleType

import tensor.core.benchmark as _benchmark  # noqa: F401  # it publishes
import tensor.core.gradient_check as _gradient_check  # noqa: F401  # likewise
import tensor.core.test_case as _test_case  # noqa: F401  # likewise
from tensor.core.public_api import publish as _publish

_publish(globals(), "test")
experimental = _ModuleType("tensor.test.experimental", "Not settled in TensorFlow.")
_publish(vars(experimental), "test.experimental")
