"""TensorFlow's `tf.experimental`: users' own types, and what ops do with them."""

from __future__ import annotations

from types import ModuleType as _ModuleType

import tensor.data.optional as _optional  # noqa: F401  # it publishes
import tensor.ops.extension_types as _family  # noqa: F401  # likewise
from tensor.core.public_api import names_in as _names_in, publish as _publish

extension_type = _ModuleType(
    "tensor.experimental.extension_type", "Values of users' own types, taken apart."
)
vars(extension_type).update(_names_in("experimental.extension_type"))

_publish(globals(), "experimental")
