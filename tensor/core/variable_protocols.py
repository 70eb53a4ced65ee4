"""What a variable is to Python: a number, a sequence, a NumPy array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.context import context
from tensor.core.shapes import Dims, TensorShape, to_text
from tensor.core.tape import stop_all_recording
from tensor.core.tensor import value_text, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tensor.core.dtypes import DType
    from tensor.core.variable import Variable
    from tensor.core.variable_creation import (
        VariableAggregation,
        VariableSynchronization,
    )


class VariableProtocols:
    """The conversions of a variable; arithmetic is attached by `ops.operators`."""

    name: Any
    _array: Any
    _name: str
    _dims: Dims | None
    _dtype: DType
    _trainable: bool
    _constraint: Callable[[Any], Any] | None
    _synchronization: VariableSynchronization
    _aggregation: VariableAggregation
    # Variables that stand for others do as TensorFlow's: `v += 1` gives a tensor.
    _refuses_in_place = True

    def value(self) -> Any:
        """Return the current value as a tensor."""
        raise NotImplementedError(f"{type(self).__name__} must define `value`.")

    def read_value(self) -> Any:
        """Return the current value as a tensor."""
        raise NotImplementedError(f"{type(self).__name__} must define `read_value`.")

    def numpy(self) -> Any:
        """Return the value as NumPy."""
        raise NotImplementedError(f"{type(self).__name__} must define `numpy`.")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        # A later assignment may write in place: NumPy gets an array of its own.
        return np.array(self._array, dtype=dtype)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.value())

    def __len__(self) -> int:
        if not self._dims:
            raise TypeError("Scalar variable has no `len()`. Its shape is ().")
        if self._dims[0] is None:
            raise TypeError(
                f"len is not well defined for shape {to_text(self._dims)}. "
                "`tf.shape(v)[0]` gives it."
            )
        return self._dims[0]

    def __bool__(self) -> bool:
        return bool(self.value())

    def __int__(self) -> int:
        return int(self.value().numpy())

    def __float__(self) -> float:
        return float(self.value().numpy())

    def __complex__(self) -> complex:
        return complex(self.value().numpy())

    def __index__(self) -> int:
        return self.value().__index__()  # type: ignore[no-any-return]

    def __format__(self, spec: str) -> str:
        return format(self.numpy(), spec)

    def __iadd__(self, other: Any) -> Any:
        return self._in_place("variable", "+", "assign_add(value)")

    def __isub__(self, other: Any) -> Any:
        return self._in_place("variable", "-", "assign_sub(value)")

    def __imul__(self, other: Any) -> Any:
        return self._in_place("var", "*", "assign(var * value)")

    def __itruediv__(self, other: Any) -> Any:
        return self._in_place("var", "/", "assign(var / value)")

    def __ipow__(self, other: Any) -> Any:
        return self._in_place("var", "**", "assign(var ** value)")

    def _in_place(self, name: str, sign: str, method: str) -> Any:
        """Refuse `v += 1`: it would give the name a tensor, not the variable a value.

        Raises:
            RuntimeError: Python's other way, `v = v + 1`, is not taken.
        """
        if not self._refuses_in_place:
            return NotImplemented
        raise RuntimeError(
            f"`{name} {sign}= value` with `tf.Variable`s is not supported. Use "
            f"`{name}.{method}` to modify the variable, or `out = {name} {sign} value` "
            "to have a new tensor."
        )

    def __hash__(self) -> int:
        raise TypeError(
            "Variable is unhashable. Instead, use variable.ref() as the key."
        )

    def __repr__(self) -> str:
        head = (
            f"<tf.Variable '{self.name}' shape={to_text(self._dims)} "
            f"dtype={self._dtype.name}"
        )
        if context.graph is not None:
            return head + ">"
        return f"{head}, numpy={self._value_text()}>"

    def _value_text(self) -> str:
        # A value can be out of reach, on a server: even so, a repr never fails.
        try:
            with stop_all_recording():
                return value_text(self.read_value()._array, repr)
        except Exception:
            return "<unavailable>"

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: Any) -> Variable:
        from tensor.core.variable import Variable

        copied = Variable(
            wrap(np.array(self._array)),
            trainable=self._trainable,
            name=self._name,
            constraint=self._constraint,
            synchronization=self._synchronization,
            aggregation=self._aggregation,
            shape=self._dims,
        )
        memo[id(self)] = copied
        return copied

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickle, (
            np.asarray(self._array),
            self._trainable,
            self._name,
            self._synchronization,
            self._aggregation,
            self._dims,
        )


def _unpickle(
    array: Any,
    trainable: bool,
    name: str,
    synchronization: VariableSynchronization,
    aggregation: VariableAggregation,
    dims: Dims | None,
) -> Any:
    from tensor.core.variable import Variable

    return Variable(
        wrap(array),
        trainable=trainable,
        name=name,
        synchronization=synchronization,
        aggregation=aggregation,
        shape=TensorShape(dims),
    )
