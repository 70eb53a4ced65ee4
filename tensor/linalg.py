"""TensorFlow's `tf.linalg`: matrices and their decompositions."""

import importlib as _importlib
from types import ModuleType as _ModuleType
from typing import Any as _Any

from tensor.core.public_api import names_in as _names_in, publish as _publish

_publish(globals(), "linalg")
_missing = globals()["__getattr__"]


def _load_operators() -> None:
    """Import the linear operators: they are many, and few programs use them."""
    _importlib.import_module("tensor.ops.linalg.operators")


def __getattr__(name: str) -> _Any:
    if name == "experimental":
        _load_operators()
        module = _ModuleType("tensor.linalg.experimental", "Not settled in TensorFlow.")
        _publish(vars(module), "linalg.experimental")
        globals()["experimental"] = module
        return module
    if name.startswith("LinearOperator"):
        _load_operators()
    return _missing(name)


def __dir__() -> list[str]:
    _load_operators()
    return sorted({*globals(), *_names_in("linalg"), "experimental"})
