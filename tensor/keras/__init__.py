"""tf.keras: layers, models and their training, as Keras 2 has them.

::

    engine/      Layer, Model, Sequential, functional models
    layers/      the layers          losses/  metrics/  optimizers/  callbacks/
    training/    compile, fit, evaluate, predict
    saving/      files and configurations

Each part loads when it is first used.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "2.15.0"

_MODULES = frozenset(
    (
        "activations",
        "applications",
        "backend",
        "callbacks",
        "constraints",
        "datasets",
        "experimental",
        "export",
        "initializers",
        "layers",
        "losses",
        "metrics",
        "mixed_precision",
        "models",
        "optimizers",
        "preprocessing",
        "regularizers",
        "saving",
        "utils",
    )
)
_CLASSES = {
    "Input": "tensor.keras.engine.input_layer",
    "Model": "tensor.keras.engine.model",
    "Sequential": "tensor.keras.engine.sequential",
}


def __getattr__(name: str) -> Any:
    if name in _CLASSES:
        found = getattr(importlib.import_module(_CLASSES[name]), name)
    elif name in _MODULES:
        found = importlib.import_module(f"tensor.keras.{name}")
    else:
        raise AttributeError(
            f"tf.keras.{name} is not part of ringflow. docs/api.md lists the "
            "TensorFlow names that are."
        )
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES, *_CLASSES})
