"""TensorFlow's `tf.experimental`: users' own types, NumPy's functions on tensors."""

from __future__ import annotations

import importlib as _importlib
from types import ModuleType as _ModuleType
from typing import Any as _Any

import tensor.data.optional as _optional  # it publishes
import tensor.ops.extension_types as _family  # likewise
from tensor.core.public_api import names_in as _names_in, publish as _publish

extension_type = _ModuleType(
    "tensor.experimental.extension_type", "Values of users' own types, taken apart."
)
vars(extension_type).update(_names_in("experimental.extension_type"))

_publish(globals(), "experimental")
_missing = globals()["__getattr__"]


def __getattr__(name: str) -> _Any:
    # Made of TensorFlow's own functions, so it loads on first use.
    if name == "numpy":
        return _importlib.import_module("tensor.experimental.numpy")
    return _missing(name)
