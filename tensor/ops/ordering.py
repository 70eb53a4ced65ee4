"""Order among ops: group, tuple, control_dependencies, CriticalSection.

Ops with effects run in program order, eagerly and in traced functions. So these have
little to do there; in TF1's graphs nothing runs but what is asked for, and what that
waits for.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

from tensor.core import nest
from tensor.core.context import context
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op
from tensor.ops.array import identity

if TYPE_CHECKING:
    from collections.abc import Callable


@export("group")
def group(*inputs: Any, **kwargs: Any) -> Any:
    """Return an operation that waits for others, in TF1's graphs; elsewhere nothing.

    What is grouped has run there, or will in its place.

    Raises:
        ValueError: There is a keyword argument other than `name`.
    """
    name = kwargs.pop("name", None)
    if kwargs:
        raise ValueError(f"Unknown keyword arguments: {', '.join(kwargs)}")
    with control_dependencies(nest.flatten(inputs)):
        return no_op(name or "group_deps")


class NoOp(Op):
    """Nothing: it waits for what must have run."""

    gradient: Any = NON_DIFFERENTIABLE

    def kernel(self) -> tuple[()]:
        return ()

    def infer(self) -> tuple[()]:
        return ()


_no_op = NoOp()


@export("no_op")
def no_op(name: str | None = None) -> Any:
    """Return an operation that does nothing, in TF1's graphs; elsewhere nothing."""
    graph = context.graph
    if graph is None or graph.building_function:
        return None
    return graph.call_op(_no_op, (), {}, name)


@export("tuple")
def tuple_(tensors: Any, control_inputs: Any = None, name: str | None = None) -> Any:
    """Return the tensors of a list; all of them have been computed.

    Args:
        tensors: Tensors, operations or None.
        control_inputs: What must have run besides.
        name: Accepted for compatibility.

    Raises:
        ValueError: There is no tensor among them, in a graph.
    """
    if context.graph is None:
        return tensors
    given = [t for t in tensors if t is not None]
    if not given:
        raise ValueError(
            f"'tensors' must have at least one Tensor. Received: {tensors}."
        )
    with control_dependencies([*given, *(control_inputs or [])]):
        return [_passed_on(t) for t in tensors]


def _passed_on(value: Any) -> Any:
    """Return a tensor as a new one; an operation, or None, as it is."""
    if value is None or hasattr(value, "control_inputs"):
        return value
    return nest.map_structure(identity, value, expand_composites=True)


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
