"""AutoGraph: Python's control flow on tensors made part of the graph."""

from __future__ import annotations

from typing import Any


def converted_call(function: Any, args: Any, kwargs: Any, options: Any = None) -> Any:
    """Call a function of the user's."""
    return function(*args, **kwargs)
