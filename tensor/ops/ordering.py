"""Order among ops: group, tuple, control_dependencies, CriticalSection.

Ops with effects run in program order, eagerly and in traced functions. So these have
little to do; they are here for the scripts that use them.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

from tensor.core import nest
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.ops.array import identity

if TYPE_CHECKING:
    from collections.abc import Callable


@export("group")
def group(*inputs: Any, **kwargs: Any) -> None:
    """Do nothing: what is grouped has run, or will in its place.

    Raises:
        ValueError: There is a keyword argument other than `name`.
    """
    kwargs.pop("name", None)
    if kwargs:
        raise ValueError(f"Unknown keyword arguments: {', '.join(kwargs)}")


@export("no_op")
def no_op(name: str | None = None) -> None:
    """Do nothing."""


@export("tuple")
def tuple_(tensors: Any, control_inputs: Any = None, name: str | None = None) -> Any:
    """Return the tensors of a list; all of them have been computed."""
    return [None if t is None else identity(convert(t)) for t in tensors]


@export("control_dependencies")
def control_dependencies(control_inputs: Any) -> Any:
    """Return a context; what runs in it runs after `control_inputs`, as it does anyway.

    In eager execution functions among them are called.
    """
    if context.graph is not None:
        return context.graph.control_dependencies(control_inputs)
    for value in nest.flatten(control_inputs):
        if callable(value):
            value()
    return contextlib.nullcontext()


@export("CriticalSection")
class CriticalSection:
    """Lets one thread at a time run functions."""

    def __init__(
        self, name: str | None = None, shared_name: str | None = None, **kwargs: Any
    ) -> None:
        self._name = name or shared_name or "critical_section"
        self._lock = threading.RLock()

    @property
    def name(self) -> str:
        """The name."""
        return self._name

    def execute(
        self,
        fn: Callable[[], Any],
        exclusive_resource_access: bool = True,
        name: str | None = None,
    ) -> Any:
        """Return what `fn` returns, run while no other thread is in this section."""
        with self._lock:
            return fn()
