"""What was trainable when a model was compiled counts while it trains."""

from __future__ import annotations

import functools
from typing import Any


def as_compiled(method: Any) -> Any:
    """Let a method of a model see each layer as trainable as it was at `compile`.

    What is set afterwards comes into force with the next `compile`.
    """

    @functools.wraps(method)
    def with_compiled_state(self: Any, *args: Any, **kwargs: Any) -> Any:
        changed = [
            (layer, layer._trainable)
            for layer, trainable in self._compiled_trainability
            if layer._trainable != trainable
        ]
        if not changed:
            return method(self, *args, **kwargs)
        for layer, now in changed:
            object.__setattr__(layer, "_trainable", not now)
        try:
            return method(self, *args, **kwargs)
        finally:
            for layer, now in changed:
                object.__setattr__(layer, "_trainable", now)

    return with_compiled_state


def trainability(model: Any) -> list[tuple[Any, bool]]:
    """Return a model and the layers inside, each with whether it is trainable."""
    return [(layer, layer._trainable) for layer in model._flatten_layers()]
