"""Models that come back from a folder without the code that made them."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras.engine.model import Model


class RevivedModel(Model):
    """A subclassed model as it was saved: its traced call, and its variables.

    It can be called, compiled, trained and evaluated; it has no layers, and its methods
    other than those that were a `tf.function` are gone.
    """

    def __init__(self, restored: Any, name: str) -> None:
        super().__init__(name=name)
        self._restored = restored
        for function, value in vars(restored).items():
            if hasattr(value, "concrete_functions") and not function.startswith("_"):
                object.__setattr__(self, function, value)
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        modes = len(vars(self._restored)["__call__"].concrete_functions)
        if modes == 1:
            return self._restored(inputs)
        return self._restored(inputs, training=bool(training))


def revive(path: str, class_name: str, name: str) -> Any:
    """Return the model in a folder, as a subclass of `Model` named as it was."""
    cls = type(class_name, (RevivedModel,), {})
    return cls(tf.saved_model.load(path), name)
