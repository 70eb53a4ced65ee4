"""What TF1 left on variables: initializers, `load`, `count_up_to`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import errors
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.variable_handle import ResourceHandle, handle_of

if TYPE_CHECKING:
    from tensor.core.dtypes import DType


class LegacyVariable:
    """The methods of variables that programs written for TF1 still call."""

    _dtype: DType

    def value(self) -> Any:
        """Return the current value as a tensor."""
        raise NotImplementedError(f"{type(self).__name__} must define `value`.")

    def numpy(self) -> Any:
        """Return the value as NumPy."""
        raise NotImplementedError(f"{type(self).__name__} must define `numpy`.")

    def assign(self, value: Any) -> Any:
        """Replace the value."""
        raise NotImplementedError(f"{type(self).__name__} must define `assign`.")

    def assign_add(self, delta: Any) -> Any:
        """Add `delta`."""
        raise NotImplementedError(f"{type(self).__name__} must define `assign_add`.")

    def is_initialized(self, name: str | None = None) -> Any:
        """Return whether there is a value: there always is."""
        return convert(True)

    @property
    def handle(self) -> ResourceHandle:
        """The variable as what `tf.raw_ops` call a resource."""
        return handle_of(self)

    @property
    def initializer(self) -> Any:
        """What a session runs to give the first value again; None outside graphs."""
        graph = context.graph
        is_tf1 = graph is not None and not graph.building_function
        return graph.initializer_of(self) if is_tf1 else None

    @property
    def initial_value(self) -> Any:
        """The first value, as a tensor of TF1's kind of graph.

        Raises:
            RuntimeError: There is no such graph: it is not kept in eager execution.
        """
        initializer = self.initializer
        if initializer is not None:
            return initializer.inputs[0]
        raise RuntimeError(
            "This property is not supported when eager execution is "
            "enabled. Keep the value that you passed yourself."
        )

    def eval(self, session: Any = None) -> Any:
        """Return the value as NumPy, in TF1's graphs too; else it is `numpy()`."""
        graph = context.graph
        is_tf1 = graph is not None and not graph.building_function
        return graph.session().run(self) if is_tf1 else self.numpy()

    def load(self, value: Any, session: Any = None) -> None:
        """Replace the value; TF1's name for `assign`."""
        self.assign(value)

    def count_up_to(self, limit: int) -> Any:
        """Add 1 until `limit` is reached, and return the value from before.

        Raises:
            OutOfRangeError: The limit is reached.
        """
        before = self.value()
        if int(before) >= limit:
            raise errors.because(
                errors.OutOfRangeError, f"Reached limit of {limit} [Op:CountUpTo]"
            )
        self.assign_add(convert(1, self._dtype))
        return before
