"""tf.Variable: a named array that changes.

A variable owns its array. Reading hands out that array; writing replaces it, or works
in place when nobody else holds it (copy on write, by reference count), so a tensor read
earlier never changes.
"""

from __future__ import annotations

import sys
import threading
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, elementwise, errors
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.devices import current_device
from tensor.core.initial_value import initial_array
from tensor.core.name_scope import scoped_name
from tensor.core.public_api import export
from tensor.core.shapes import Dims, TensorShape, are_compatible, to_brackets, to_text
from tensor.core.sliced_updates import SlicedUpdates
from tensor.core.tensor import (
    EagerTensor,
    Reference,
    next_track_id,
    wrap,
)
from tensor.core.variable_creation import (
    VariableAggregation as VariableAggregation,
    VariableSynchronization as VariableSynchronization,
    VariableType,
    choice,
)
from tensor.core.variable_legacy import LegacyVariable
from tensor.core.variable_protocols import VariableProtocols

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from tensor.core.dtypes import DType


# What a reference count of 2 means here: the variable's own reference, and the one that
# `sys.getrefcount` itself holds while it counts.
_UNSHARED = 2


@export("Variable")
class Variable(
    SlicedUpdates, LegacyVariable, VariableProtocols, metaclass=VariableType
):
    """A tensor-like value that `assign` changes, shared by everything that holds it."""

    __array_priority__ = 100
    has_creators = True

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool | None = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: Any = None,
        import_scope: Any = None,
        constraint: Callable[[Any], Any] | None = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
        shape: Any = None,
        experimental_enable_variable_lifting: bool = True,
    ) -> None:
        """Create a variable.

        Args:
            initial_value: The value to start with: a tensor, anything that converts to
                one, or a function without arguments that returns it.
            trainable: Whether tapes watch it by themselves; True by default, except
                for `synchronization=ON_READ`.
            validate_shape: Accepted for compatibility; see `shape`.
            caching_device: Accepted for compatibility; there is one device.
            name: The name, `Variable` by default; an index `:0` is added.
            variable_def: Not supported: raises.
            dtype: The dtype to convert `initial_value` to.
            import_scope: Likewise.
            constraint: A function applied to the value after an optimizer's update.
            synchronization: When copies on several replicas are brought together.
            aggregation: How the values of several replicas become one.
            shape: The shape that values must fit; `tf.TensorShape(None)` allows any.
            experimental_enable_variable_lifting: Accepted for compatibility.

        Raises:
            ValueError: No initial value was given, or it does not fit `shape`.
        """
        if variable_def is not None:
            raise ValueError("`variable_def` is TF1's; pass `initial_value` instead.")
        if initial_value is None:
            raise ValueError(
                "The `initial_value` arg to `tf.Variable` must be specified except "
                "when you are not providing a `variable_def`. You provided neither."
            )
        self._synchronization = choice(VariableSynchronization, synchronization, name)
        self._aggregation = choice(VariableAggregation, aggregation, name)
        if constraint is not None and not callable(constraint):
            raise ValueError(
                "Argument `constraint` must be None or a callable. Got a "
                f"{type(constraint)}: {constraint}"
            )
        if trainable is None:
            trainable = self._synchronization is not VariableSynchronization.ON_READ
        self._trainable = bool(trainable)
        self._constraint = constraint
        self._name = scoped_name(name or "Variable")
        self._device = current_device()
        self._lock = threading.Lock()
        self._track_id = next_track_id()
        array = initial_array(initial_value, dtype)
        self._dims: Dims | None = array.shape
        if shape is not None:
            self._dims = TensorShape(shape)._dims
            if not are_compatible(self._dims, array.shape):
                raise ValueError(
                    f"In this `tf.Variable` creation, the initial value's shape "
                    f"({to_text(array.shape)}) is not compatible with the explicitly "
                    f"supplied `shape` argument ({shape})."
                )
        self._dtype = dtypes.from_numpy(array.dtype)
        self._array = array
        graph = context.graph or context.tracing
        if graph is not None:
            graph.created_variable(self, initial_value)

    # ---- what it is

    @property
    def name(self) -> str:
        """The name with TensorFlow's output index, such as `kernel:0`."""
        return f"{self._name}:0"

    @property
    def dtype(self) -> DType:
        """The type of the elements."""
        return self._dtype

    @property
    def shape(self) -> TensorShape:
        """The shape that values must fit."""
        return TensorShape.of(self._dims)

    @property
    def static_shape(self) -> Dims | None:
        """The shape as a tuple with None for unknown dimensions."""
        return self._dims

    def get_shape(self) -> TensorShape:
        """Return the shape."""
        return self.shape

    def set_shape(self, shape: Any) -> None:
        """Add what is known about the shape.

        Raises:
            ValueError: It contradicts what is known already.
        """
        self._dims = self.shape.merge_with(shape)._dims

    @property
    def ndim(self) -> int | None:
        """The number of dimensions, None when it may change."""
        return None if self._dims is None else len(self._dims)

    @property
    def trainable(self) -> bool:
        """Whether tapes watch this variable by themselves."""
        return self._trainable

    _synchronization: VariableSynchronization
    _aggregation: VariableAggregation

    @property
    def synchronization(self) -> VariableSynchronization:
        """When copies on several replicas are brought together."""
        return self._synchronization

    @property
    def aggregation(self) -> VariableAggregation:
        """How the values of several replicas become one."""
        return self._aggregation

    @property
    def constraint(self) -> Callable[[Any], Any] | None:
        """The function applied to the value after an optimizer's update."""
        return self._constraint

    @property
    def device(self) -> str:
        """The device that `tf.device` asked for when the variable was made."""
        return self._device

    @property
    def _shared_name(self) -> str:
        return self._name

    @property
    def _unique_id(self) -> str:
        return f"{self._name}_{self._track_id}"

    def ref(self) -> Reference:
        """Return a hashable reference to this variable."""
        return Reference(self)

    experimental_ref = ref

    # ---- reading

    def read_array(self) -> Any:
        """Return the current array, which must not be written to."""
        return self._array

    def read_for_op(self) -> Any:
        """Return the current value as an op's input; tapes know it as the variable."""
        if context.graph is not None:
            return context.graph.read_variable(self)
        tensor = wrap(self._array)
        tensor._track_id = self._track_id
        if self._trainable:
            for tape in context.tapes:
                tape.saw_variable(self)
        return tensor

    def value(self) -> Any:
        """Return the value as a tensor, which later assignments do not change."""
        from tensor.core.registry import get_op

        return get_op("ReadVariableOp")(self)

    read_value = value

    def numpy(self) -> Any:
        """Return the value as NumPy: a copy, or a scalar for rank 0.

        Raises:
            NotImplementedError: Inside a function that is being traced.
        """
        if context.graph is not None:
            raise NotImplementedError(
                "numpy() is only available when eager execution is enabled: the "
                f"variable {self.name!r} has no value while a function is traced."
            )
        return wrap(self._array).numpy()

    def initialized_value(self) -> Any:
        """Return the current value as a tensor; TF1's way around initializers."""
        return self.value()

    def sparse_read(self, indices: Any, name: str | None = None) -> Any:
        """Return the rows at `indices`; the gradient is IndexedSlices."""
        from tensor.core.registry import get_op

        return get_op("GatherV2")(self, convert(indices), axis=0, batch_dims=0)

    # ---- writing

    def assign(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Replace the value.

        Raises:
            ValueError: The shape does not fit, or a tensor has another dtype.
            TypeError: A Python value that the dtype cannot hold.
        """
        return self._update("assign", value, read_value)

    def assign_add(
        self,
        delta: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Add `delta`, which must have the variable's shape and dtype."""
        return self._update("assign_add", delta, read_value)

    def assign_sub(
        self,
        delta: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Subtract `delta`, which must have the variable's shape and dtype."""
        return self._update("assign_sub", delta, read_value)

    def _update(self, how: str, value: Any, read_value: bool) -> Any:
        """Write `value` in the way named by `how`; strategies override this."""
        value = convert(value, self._dtype)
        if context.graph is not None:
            return context.graph.update_variable(self, how, value, read_value)
        if type(value) is not EagerTensor:
            return value.update_variable(self, how, value, read_value)
        if not are_compatible(self._dims, value.static_shape):
            raise self._mismatch(how, value.static_shape)
        if self._dtype.is_bool and how != "assign":
            raise errors.invalid(
                "AssignAddVariableOp", "Booleans have no sum. Use assign instead."
            )
        self.write_array(how, value._array)
        return self._assigned() if read_value else None

    def updated_by(self, step: Callable[[Any, Any], Any], gradient: Any) -> None:
        """Let an optimizer change this variable by `step(gradient, variable)`.

        A variable whose value is elsewhere has the step taken there.
        """
        step(gradient, self)

    def beside(self, name: str) -> AbstractContextManager[None]:
        """Return a context in which a slot of this name is made where this variable is.

        Args:
            name: What the slot is to the optimizer, such as `m`.
        """
        return nullcontext()

    def _mismatch(self, how: str, dims: Dims | None) -> Exception:
        """Return the error for a value of the wrong shape."""
        if how == "assign":
            return ValueError(
                f"Cannot assign value to variable {self.name!r}: Shape mismatch. The "
                f"variable shape {to_text(self._dims)}, and the assigned value shape "
                f"{to_text(dims)} are incompatible."
            )
        return errors.invalid(
            "AssignAddVariableOp" if how == "assign_add" else "AssignSubVariableOp",
            f"Cannot update variable with shape {to_brackets(self._dims)} using a "
            f"Tensor with shape {to_brackets(dims)}, shapes must be equal.",
        )

    def write_array(self, how: str, array: Any) -> None:
        """Write an array of fitting shape and dtype, in the way named by `how`."""
        with self._lock:
            if how == "assign":
                # Handing over the array is safe: nobody writes to an array in place
                # unless it holds the only reference.
                self._array = array
                return
            combine = np.add if how == "assign_add" else np.subtract
            # The count must be taken on the attribute: a local name would add to it.
            unshared = sys.getrefcount(self._array) == _UNSHARED
            if (
                unshared
                and type(self._array) is np.ndarray
                and self._array.base is None
                and self._array.flags.writeable
                and self._array.shape == array.shape
            ):
                context.run(_combine_into, combine, self._array, array)
            else:
                self._array = context.run(
                    elementwise.compute, combine, self._array, array
                )

    def _own_array(self) -> np.ndarray:
        """Return the array for writing in place, copied first if others hold it.

        Call with the lock held.
        """
        if sys.getrefcount(self._array) != _UNSHARED or not (
            isinstance(self._array, np.ndarray)
            and self._array.base is None
            and self._array.flags.writeable
        ):
            self._array = np.array(self._array)
        return self._array


def _combine_into(combine: Any, target: np.ndarray, delta: Any) -> None:
    elementwise.compute(combine, target, delta, out=target)
