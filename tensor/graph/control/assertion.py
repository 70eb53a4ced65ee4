"""Assertions that are checked whenever the graph runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.registry import NON_DIFFERENTIABLE, Op

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tensor.core.tensor_spec import TensorSpec


class Assert(Op):
    """Raises an error with the data if the condition is false."""

    kind = "stateful"
    gradient: Any = NON_DIFFERENTIABLE

    def kernel(self, condition: Any, *data: Any) -> tuple[()]:
        if not np.all(condition):
            text = " ".join(_text(v) for v in data)
            raise errors.because(
                errors.InvalidArgumentError, f"assertion failed: {text} [Op:Assert]"
            )
        return ()

    def infer(self, condition: TensorSpec, *data: TensorSpec) -> tuple[()]:
        return ()

    def reapply(self, inputs: list[Any], attrs: dict[str, Any], name: str) -> Any:
        """Check again: in the graph being traced, or now."""
        if context.graph is not None:
            return context.graph.call_op(self, inputs, attrs, name)
        return self.kernel(*[x._array for x in inputs])


assert_op = Assert()


def _text(value: Any) -> str:
    """Return data as TensorFlow shows it: in brackets, quotes with a backslash."""
    value = np.asarray(value)[()]
    if isinstance(value, np.ndarray):
        return str(value)
    if isinstance(value, bytes):
        text = value.decode(errors="replace").replace("\\", "\\\\")
        value = text.replace("'", "\\'").replace('"', '\\"').replace("\n", "\\n")
    return f"[{value}]"


def assert_true(condition: Any, data: Sequence[Any]) -> None:
    """Check a symbolic condition when the graph runs.

    Args:
        condition: A bool tensor; all its elements must be true.
        data: What to show if they are not.
    """
    context.graph.call_op(assert_op, (condition, *[convert(v) for v in data]), {})
