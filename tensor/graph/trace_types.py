"""What a trace knows of an argument or result: its type, as TensorFlow writes it.

Tensors and composite values have their specs, numbers, strings and other objects are
literals, containers hold types.
"""

from __future__ import annotations

import abc
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from tensor.core import nest
from tensor.core.tensor import Tensor
from tensor.core.tensor_spec import TensorSpec, TypeSpec
from tensor.core.variable import Variable

if TYPE_CHECKING:
    from tensor.core.dtypes import DType
    from tensor.core.shapes import TensorShape


class TraceType(abc.ABC):  # noqa: B024  # abstract for the sake of `register`
    """What `tf.function` knows of an argument: arguments of one type share a trace.

    The specs of tensors and of composite values are trace types too.
    """

    def is_subtype_of(self, other: Any) -> bool:
        """Return whether a trace made for `other` serves this type as well."""
        return bool(self == other)

    def placeholder_value(self, placeholder_context: Any = None) -> Any:
        """Return what stands for arguments of this type while a function is traced.

        Raises:
            NotImplementedError: The class does not say it.
        """
        raise NotImplementedError(
            f"{type(self).__name__} must define `placeholder_value`: what traced "
            "functions get for an argument of this type."
        )


TraceType.register(TypeSpec)


@runtime_checkable
class SupportsTracingProtocol(Protocol):
    """Objects that say themselves which of them share a trace."""

    def __tf_tracing_type__(self, context: Any) -> Any:
        """Return the trace type: equal for objects that share a trace."""


@dataclass(frozen=True)
class Literal(TraceType):
    """A value that is part of the trace."""

    value: Any

    def __hash__(self) -> int:
        try:
            return hash(self.value)
        except TypeError:
            return hash(type(self.value))

    def __repr__(self) -> str:
        return f"Literal[{self.value!r}]"


@dataclass(frozen=True)
class VariableSpec(TraceType):
    """A variable, and which of the arguments' variables it is."""

    shape: TensorShape
    dtype: DType
    trainable: bool
    alias_id: int

    def __repr__(self) -> str:
        return (
            f"VariableSpec(shape={self.shape}, dtype={self.dtype!r}, "
            f"trainable={self.trainable}, alias_id={self.alias_id})"
        )


@dataclass(frozen=True)
class Sequence(TraceType):
    """A list or tuple."""

    kind: str
    parts: tuple[Any, ...]

    def __repr__(self) -> str:
        return f"{self.kind}[{', '.join(map(repr, self.parts))}]"


@dataclass(frozen=True)
class Record(TraceType):
    """A dictionary, named tuple or object with attributes."""

    kind: str
    items: tuple[tuple[Any, Any], ...]

    def __repr__(self) -> str:
        items = ", ".join(f"[{key!r}, {part!r}]" for key, part in self.items)
        return f"{self.kind}[{items}]"


def type_of(value: Any) -> Any:
    """Return the type of an argument or result; specs stand for themselves."""
    if isinstance(value, TypeSpec | TraceType):
        return value
    if hasattr(value, "__tf_tracing_type__"):
        return value.__tf_tracing_type__(None)
    if isinstance(value, Tensor):
        return TensorSpec.of(value.static_shape, value.dtype)
    if hasattr(value, "composite_components"):
        return getattr(value, "_type_spec", None) or Literal(value)
    if isinstance(value, Mapping):
        return Record("Dict", tuple([(k, type_of(v)) for k, v in value.items()]))
    if nest.is_nested(value):
        return _type_of_sequence(value)
    return Literal(value)


def _type_of_sequence(value: Any) -> Any:
    parts = tuple([type_of(v) for v in nest.children(value)])
    names = field_names(value)
    if names is not None:
        pairs = tuple(zip(names, parts, strict=True))
        return Record(type(value).__name__, pairs)
    return Sequence("List" if isinstance(value, list) else "Tuple", parts)


def field_names(value: Any) -> list[str] | None:
    """Return what the parts of a named tuple or of an object are called, else None."""
    if nest.is_namedtuple(value):
        return list(value._fields)
    names = [a.name for a in getattr(type(value), "__attrs_attrs__", ())]
    return names or None


def with_variable_specs(structure: Any) -> Any:
    """Return arguments with specs in the place of variables."""
    found: list[Variable] = []

    def spec(value: Any) -> Any:
        if type(value) is not Variable:
            return value
        numbers = [i for i, other in enumerate(found) if other is value]
        if not numbers:
            found.append(value)
        number = numbers[0] if numbers else len(found) - 1
        return VariableSpec(value.shape, value.dtype, value.trainable, number)

    return nest.map_structure(spec, structure)
