"""TensorFlow's `tf.lookup`: tables from keys to values."""

from types import ModuleType as _ModuleType

import tensor.ops.lookup as _lookup  # noqa: F401  # it publishes
import tensor.ops.lookup_content as _content  # noqa: F401  # likewise
import tensor.ops.mutable_tables as _mutable  # noqa: F401  # likewise
from tensor.core.public_api import publish as _publish

_publish(globals(), "lookup")
experimental = _ModuleType("tensor.lookup.experimental", "Not settled in TensorFlow.")
_publish(vars(experimental), "lookup.experimental")
