"""Values that a function takes in anew before each call: the results of closures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import nest
from tensor.core.context import context
from tensor.graph.signature import fit_nested

if TYPE_CHECKING:
    from collections.abc import Callable

    from tensor.graph.symbolic import SymbolicTensor


class CallTimeValue:
    """What a closure returns when a function is called; an input of its graph.

    Attributes:
        closure: Returns the value.
        spec: The specs that the value fits, in its structure.
        key: By which a function knows the value, if it asks for it again.
        inputs: The tensors of the graph that stand for the parts of the value.
        inside: The value as the function's code sees it.
    """

    def __init__(
        self, closure: Callable[[], Any], spec: Any, key: Any, make: Callable[..., Any]
    ) -> None:
        """Make the inputs by `make(dims, dtype)`."""
        self.closure = closure
        self.spec = spec
        self.key = key
        parts = nest.flatten(spec, True)
        self.inputs: list[SymbolicTensor] = [make(s.dims, s.dtype) for s in parts]
        self.inside = nest.pack_sequence_as(spec, self.inputs, True)

    def tensors(self) -> list[Any]:
        """Return the parts of the value now, or of the graph that is being traced.

        Raises:
            TypeError: The value does not fit the specs.
        """
        if context.graph is None:
            value = fit_nested(self.closure(), self.spec)
        else:
            value = context.graph.capture_call_time_value(
                self.closure, self.spec, self.key
            )
        return nest.flatten(value, True)
