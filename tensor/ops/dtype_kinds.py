"""Which kinds of dtypes an op takes, and the error for others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.context import context
from tensor.core.tensor import EagerTensor

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tensor.core.registry import Op

# NumPy's kinds of dtypes: b bool, i signed, u unsigned, f floating, c complex, V
# bfloat16, O string. An op's `allows` lists those that it takes.
FLOATING = "fV"
REAL = "iufV"
NUMERIC = "iufVc"
INEXACT = "fVc"
ANY = "biufVcO"


# NumPy's characters for the dtypes of each kind. Those of a few bits have others: E is
# ml_dtypes' bfloat16.
_CHARACTERS = {
    "b": "?",
    "i": "bhilq",
    "u": "BHILQ",
    "f": "efd",
    "V": "E",
    "c": "FD",
    "O": "O",
}


def characters(allows: str) -> str:
    """Return the `char` of each NumPy dtype of some kinds, for quick checks."""
    return "".join(_CHARACTERS[kind] for kind in allows)


def dtype_kind(x: Any) -> str:
    """Return NumPy's kind of a tensor's or array's dtype, or of a Python number."""
    if type(x) is EagerTensor:
        kind = x._array.dtype.kind
        return kind if kind != "V" else _kind_of_ml_dtype(x._array.dtype)
    dtype = getattr(x, "dtype", None)
    if dtype is None:
        return np.asarray(x).dtype.kind
    numpy_dtype = dtype.numpy_dtype if isinstance(dtype, dtypes.DType) else dtype
    kind = numpy_dtype.kind
    return kind if kind != "V" else _kind_of_ml_dtype(numpy_dtype)


def _kind_of_ml_dtype(dtype: np.dtype[Any]) -> str:
    """Return V for bfloat16, and n for types of a few bits, which no op allows."""
    return "n" if dtypes.from_numpy(dtype).is_narrow else "V"


def check_kind(op: Op, x: Any, allows: str, parameter: str = "x") -> None:
    """Check that a dtype is one that the op takes.

    Raises:
        InvalidArgumentError: It is not.
        TypeError: It is not, and a graph is being traced.
    """
    if dtype_kind(x) in allows:
        return
    names = [dtypes.as_dtype(name) for k in allows for name in _NAMES[k].split()]
    if context.graph is not None:
        raise TypeError(
            f"Value passed to parameter {parameter!r} has DataType {x.dtype.name} not "
            f"in list of allowed values: {', '.join(d.name for d in names)}. Convert "
            f"it with tf.cast. [Op:{op.type_name}]"
        )
    raise errors.because(
        errors.InvalidArgumentError,
        f"{op.type_name}: Value for attr 'T' of {dtypes.short_name(x.dtype)} is not in "
        f"the list of allowed values: {', '.join(map(dtypes.short_name, names))}. "
        f"Convert it with tf.cast. [Op:{op.type_name}]",
    )


def check_attribute(
    op_type: str,
    attribute: str,
    dtype: dtypes.DType,
    allowed: Iterable[dtypes.DType],
    parameter: str | None = None,
) -> None:
    """Check that a dtype is one that an attribute of an op can have.

    Args:
        op_type: The op's name.
        attribute: The attribute's name.
        dtype: The dtype.
        allowed: Those that it can have.
        parameter: The argument that the dtype is that of, if it is one's.

    Raises:
        InvalidArgumentError: It is not.
        TypeError: It is not, and a graph is being traced.
    """
    allowed = tuple(allowed)
    if dtype in allowed:
        return
    if context.graph is not None:
        raise TypeError(
            f"Value passed to parameter {parameter or attribute!r} has DataType "
            f"{dtype.name} not in list of allowed values: "
            f"{', '.join(d.name for d in allowed)}. Use one of them. [Op:{op_type}]"
        )
    raise errors.because(
        errors.InvalidArgumentError,
        f"Value for attr {attribute!r} of {dtypes.short_name(dtype)} is not in the "
        f"list of allowed values: {', '.join(map(dtypes.short_name, allowed))}. Use "
        f"one of them. [Op:{op_type}]",
    )


def expect_bool(op: Op, x: Any, position: int = 0) -> None:
    """Check that an operand of a logical op holds booleans.

    Raises:
        InvalidArgumentError: It does not.
        TypeError: It does not, and a graph is being traced.
    """
    if dtype_kind(x) != "b":
        raise unexpected_dtype(op.type_name, x, dtypes.bool_, "xy"[position], position)


def unexpected_dtype(
    op_type: str, x: Any, expected: dtypes.DType, parameter: str, position: int
) -> Exception:
    """Return the error for an operand that has not the one dtype that an op takes."""
    if context.graph is not None:
        return TypeError(
            f"Input {parameter!r} of {op_type!r} Op has type {x.dtype.name} that does "
            f"not match expected type of {expected.name}. Convert it. [Op:{op_type}]"
        )
    return errors.because(
        errors.InvalidArgumentError,
        f"cannot compute {op_type} as input #{position}(zero-based) was expected to be "
        f"a {dtypes.short_name(expected)} tensor but is a "
        f"{dtypes.short_name(x.dtype)} tensor. Convert it. [Op:{op_type}]",
    )


_NAMES = {
    "b": "bool",
    "i": "int8 int16 int32 int64",
    "u": "uint8 uint16 uint32 uint64",
    "f": "float16 float32 float64",
    "V": "bfloat16",
    "c": "complex64 complex128",
    "O": "string",
}
