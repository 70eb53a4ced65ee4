"""Functions as methods of objects that they do not keep alive."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def weak_method(function: Callable[..., Any], reference: Any) -> Callable[..., Any]:
    """Return a method of an object that does not keep the object alive."""

    @functools.wraps(function)
    def method(*args: Any, **kwargs: Any) -> Any:
        return function(reference(), *args, **kwargs)

    signature = inspect.signature(function)
    parameters = list(signature.parameters.values())[1:]
    method.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    method.__wrapped_method__ = function, reference  # type: ignore[attr-defined]
    return method


def name_of(function: Any) -> str:
    """Return what to call a callable in messages."""
    while isinstance(function, functools.partial):
        function = function.func
    return getattr(function, "__name__", type(function).__name__)
