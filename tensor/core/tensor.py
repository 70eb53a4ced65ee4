"""Tensor, what users see, and EagerTensor, one that holds its value.

Operators (`+`, `[]` …) are attached by `tensor.ops.operators`, so that this module
needs no op. Other kinds of tensors (symbolic ones in a traced graph, Keras's) derive
from `Tensor` and define `call_op`.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from tensor.core import dtypes
from tensor.core.context import context
from tensor.core.errors import OperatorNotAllowedInGraphError
from tensor.core.shapes import Dims, TensorShape, are_compatible, to_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensor.core.dtypes import DType

# Arrays are `np.ndarray`, or NumPy scalars for results without dimensions: arithmetic
# on the latter is six times faster than on arrays of rank 0.
Array = Any

# Numbers for what tapes follow. A tensor gets one when a tape first takes note of it.
next_track_id = itertools.count(1).__next__

FIRST_CPU = "/job:localhost/replica:0/task:0/device:CPU:0"

_new = object.__new__


class Tensor:
    """A multi-dimensional array of one dtype whose value never changes."""

    __slots__ = (
        "__weakref__",
        "_keras_logits",
        "_keras_mask",
        "_metric_obj",
        "_slice_of",
        "_track_id",
    )
    # NumPy must leave `array + tensor` to us.
    __array_priority__ = 100
    _track_id: int
    # Only what was sliced from a variable has it: the variable and the index.
    _slice_of: tuple[Any, Any]
    # Notes that Keras's layers and metrics leave on what they return, if there are any.
    _keras_logits: Any
    _keras_mask: Any
    _metric_obj: Any

    @property
    def static_shape(self) -> Dims | None:
        """The shape as a tuple with None for unknown dimensions."""
        raise NotImplementedError(f"{type(self).__name__} must define `static_shape`.")

    @property
    def dtype(self) -> DType:
        """The type of the elements."""
        raise NotImplementedError(f"{type(self).__name__} must define `dtype`.")

    def call_op(self, op: Any, inputs: Any, attrs: Any, name: str | None) -> Any:
        """Apply `op`, one of whose inputs or attributes is this tensor.

        Called for every kind of tensor but eager ones; it returns the op's result as
        tensors of that kind.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `call_op`.")

    # `v[1:3].assign(x)` writes to the variable; other tensors have no such attributes.

    @property
    def assign(self) -> Any:
        """`v[i].assign(value)` replaces a slice of a variable."""
        return self._slice_writer("assign")

    @property
    def assign_add(self) -> Any:
        """`v[i].assign_add(delta)` adds to a slice of a variable."""
        return self._slice_writer("assign_add")

    @property
    def assign_sub(self) -> Any:
        """`v[i].assign_sub(delta)` subtracts from a slice of a variable."""
        return self._slice_writer("assign_sub")

    def _slice_writer(self, how: str) -> Any:
        variable, index = self._slice_of

        def write(value: Any, use_locking: bool = False, name: Any = None) -> Any:
            return variable.assign_slice(index, how, value)

        return write

    @property
    def shape(self) -> TensorShape:
        """The shape; dimensions may be unknown inside a traced function."""
        return TensorShape.of(self.static_shape)

    def get_shape(self) -> TensorShape:
        """Return the shape."""
        return TensorShape.of(self.static_shape)

    @property
    def ndim(self) -> int | None:
        """The number of dimensions, None when it is unknown."""
        shape = self.static_shape
        return None if shape is None else len(shape)

    if TYPE_CHECKING:

        def numpy(self) -> Any:
            """Tell type checkers that eager tensors, the usual ones, have it."""

    def ref(self) -> Reference:
        """Return a hashable reference: tensors themselves compare by value."""
        return Reference(self)

    experimental_ref = ref

    def __len__(self) -> int:
        shape = self.static_shape
        if shape == ():
            raise TypeError("Scalar tensor has no `len()`. Its shape is ().")
        if shape is None or shape[0] is None:
            raise TypeError(
                f"len is not well defined for a symbolic tensor of shape "
                f"{to_text(shape)}. Call `tf.shape(x)[0]`."
            )
        return shape[0]

    def __hash__(self) -> int:
        raise TypeError("Tensor is unhashable. Instead, use tensor.ref() as the key.")


class EagerTensor(Tensor):
    """A tensor that holds its value, in a NumPy array that nobody writes to."""

    __slots__ = ("_array", "_placement")
    _array: Array
    # Only what was made on another device than the first CPU has it: that one's name.
    _placement: str

    def __init__(self, array: Array) -> None:
        self._array = array
        self._track_id = 0

    @property
    def static_shape(self) -> tuple[int, ...]:
        """The shape as a tuple."""
        return self._array.shape  # type: ignore[no-any-return]

    @property
    def dtype(self) -> DType:
        """The type of the elements."""
        return dtypes.from_numpy(self._array.dtype)

    @property
    def device(self) -> str:
        """The device that was asked for when the tensor was made, by its whole name."""
        return getattr(self, "_placement", FIRST_CPU)

    backing_device = device

    def numpy(self) -> Any:
        """Return the value as NumPy: a copy of the array, or a scalar for rank 0."""
        array = self._array
        if array.shape == ():
            return array[()]
        return array.copy()

    def _numpy(self) -> Array:
        """Return the array itself, which must not be written to."""
        return self._array

    def set_shape(self, shape: Any) -> None:
        """Check that the value has `shape`.

        Raises:
            ValueError: It has not.
        """
        if not are_compatible(self._array.shape, TensorShape(shape)._dims):
            raise ValueError(
                f"Tensor's shape {self.shape} is not compatible with supplied shape "
                f"{TensorShape(shape)}."
            )

    def eval(self, feed_dict: Any = None, session: Any = None) -> NoReturn:
        """Raise: TF1's sessions have no part in eager execution.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError(
            "eval is not supported when eager execution is enabled, "
            "is .numpy() what you're looking for?"
        )

    def cpu(self) -> EagerTensor:
        """Return this value on the first CPU; there it is, but it may say another."""
        return EagerTensor(self._array) if hasattr(self, "_placement") else self

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = np.asarray(self._array, dtype=dtype)
        return array.copy() if copy and array is self._array else array

    @property
    def __array_interface__(self) -> Any:
        if type(self._array) is not np.ndarray:
            # The memory of an array made here would be freed before it is read.
            raise AttributeError("A scalar is converted by __array__.")
        if self._array.dtype.kind == "V":
            # The protocol knows no bfloat16 and would hand out plain bytes.
            raise AttributeError("bfloat16 is converted by __array__.")
        return self._array.__array_interface__

    def __bool__(self) -> bool:
        array = self._array
        return bool(array) if array.size else False

    def __int__(self) -> int:
        return int(self._array)

    def __float__(self) -> float:
        return float(self._array)

    def __complex__(self) -> complex:
        return complex(self._array)

    def __index__(self) -> int:
        array = self._array
        return array.__index__()  # type: ignore[no-any-return]

    def __round__(self, digits: int = 0) -> Any:
        return np.round(self._array, digits)

    def __format__(self, spec: str) -> str:
        return format(self.numpy(), spec)

    def __iter__(self) -> Iterator[Tensor]:
        shape = self._array.shape
        if not shape:
            raise TypeError(
                "Cannot iterate over a scalar tensor. `tf.range(n)` gives the "
                "numbers below n."
            )
        return (self[i] for i in range(shape[0]))  # type: ignore[index]

    def __repr__(self) -> str:
        return (
            f"<tf.Tensor: shape={to_text(self._array.shape)}, "
            f"dtype={self.dtype.name}, numpy={value_text(self._array, repr)}>"
        )

    def __str__(self) -> str:
        return (
            f"tf.Tensor({value_text(self._array, str)}, "
            f"shape={to_text(self._array.shape)}, dtype={self.dtype.name})"
        )

    def __copy__(self) -> EagerTensor:
        return self

    def __deepcopy__(self, memo: Any) -> EagerTensor:
        return wrap(self._array)

    def __reduce__(self) -> tuple[Any, ...]:
        return wrap, (np.asarray(self._array),)

    def __getattr__(self, name: str) -> NoReturn:
        if name in _GRAPH_ONLY:
            raise AttributeError(
                f"Tensor.{name} is undefined when eager execution is enabled."
            )
        if name in _NUMPY_METHODS:
            raise AttributeError(
                f"EagerTensor object has no attribute {name!r}: tensors have no NumPy "
                f"methods. Use the function of the same purpose, such as "
                f"`tf.{_NUMPY_METHODS[name]}`, or `x.numpy().{name}`."
            )
        raise AttributeError(f"'EagerTensor' object has no attribute {name!r}")


_GRAPH_ONLY = frozenset(("op", "graph", "name", "value_index", "consumers"))
_NUMPY_METHODS = {
    "T": "transpose(x)",
    "astype": "cast(x, dtype)",
    "ravel": "reshape(x, [-1])",
    "transpose": "transpose(x)",
    "reshape": "reshape(x, shape)",
    "clip": "clip_by_value(x, low, high)",
    "size": "size(x)",
    "tolist": "nest.flatten(x.numpy().tolist())",
    "data": "identity(x)",
    "sum": "reduce_sum(x)",
    "mean": "reduce_mean(x)",
    "max": "reduce_max(x)",
    "min": "reduce_min(x)",
}


def wrap(array: Array) -> EagerTensor:
    """Return a tensor that holds `array`, which must not be written to any more."""
    tensor = _new(EagerTensor)
    tensor._array = array
    tensor._track_id = 0
    if context.placement is not None:
        tensor._placement = context.placement
    return tensor


def element(value: Array) -> Array:
    """Return what was taken out of an array; a single string in an array of its own."""
    return np.array(value, object) if type(value) is bytes else value


def value_text(array: Array, form: Any) -> str:
    """Write an array's value as TensorFlow prints it, by `repr` or `str`."""
    if array.shape == ():
        value = array[()]
        text: str
        if isinstance(value, bytes):
            text = form(value)
        else:
            # NumPy 2 writes scalars as np.float32(0.1). TensorFlow writes `str` of it
            # in one place and all digits of the number in the other.
            text = str(value) if form is str else repr(value.item())
    else:
        text = form(array)
    return "\n" + text if "\n" in text else text


class Reference:
    """A hashable stand-in for a tensor or variable, equal if it is the same object."""

    __slots__ = ("_referent",)

    def __init__(self, referent: Any) -> None:
        self._referent = referent

    def deref(self) -> Any:
        """Return the object that this stands for."""
        return self._referent

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Reference):
            return False
        return self._referent is other._referent

    def __hash__(self) -> int:
        return id(self._referent)

    def __repr__(self) -> str:
        return f"<Reference wrapping {self._referent!r}>"


def deny_python_value(tensor: Tensor, use: str) -> NoReturn:
    """Raise the error for using a symbolic tensor where Python needs a value now."""
    raise OperatorNotAllowedInGraphError(
        f"Using a symbolic `tf.Tensor` as a Python `{use}` is not allowed: {tensor!r} "
        "has no value while its function is being traced. Use `tf.cond` or "
        "`tf.while_loop`, or let AutoGraph convert the function by "
        "`@tf.function(autograph=True)`."
    )
