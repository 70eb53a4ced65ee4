"""From Python numbers, strings and nested sequences to arrays, by TensorFlow's rules.

The first element of a sequence decides: after a float anything real may follow, after
an int also floats (all become float32), after a bool only bools. NumPy scalars count as
Python's numbers, but for the width of floats.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes
from tensor.core.context import context

if TYPE_CHECKING:
    from tensor.core.dtypes import DType
    from tensor.core.tensor import Array

_INT32_MIN, _INT32_MAX = -(2**31), 2**31 - 1
_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1

# What a Python type, or NumPy's, counts as.
_KINDS: dict[type, str] = {bool: "bool", int: "int", float: "float32"}
_KINDS |= {complex: "complex", str: "string", bytes: "string", np.bool_: "bool"}
_KINDS |= {np.str_: "string", np.bytes_: "string", np.float16: "float16"}
_KINDS |= {np.float32: "float32", np.float64: "float64"}
_KINDS |= {np.complex64: "complex", np.complex128: "complex"}
_KINDS |= {np.dtype(c).type: "int" for c in "bhilqBHILQ"}
_FLOATS = frozenset(("float16", "float32", "float64", "bfloat16"))

# What may follow a first element of each kind.
_MAY_FOLLOW: dict[str, frozenset[str]] = {
    "bool": frozenset(),
    "string": frozenset(),
    "int": frozenset(("bool",)),
    "complex": frozenset(("int", "bool", "complex")) | _FLOATS,
} | {name: frozenset(("int", "bool")) | _FLOATS for name in _FLOATS}

# Integer dtypes that Python's bools may become.
_WIDE = frozenset(("int32", "int64"))

_MIXED = "Can't convert Python sequence with mixed types to Tensor."
_OUT_OF_RANGE = "Can't convert Python sequence with out-of-range integer to Tensor."


def from_number(value: Any, dtype: DType | None) -> Array:
    """Return a Python bool, int, float or complex as a NumPy scalar.

    Raises:
        TypeError: The dtype cannot hold it.
        ValueError: It is an integer out of range.
    """
    kind = _KINDS[type(value)]
    if dtype is not None:
        if not _accepts(kind, dtype):
            raise _cannot_hold(value, dtype)
        if kind == "int" and dtype.is_integer:
            return _wrapped(np.asarray(value), dtype)[()]
        with np.errstate(all="ignore"):
            return dtype.as_numpy_dtype(value)
    if kind == "float32":
        return np.float32(value)
    if kind == "bool":
        return np.bool_(value)
    if kind == "complex":
        return np.complex128(value)
    if _INT32_MIN <= value <= _INT32_MAX:
        return np.int32(value)
    if not _INT64_MIN <= value <= _INT64_MAX:
        raise ValueError(f"{_OUT_OF_RANGE} Got {value}.")
    return np.int64(value)


def _cannot_hold(value: Any, dtype: DType) -> TypeError:
    if context.graph is not None:  # TensorFlow has other words in a graph
        found: dict[type, Any] = {type(value): value}
        if isinstance(value, list | tuple | range):
            found = {}
            _collect(value, found)
        for kind, example in found.items():
            if not _accepts(_KINDS.get(kind, ""), dtype):
                return TypeError(
                    f"Expected {dtype.name}, but got {example!r} of type "
                    f"{kind.__name__!r}."
                )
    return TypeError(
        f"Cannot convert {value!r} to EagerTensor of dtype {dtypes.short_name(dtype)}"
    )


def _accepts(kind: str, dtype: DType) -> bool:
    """Return whether a number of this kind may become a `dtype`."""
    if kind == "string" or dtype is dtypes.string:
        return kind == "string" and dtype is dtypes.string
    if dtype.is_complex:
        return True
    if dtype.is_floating:
        return kind != "complex"
    if dtype.is_integer:
        return kind == "int" or (kind == "bool" and dtype.name in _WIDE)
    return kind == "bool" and dtype.is_bool


def _wrapped(array: np.ndarray, dtype: DType) -> np.ndarray:
    """Return integers in a narrower dtype, where they wrap around as TensorFlow's do.

    Raises:
        ValueError: One does not fit 64 bits.
    """
    if array.dtype.kind in "Of" or (array.dtype.kind == "u" and dtype.name != "uint64"):
        numbers = [int(v) for v in array.reshape(-1)]
        low, high = (
            (0, 2**64 - 1) if dtype.name == "uint64" else (_INT64_MIN, _INT64_MAX)
        )
        if not all(low <= v <= high for v in numbers):
            raise ValueError(f"{_OUT_OF_RANGE} Got {array.tolist()}.")
    if dtype.name == "uint64" and array.dtype.kind == "i" and (array < 0).any():
        raise ValueError(f"{_OUT_OF_RANGE} Got {array.tolist()} for uint64.")
    return array.astype(dtype.numpy_dtype)


def from_sequence(value: Any, dtype: DType | None) -> Array:
    """Return a list, tuple or range, nested or not, as an array.

    Raises:
        ValueError: Its rows differ in length, its elements in kind, or an element can
            be no tensor.
        TypeError: The dtype cannot hold the elements.
    """
    kinds = _kinds_in(value)
    if not kinds:
        array = _rectangular(value, None)
        target = dtypes.float32 if dtype is None else dtype
        return np.zeros(array.shape, target.numpy_dtype)
    if dtype is None:
        natural = _natural_dtype(kinds)
    elif all(_accepts(k, dtype) for k in kinds):
        natural = dtype.name
    else:
        _natural_dtype(kinds)  # raises if they do not even go together
        raise _cannot_hold(value, dtype)
    if natural == "string":
        return encoded(_rectangular(value, object), dtype)
    array = _rectangular(value, None)
    if array.dtype.kind == "f" and "int" in kinds and len(kinds) == 1:
        array = _rectangular(value, object)  # NumPy has no integer that holds them all
    if dtype is None:
        if natural != "int":
            return array.astype(dtypes.as_dtype(natural).numpy_dtype)
        wide = _wrapped(array, dtypes.int64)
        fits = wide.size == 0 or (wide.min() >= _INT32_MIN and wide.max() <= _INT32_MAX)
        return wide.astype(np.int32) if fits else wide
    if dtype.is_integer:
        return _wrapped(array, dtype)
    with np.errstate(all="ignore"):
        return array.astype(dtype.numpy_dtype)


def _kinds_in(value: Any) -> list[str]:
    """Return what the leaves of a nested sequence count as, in order of appearance.

    Raises:
        ValueError: A leaf can be no tensor.
    """
    found: dict[type, Any] = {}
    _collect(value, found)
    kinds: dict[str, None] = {}
    for kind, example in found.items():
        name = _KINDS.get(kind)
        if name is None:
            name = _unusual_kind(kind, example, is_first=not kinds)
        kinds[name] = None
    return list(kinds)


def _collect(value: Any, found: dict[type, Any]) -> None:
    """Note an example for each type among the leaves."""
    if isinstance(value, np.ndarray):
        if value.size:
            found.setdefault(value.dtype.type, value)
        return
    types = set(map(type, value))
    if len(types) == 1 and next(iter(types)) in _KINDS:
        found.setdefault(types.pop(), value[0])
        return
    for v in value:
        if isinstance(v, list | tuple | range | np.ndarray | bytearray):
            _collect(v, found)
        else:
            found.setdefault(type(v), v)


def _unusual_kind(kind: type, example: Any, is_first: bool) -> str:
    if kind.__name__ == "bfloat16":
        return "bfloat16"
    if hasattr(example, "__index__"):
        return "int"
    if hasattr(example, "__float__") and not isinstance(example, np.ndarray):
        return "float32"
    if not is_first:
        raise ValueError(f"{_MIXED} It holds {example!r}.")
    if example is None and context.graph is not None:
        raise ValueError("None values not supported. Expected a tensor or a number.")
    raise ValueError(
        f"Attempt to convert a value ({example!r}) with an unsupported type "
        f"({kind!r}) to a Tensor."
    )


def _natural_dtype(kinds: list[str]) -> str:
    """Return the dtype that elements of these kinds have together; "int" for either.

    Raises:
        ValueError: They do not go together.
    """
    first, rest = kinds[0], set(kinds[1:])
    if first == "int" and rest & _FLOATS:
        first = "float32"
    if not rest <= _MAY_FOLLOW[first]:
        raise ValueError(f"{_MIXED} It holds {', '.join(kinds)}.")
    return "complex128" if first == "complex" else first


def _rectangular(value: Any, dtype: Any) -> np.ndarray:
    """Return a nested sequence as an array.

    Raises:
        ValueError: Rows differ in length.
    """
    try:
        array = np.array(value, dtype=dtype)
        if dtype is object and any(isinstance(v, list) for v in array.reshape(-1)):
            raise ValueError
    except ValueError:
        text = "Can't convert non-rectangular Python sequence to Tensor."
        if not isinstance(value[0], list | tuple | range | np.ndarray):
            text = _MIXED
        raise ValueError(
            f"{text} Got {value!r}; tf.ragged.constant takes rows of different lengths."
        ) from None
    return array


def encoded(array: np.ndarray, dtype: DType | None) -> Array:
    """Return an array of strings with every string as bytes.

    Raises:
        TypeError: Another dtype than string was asked for.
        ValueError: An element is no string.
    """
    if dtype not in (None, dtypes.string):
        raise _cannot_hold(array.tolist(), dtype)
    flat = array.reshape(-1)
    for i, v in enumerate(flat):
        if isinstance(v, str):
            flat[i] = v.encode()
        elif not isinstance(v, bytes):
            raise ValueError(
                "Failed to convert a NumPy array to a Tensor (Unsupported object type "
                f"{type(v).__name__}): {v!r}."
            )
    return flat.reshape(array.shape)
