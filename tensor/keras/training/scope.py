"""Where methods of a model run: in its strategy's scope, outside of functions."""

from __future__ import annotations

import functools
from typing import Any

from tensor.core.context import context
from tensor.keras.engine.call_signature import signature_of


def in_scope(method: Any) -> Any:
    """Let a method of a model run in the scope of the strategy that made the model."""

    @functools.wraps(method)
    def scoped(self: Any, *args: Any, **kwargs: Any) -> Any:
        with self._replication.scope():
            return method(self, *args, **kwargs)

    return scoped


def at_top_level(method: Any) -> Any:
    """Let a method of a model run in its scope; refuse to be traced.

    The model's `call` must be one that a batch's inputs are enough for.
    """
    scoped = in_scope(method)
    name = f"Model.{method.__name__}"

    @functools.wraps(method)
    def checked(self: Any, *args: Any, **kwargs: Any) -> Any:
        _check_call(self, method.__name__)
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


def _check_call(model: Any, name: str) -> None:
    """Check that a model can be called with inputs alone.

    Raises:
        ValueError: Its `call` needs more.
    """
    required = signature_of(type(model).call).required
    more = [name for name in required if name != "training"][1:]
    if more:
        raise ValueError(
            f"Models passed to `{name}` can only have `training` and the first "
            f"argument in `call()` as positional arguments, found: {more}."
        )
