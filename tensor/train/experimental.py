"""tf.train.experimental: state of the user's own kind in checkpoints."""

from __future__ import annotations

import abc
from typing import Any

import numpy as np

from tensor.core.public_api import export, publish as _publish

_KEY = "py_state"


@export("train.experimental.PythonState")
class PythonState(abc.ABC):
    """Puts Python state into checkpoints: a subclass makes it bytes, and reads them."""

    @abc.abstractmethod
    def serialize(self) -> Any:
        """Return the state as bytes or text."""

    @abc.abstractmethod
    def deserialize(self, string_value: Any) -> None:
        """Set the state from what `serialize` returned, as bytes."""

    def _checkpoint_values(self) -> dict[str, Any]:
        state = self.serialize()
        state = state.encode() if isinstance(state, str) else state
        return {_KEY: np.array(state, object)}

    def _restore_checkpoint_value(self, name: str, array: np.ndarray) -> None:
        self.deserialize(array.item())


_publish(globals(), "train.experimental")
