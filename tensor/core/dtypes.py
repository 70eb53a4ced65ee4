"""Element types: `tf.float32` and its kind, each standing for one NumPy dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

# name -> (TF's enum value, NumPy scalar type or None when it is loaded on demand)
_TABLE: dict[str, tuple[int, type | None]] = {
    "float32": (1, np.float32),
    "float64": (2, np.float64),
    "int32": (3, np.int32),
    "uint8": (4, np.uint8),
    "int16": (5, np.int16),
    "int8": (6, np.int8),
    "string": (7, np.object_),
    "complex64": (8, np.complex64),
    "int64": (9, np.int64),
    "bool": (10, np.bool_),
    "qint8": (11, None),
    "quint8": (12, None),
    "qint32": (13, None),
    "bfloat16": (14, None),
    "qint16": (15, None),
    "quint16": (16, None),
    "uint16": (17, np.uint16),
    "complex128": (18, np.complex128),
    "float16": (19, np.float16),
    "resource": (20, None),
    "variant": (21, None),
    "uint32": (22, np.uint32),
    "uint64": (23, np.uint64),
}
# Types of eight bits and fewer, all of ml_dtypes: they are kept, moved, cast and shown.
# TensorFlow computes nothing with them. Names -> TF's enum values.
_NARROW = {
    "float8_e5m2": 24,
    "float8_e4m3fn": 25,
    "float8_e4m3fnuz": 26,
    "float8_e4m3b11fnuz": 27,
    "float8_e5m2fnuz": 28,
    "int4": 29,
    "uint4": 30,
    "int2": 31,
    "uint2": 32,
    "float4_e2m1fn": 33,
}
_ON_DEMAND = frozenset(("bfloat16", *_NARROW))
_ALIASES = {"half": "float16", "float": "float32", "double": "float64"}
_SHORT = {"float16": "half", "float32": "float", "float64": "double"}


class DType:
    """The type of a tensor's elements.

    There is one instance per type; compare with `==` or `is`. A DType also equals the
    NumPy dtype and the name it stands for: `tf.float32 == np.float32 == "float32"`.
    """

    __slots__ = ("_enum", "_name", "_numpy")

    def __init__(self, name: str, enum: int, numpy_type: type | None) -> None:
        self._name = name
        self._enum = enum
        self._numpy = None if numpy_type is None else np.dtype(numpy_type)

    @property
    def name(self) -> str:
        """The name, such as `"float32"`."""
        return self._name

    @property
    def as_datatype_enum(self) -> int:
        """TensorFlow's number for this type, as stored in files."""
        return self._enum

    @property
    def numpy_dtype(self) -> np.dtype[Any]:
        """The NumPy dtype of arrays that hold this type.

        Raises:
            TypeError: The type (resource, a quantized one) has no arrays.
        """
        if self._numpy is None:
            if self._name == "variant":
                return VARIANT
            if self._name not in _ON_DEMAND:
                raise TypeError(
                    f"dtype {self._name!r} has no NumPy equivalent: values of this "
                    "type are handles, not arrays."
                )
            self._numpy = _load(self._name)
        return self._numpy

    @property
    def is_loaded(self) -> bool:
        """Whether any array can hold this type yet: some are loaded on demand."""
        return self._numpy is not None

    @property
    def as_numpy_dtype(self) -> type:
        """The NumPy scalar type, such as `np.float32`; `object` for strings."""
        return object if self._name == "string" else self.numpy_dtype.type

    @property
    def is_numpy_compatible(self) -> bool:
        """Whether NumPy arrays can hold values of this type."""
        return self._numpy is not None or self._name in _ON_DEMAND

    @property
    def is_narrow(self) -> bool:
        """Whether this is a type of a few bits, for keeping rather than computing."""
        return self._name in _NARROW

    @property
    def is_quantized(self) -> bool:
        """Whether this is one of the quantized types, which have no ops here."""
        return self._name.startswith(("qint", "quint"))

    @property
    def base_dtype(self) -> DType:
        """This type: TF2 has no reference types."""
        return self

    @property
    def real_dtype(self) -> DType:
        """The type of a complex type's real part; the type itself otherwise."""
        return {"complex64": float32, "complex128": float64}.get(self._name, self)

    @property
    def is_floating(self) -> bool:
        """Whether this is a real floating point type."""
        return self._name in _FLOATING

    @property
    def is_complex(self) -> bool:
        """Whether this is a complex type."""
        return self._name in ("complex64", "complex128")

    @property
    def is_integer(self) -> bool:
        """Whether this is an integer type; bool is not."""
        return self._name.startswith(("int", "uint"))

    @property
    def is_unsigned(self) -> bool:
        """Whether this is an unsigned integer type."""
        return self._name.startswith("uint")

    @property
    def is_bool(self) -> bool:
        """Whether this is `tf.bool`."""
        return self._name == "bool"

    @property
    def is_numeric(self) -> bool:
        """Whether arithmetic makes sense on values of this type."""
        return self.is_floating or self.is_complex or self.is_integer

    @property
    def is_differentiable(self) -> bool:
        """Whether gradients can flow through values of this type."""
        return self.is_floating or self.is_complex

    @property
    def size(self) -> int:
        """Bytes per element; 0 for strings, 1 for other types that are no numbers."""
        if self._name == "string":
            return 0
        return self.numpy_dtype.itemsize if self.is_numpy_compatible else 1

    @property
    def min(self) -> Any:
        """The smallest value of the type."""
        return self._limit("min")

    @property
    def max(self) -> Any:
        """The largest value of the type."""
        return self._limit("max")

    @property
    def limits(self) -> tuple[Any, Any]:
        """The pair (least, largest) of intensities in an image of this type.

        Raises:
            ValueError: The type has none.
        """
        if self.name in ("float32", "float64"):
            return 0, 1
        if self.is_bool:
            return 0, True
        if self.is_integer and not self.is_narrow:
            return 0, self.max
        raise ValueError(f"{self!s} does not have defined limits.")

    def _limit(self, which: str) -> Any:
        if self._name in _ON_DEMAND:
            import ml_dtypes

            info: Any = ml_dtypes.iinfo if self.is_integer else ml_dtypes.finfo
            return getattr(info(self.numpy_dtype), which)
        if self.is_integer:
            return getattr(np.iinfo(self.numpy_dtype), which)
        if self.is_floating:
            return getattr(np.finfo(self.numpy_dtype), which)
        raise TypeError(
            f"Cannot find {which}imum value of {self!s} with type {self!s}. Only "
            "integer and floating types have one."
        )

    def is_compatible_with(self, other: Any) -> bool:
        """Whether a value of dtype `other` may stand where this type is asked for."""
        return self == as_dtype(other)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if isinstance(other, DType) or other is None:
            return False
        try:
            # Python's int has no size: it is taken for a dtype, and equals none.
            return other is not int and self is as_dtype(other)
        except TypeError:
            return False

    def is_subtype_of(self, other: Any) -> bool:
        """Return whether values of this dtype fit `other`: they fit their own only."""
        return self is other

    def most_specific_common_supertype(self, types: Any) -> DType | None:
        """Return this dtype where all `types` are the same, None otherwise."""
        return self if all(self is t for t in types) else None

    def __hash__(self) -> int:
        return self._enum

    def __int__(self) -> int:
        return self._enum

    def __repr__(self) -> str:
        return f"tf.{self._name}"

    def __str__(self) -> str:
        return f"<dtype: {self._name!r}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return as_dtype, (self._name,)


def _load(name: str) -> np.dtype[Any]:
    import ml_dtypes  # on demand: it takes tens of milliseconds to import

    dtype: np.dtype[Any] = np.dtype(getattr(ml_dtypes, name))
    return dtype


# How an array holds a Python object, which is a tensor's value of type variant.
VARIANT = np.dtype([("object", object)])
_FLOATING = frozenset(
    (
        *("float16", "bfloat16", "float32", "float64"),
        *(name for name in _NARROW if name.startswith("float")),
    )
)
_BY_NAME = {name: DType(name, *row) for name, row in _TABLE.items()}
ALL = tuple(_BY_NAME.values())
NARROW = tuple(DType(name, enum, None) for name, enum in _NARROW.items())
_BY_NAME |= {dtype.name: dtype for dtype in NARROW}
_BY_ENUM = {dtype.as_datatype_enum: dtype for dtype in _BY_NAME.values()}
_BY_NUMPY: dict[Any, DType] = {
    np.dtype(row[1]): _BY_NAME[name] for name, row in _TABLE.items() if row[1]
}
_BY_PYTHON: dict[Any, DType] = {
    float: _BY_NAME["float32"],
    bool: _BY_NAME["bool"],
    int: _BY_NAME["int32"],
    complex: _BY_NAME["complex128"],
    str: _BY_NAME["string"],
    bytes: _BY_NAME["string"],
    object: _BY_NAME["string"],
}

float16 = half = _BY_NAME["float16"]
float32 = _BY_NAME["float32"]
float64 = double = _BY_NAME["float64"]
bfloat16 = _BY_NAME["bfloat16"]
int8 = _BY_NAME["int8"]
int16 = _BY_NAME["int16"]
int32 = _BY_NAME["int32"]
int64 = _BY_NAME["int64"]
uint8 = _BY_NAME["uint8"]
uint16 = _BY_NAME["uint16"]
uint32 = _BY_NAME["uint32"]
uint64 = _BY_NAME["uint64"]
complex64 = _BY_NAME["complex64"]
complex128 = _BY_NAME["complex128"]
bool_ = _BY_NAME["bool"]
string = _BY_NAME["string"]
resource = _BY_NAME["resource"]
variant = _BY_NAME["variant"]
_BY_NUMPY[VARIANT] = variant


def from_numpy(dtype: np.dtype[Any]) -> DType:
    """Return the DType that arrays of NumPy `dtype` hold.

    Raises:
        TypeError: No tensor can hold such arrays (structured, datetime …).
    """
    found = _BY_NUMPY.get(dtype)
    if found is not None:
        return found
    if dtype.kind in "SU":
        return string
    if dtype.name in _ON_DEMAND:
        found = _BY_NUMPY[dtype] = _BY_NAME[dtype.name]
        return found
    # Platform aliases (`longlong`) and non-native byte orders hash differently.
    found = _BY_NUMPY.get(np.dtype(dtype.name)) if dtype.kind in "biufc" else None
    if found is None:
        raise TypeError(
            f"Cannot convert the NumPy dtype {dtype!r} to a tensor dtype. "
            f"Expected one of {', '.join(_BY_NAME)}."
        )
    return found


def as_dtype(type_value: Any) -> DType:
    """Return the DType that `type_value` names.

    Args:
        type_value: A DType, its name, TensorFlow's number for it, a NumPy dtype or
            scalar type, or one of Python's bool, int, float, complex, str, bytes.

    Raises:
        TypeError: `type_value` names no dtype.
    """
    if type(type_value) is DType:
        return type_value
    if type_value is None:
        raise _no_dtype(type_value)
    if isinstance(type_value, str):
        name = _ALIASES.get(type_value, type_value)
        if name in _BY_NAME:
            return _BY_NAME[name]
    elif isinstance(type_value, type) and type_value in _BY_PYTHON:
        return _BY_PYTHON[type_value]
    elif isinstance(type_value, int) and type_value in _BY_ENUM:
        return _BY_ENUM[type_value]
    elif isinstance(getattr(type_value, "dtype", None), DType):
        return type_value.dtype  # type: ignore[no-any-return]  # a tensor or a variable
    if isinstance(getattr(type_value, "dtype", None), str):
        return as_dtype(type_value.dtype)
    try:
        return from_numpy(np.dtype(type_value))
    except (TypeError, ValueError):
        raise _no_dtype(type_value) from None


def _no_dtype(value: Any) -> TypeError:
    return TypeError(
        f"Cannot convert the argument `type_value`: {value!r} to a TensorFlow DType. "
        "Expected a dtype such as tf.float32, its name, or a NumPy dtype; names are "
        f"{', '.join(_BY_NAME)}."
    )


def numpy_dtype(value: Any) -> np.dtype[Any]:
    """Return the NumPy dtype for anything that `as_dtype` accepts."""
    return as_dtype(value).numpy_dtype


def short_name(dtype: DType) -> str:
    """Return the name that TensorFlow's error messages use, such as `float`."""
    return _SHORT.get(dtype.name, dtype.name)
