"""The graph of a tf.function while it is traced, and as its user sees it then."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from tensor.core.context import context
from tensor.graph.call_time import CallTimeValue
from tensor.graph.program import Value
from tensor.graph.symbolic import SymbolicTensor
from tensor.graph.trace import Graph

if TYPE_CHECKING:
    from collections.abc import Iterator


class FunctionGraph(Graph):
    """The graph of a tf.function.

    Attributes:
        structured_input_signature: The arguments as specs, once tracing has ended.
        structured_outputs: What the function returned, likewise.
    """

    building_function = True

    def __init__(self, name: str = "graph", outer: Graph | None = None) -> None:
        super().__init__(name, outer)
        # The nodes of the operations that the function returned.
        self.wanted: list[Any] = []

    structured_input_signature: Any = None
    structured_outputs: Any = None

    @contextlib.contextmanager
    def traced(self) -> Iterator[Graph]:
        """Record ops here; variables made inside are known, even in an init_scope."""
        outer, context.tracing = context.tracing, self
        try:
            with super().traced():
                yield self
        finally:
            context.tracing = outer

    def capture_call_time_value(self, closure: Any, spec: Any, key: Any = None) -> Any:
        """Return what a closure will return before each call of the function.

        Args:
            closure: Returns a value; it takes no arguments.
            spec: What the value fits: specs in its structure.
            key: The same key stands for the same value, without a further closure.
        """
        key = object() if key is None else key
        found = self.call_time.get(key)
        if found is None:
            found = CallTimeValue(closure, spec, key, self._call_time_input)
            self.call_time[key] = found
        return found.inside

    def _call_time_input(self, dims: Any, dtype: Any) -> SymbolicTensor:
        value = Value(dims, dtype, self.unique_name("Placeholder") + ":0")
        return SymbolicTensor(value, self)
