"""Fields of extension types: which annotations there are, and values that fit them.

A field holds tensors or composites of them, or plain values that never change: numbers,
texts, dtypes, shapes, None; or tuples and mappings of all these. The same walk over an
annotation serves values and specs: where a value has a tensor, its spec has the
tensor's spec; all else is the same in both.
"""

from __future__ import annotations

import collections.abc
import enum
import types
import typing
from typing import Any, NamedTuple

from tensor.core.convert import convert
from tensor.core.dtypes import DType, as_dtype
from tensor.core.indexed_slices import CompositeTensor
from tensor.core.shapes import TensorShape
from tensor.core.tensor import Tensor
from tensor.core.tensor_spec import CompositeSpec, TensorSpec
from tensor.ops.extension_types.immutable_dict import ImmutableDict

_PLAIN = (int, float, str, bytes, bool, None, type(None), DType)
_RESERVED = frozenset(("self", "Spec", "value_type", "_type_spec"))


class Context(enum.Enum):
    """Where a value that must fit an annotation stands."""

    VALUE = "the field of a value"
    SPEC = "the field of a spec: a TensorSpec in place of a tensor"
    DEFAULT = "the default of a field: tensors are made when it is used"


class _NoDefault:
    """Stands where a field has no default."""

    def __repr__(self) -> str:
        return "ExtensionTypeField.NO_DEFAULT"


class _FieldParts(NamedTuple):
    name: str
    value_type: Any
    default: Any


class ExtensionTypeField(_FieldParts):
    """The name of a field, its annotation, and its default if it has one."""

    __slots__ = ()
    NO_DEFAULT = _NoDefault()

    def __new__(
        cls, name: str, value_type: Any, default: Any = NO_DEFAULT
    ) -> ExtensionTypeField:
        """Check annotation and default.

        Raises:
            TypeError: The annotation is not supported, or the default does not fit.
        """
        try:
            check_annotation(value_type)
        except TypeError as error:
            raise TypeError(f"In field {name!r}: {error}") from error
        if default is not cls.NO_DEFAULT:
            path = f"default value for {name}"
            default = fitted(default, value_type, path, Context.DEFAULT)
        return super().__new__(cls, name, value_type, default)

    @property
    def has_default(self) -> bool:
        """Whether there is a default."""
        return self.default is not self.NO_DEFAULT

    @staticmethod
    def is_reserved_name(name: str) -> bool:
        """Return whether no field can have this name."""
        return name in _RESERVED or name.lower().startswith("_tf_extension_type")


def _is_forward(annotation: Any) -> bool:
    return isinstance(annotation, str | typing.ForwardRef)


def _is_union(annotation: Any) -> bool:
    return typing.get_origin(annotation) in (typing.Union, types.UnionType)


def _is_tensor_type(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(
        annotation, Tensor | CompositeTensor
    )


def check_annotation(annotation: Any, is_key: bool = False) -> None:
    """Check that an annotation is one of those that fields can have.

    Names of classes that are still to be made may stand for them.

    Raises:
        TypeError: It is not.
    """
    if _is_forward(annotation):
        return
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation in _PLAIN:
        return
    if annotation is TensorShape or _is_tensor_type(annotation):
        if is_key:
            raise TypeError(
                f"Mapping had a key {annotation.__name__!r} with type 'type'"
            )
        return
    if origin is tuple or _is_union(annotation):
        for part in parts:
            if part is not Ellipsis:
                check_annotation(part, is_key)
        return
    if origin is collections.abc.Mapping:
        check_annotation(parts[0], is_key=True)
        check_annotation(parts[1])
        return
    shown = annotation.__name__ if isinstance(annotation, type) else annotation
    raise TypeError(f"Unsupported type annotation {shown!r}")


def fitted(
    value: Any, annotation: Any, path: str, context: Context = Context.VALUE
) -> Any:
    """Return a value as its annotation wants it: a tensor, a tuple, a dtype.

    Args:
        value: The value, or what describes it.
        annotation: What its field allows.
        path: Where it stands, for messages.
        context: What the value is one of.

    Raises:
        TypeError: It does not fit.
    """
    if isinstance(annotation, type) and issubclass(annotation, Tensor):
        return _fitted_tensor(value, path, context)
    if _is_tensor_type(annotation):
        return _fitted_composite(value, annotation, path, context)
    if annotation in (TensorShape, DType):
        return _made(value, annotation, path)
    if annotation in _PLAIN:
        expected = type(None) if annotation is None else annotation
        if not isinstance(value, expected):
            raise _mismatch(path, repr(expected.__name__), value)
        return value
    origin = typing.get_origin(annotation)
    if origin is tuple:
        return _fitted_tuple(value, annotation, path, context)
    if origin is collections.abc.Mapping:
        return _fitted_mapping(value, annotation, path, context)
    if _is_union(annotation):
        return _fitted_to_one_of(value, annotation, path, context)
    raise TypeError(f"{path}: Unsupported type annotation {annotation!r}")


def _mismatch(path: str, expected: str, value: Any) -> TypeError:
    return TypeError(f"{path}: expected {expected}, got {type(value).__name__!r}")


def _fitted_tensor(value: Any, path: str, context: Context) -> Any:
    if context is Context.SPEC:
        if not isinstance(value, TensorSpec):
            raise _mismatch(path, "a TensorSpec", value)
        return value
    if isinstance(value, Tensor) or context is Context.DEFAULT:
        return value
    try:
        return convert(value)
    except (TypeError, ValueError) as error:
        raise _mismatch(path, "a Tensor", value) from error


def _fitted_composite(value: Any, annotation: type, path: str, context: Context) -> Any:
    if context is Context.SPEC:
        if not (
            isinstance(value, CompositeSpec)
            and issubclass(value.value_type, annotation)
        ):
            raise _mismatch(path, f"a TypeSpec for {annotation.__name__!r}", value)
    elif not isinstance(value, annotation):
        raise _mismatch(path, repr(annotation.__name__), value)
    return value


def _made(value: Any, annotation: Any, path: str) -> Any:
    """Return a shape or dtype made of what may stand for one."""
    try:
        return TensorShape(value) if annotation is TensorShape else as_dtype(value)
    except (TypeError, ValueError) as error:
        raise _mismatch(path, f"'tf.{annotation.__name__}'", value) from error


def _fitted_tuple(value: Any, annotation: Any, path: str, context: Context) -> Any:
    if not isinstance(value, list | tuple):
        raise _mismatch(path, "tuple", value)
    kinds = typing.get_args(annotation)
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        kinds = (kinds[0],) * len(value)
    if len(kinds) != len(value):
        raise _mismatch(path, f"tuple with length {len(kinds)}", value)
    return tuple(
        [
            fitted(v, kind, f"{path}[{i}]", context)
            for i, (v, kind) in enumerate(zip(value, kinds, strict=True))
        ]
    )


def _fitted_mapping(value: Any, annotation: Any, path: str, context: Context) -> Any:
    if not isinstance(value, collections.abc.Mapping):
        raise _mismatch(path, "mapping", value)
    key_kind, value_kind = typing.get_args(annotation)
    return ImmutableDict(
        {
            fitted(k, key_kind, f"{path}[<key>]", context): fitted(
                v, value_kind, f"{path}[{k!r}]", context
            )
            for k, v in value.items()
        }
    )


def _fitted_to_one_of(value: Any, annotation: Any, path: str, context: Context) -> Any:
    for kind in typing.get_args(annotation):
        try:
            return fitted(value, kind, path, context)
        except TypeError:
            continue  # another one may allow it
    raise _mismatch(path, str(annotation), value)
