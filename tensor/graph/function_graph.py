"""The graph of a tf.function while it is traced, and as its user sees it then."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from tensor.core.context import context
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
        """Refuse to take in a value that is computed anew before each call.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError(
            "capture_call_time_value is not supported: a function captures tensors and "
            "variables when it is traced. Pass the value as an argument, or keep it in "
            "a tf.Variable that is assigned to before the call."
        )
