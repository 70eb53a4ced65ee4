"""ExtensionTypeSpec: what describes the values of an extension type.

It has the fields of the type: where a value has a tensor or composite, the spec has
that one's spec; all else, such as numbers and texts, is part of both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from tensor.core import nest
from tensor.core.public_api import export
from tensor.core.tensor import Tensor
from tensor.core.tensor_spec import (
    CompositeSpec,
    TensorSpec,
    TypeSpec,
    no_common_spec,
)
from tensor.ops.extension_types.construction import WithFields, made_of
from tensor.ops.extension_types.fields import Context, ExtensionTypeField
from tensor.ops.extension_types.immutable_dict import ImmutableDict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@export("experimental.ExtensionTypeSpec")
class ExtensionTypeSpec(WithFields, CompositeSpec):
    """Describes values of an extension type, which has this class as its `Spec`."""

    _context = Context.SPEC
    _base_name = "ExtensionTypeSpec"
    value_type: ClassVar[type]

    @classmethod
    def _fields(cls) -> tuple[ExtensionTypeField, ...]:
        fields: tuple[ExtensionTypeField, ...]
        fields = cls.value_type._tf_extension_type_fields()  # type: ignore[attr-defined]
        return fields

    @classmethod
    def from_value(cls, value: Any) -> Any:
        """Describe a value."""
        return made_of(cls, nest.map_structure(_described, value._field_values()))

    def composite_components(self) -> list[Any]:
        """Return the specs of the tensors that values are made of."""
        leaves = nest.flatten(self._structure(), True)
        return [leaf for leaf in leaves if isinstance(leaf, TensorSpec)]

    def composite_from(self, parts: Sequence[Any]) -> Any:
        """Return a value made of its tensors; no constructor runs."""
        remaining = iter(parts)

        def value_of(leaf: Any) -> Any:
            if isinstance(leaf, CompositeSpec):
                own = [next(remaining) for _ in leaf.composite_components()]
                return leaf.composite_from(own)
            return next(remaining) if isinstance(leaf, TensorSpec) else leaf

        return self.value_of(nest.map_structure(value_of, self._structure()))

    def value_of(self, structure: list[Any]) -> Any:
        """Return a value with these fields as they are."""
        names = [f.name for f in self._fields()]
        return made_of(self.value_type, dict(zip(names, structure, strict=True)))

    def with_specs(self, change: Callable[..., Any], *others: Any) -> Any:
        """Return this spec with `change` applied to the spec of each tensor.

        Args:
            change: Takes a spec, and those of `others` at its place.
            *others: Specs that differ from this one in such specs only.
        """

        def changed(leaf: Any, *rest: Any) -> Any:
            return change(leaf, *rest) if isinstance(leaf, TypeSpec) else leaf

        structures = [spec._structure() for spec in (self, *others)]
        new = nest.map_structure(changed, *structures)
        names = [f.name for f in self._fields()]
        return made_of(type(self), dict(zip(names, new, strict=True)))

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Return whether a value, or every one of a spec, fits this spec."""
        other = getattr(spec_or_value, "_type_spec", None)
        return self._is_like(other) and super().is_compatible_with(other)

    def is_subtype_of(self, other: Any) -> bool:
        """Return whether every value that fits this spec also fits `other`."""
        return self._is_like(other) and super().is_subtype_of(other)

    def most_specific_compatible_type(self, other: Any) -> Any:
        """Return the narrowest spec that fits both.

        Raises:
            ValueError: There is none.
        """
        if not self._is_like(other):
            raise no_common_spec(self, other)
        return self.with_specs(lambda x, y: x.most_specific_compatible_type(y), other)

    def _structure(self) -> list[Any]:
        """Return the values of the fields."""
        return list(self._field_values().values())

    def _is_like(self, other: Any) -> bool:
        """Return whether another spec differs in the specs of tensors only."""
        if type(other) is not type(self):
            return False
        mine, theirs = (s.with_specs(lambda spec: type(spec)) for s in (self, other))
        return bool(mine == theirs)

    def _parameters(self) -> tuple[Any, ...]:
        return tuple(self._field_values().values())

    @property
    def _component_specs(self) -> Any:
        return tuple(self.composite_components())

    def _to_components(self, value: Any) -> Any:
        return tuple(value.composite_components())

    def _serialize(self) -> tuple[Any, ...]:
        return tuple([(k, _plain(v)) for k, v in self._field_values().items()])

    @classmethod
    def _deserialize(cls, serialization: Any) -> Any:
        return made_of(cls, {name: _kept(value) for name, value in serialization})

    def __repr__(self) -> str:
        fields = self._field_values().items()
        text = ", ".join(f"{name}={_plain(value)!r}" for name, value in fields)
        return f"{type(self).__name__}({text})"

    def __reduce__(self) -> tuple[Any, ...]:
        return made_of, (type(self), self._field_values())


def _described(value: Any) -> Any:
    """Return the spec of a tensor or composite; what else there is as it is."""
    if isinstance(value, Tensor):
        return TensorSpec.of(value.static_shape, value.dtype)
    return getattr(value, "_type_spec", value)


def _plain(value: Any) -> Any:
    """Return mappings as dicts, which say the same in fewer words."""
    if isinstance(value, ImmutableDict):
        return {k: _plain(v) for k, v in value.items()}
    return tuple([_plain(v) for v in value]) if isinstance(value, tuple) else value


def _kept(value: Any) -> Any:
    """Return dicts as the mappings that fields hold."""
    if isinstance(value, dict):
        return ImmutableDict({k: _kept(v) for k, v in value.items()})
    return tuple([_kept(v) for v in value]) if isinstance(value, tuple) else value
