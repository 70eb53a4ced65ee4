"""Where methods of a model run: in its strategy's scope, outside of functions."""

from __future__ import annotations

import functools
from typing import Any

from tensor.core.context import context


def in_scope(method: Any) -> Any:
    """Let a method of a model run in the scope of the strategy that made the model."""

    @functools.wraps(method)
    def scoped(self: Any, *args: Any, **kwargs: Any) -> Any:
        with self._replication.scope():
            return method(self, *args, **kwargs)

    return scoped


def at_top_level(method: Any) -> Any:
    """Let a method of a model run in its scope, and refuse to be traced."""
    scoped = in_scope(method)
    name = f"Model.{method.__name__}"

    @functools.wraps(method)
    def checked(self: Any, *args: Any, **kwargs: Any) -> Any:
        if context.graph is not None:
            raise RuntimeError(
                f"Detected a call to `{name}` inside a `tf.function`. `{name}` is a "
                "high-level endpoint that manages its own `tf.function`. Please move "
                f"the call to `{name}` outside of all enclosing `tf.function`s. Note "
                "that you can call a `Model` directly on `Tensor`s inside a "
                "`tf.function` like: `model(x)`."
            )
        return scoped(self, *args, **kwargs)

    return checked
