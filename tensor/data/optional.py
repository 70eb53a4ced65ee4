"""tf.experimental.Optional: an element, or nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import errors
from tensor.core.public_api import export
from tensor.core.tensor import wrap
from tensor.core.tensor_spec import TypeSpec
from tensor.data import structure as nest
from tensor.data.elements import as_leaf, spec_of_structure


@export("experimental.Optional", "data.experimental.Optional")
class Optional:
    """An element that may be missing, such as the one after the last."""

    def __init__(self, element_spec: Any, value: Any, is_there: bool) -> None:
        self._element_spec = element_spec
        self._value = value
        self._is_there = is_there

    @staticmethod
    def from_value(value: Any) -> Optional:
        """Return an Optional that holds `value`."""
        value = nest.map_structure(as_leaf, value)
        return Optional(spec_of_structure(value), value, True)

    @staticmethod
    def empty(element_spec: Any) -> Optional:
        """Return an Optional without a value."""
        return Optional(element_spec, None, False)

    def has_value(self, name: str | None = None) -> Any:
        """Return whether there is a value, as a bool tensor."""
        return wrap(np.bool_(self._is_there))

    def get_value(self, name: str | None = None) -> Any:
        """Return the value.

        Raises:
            InvalidArgumentError: There is none.
        """
        if not self._is_there:
            raise errors.because(
                errors.InvalidArgumentError,
                "The given optional does not have a value. [Op:OptionalGetValue]",
            )
        return self._value

    @property
    def element_spec(self) -> Any:
        """The spec of the value."""
        return self._element_spec

    @property
    def leaf_spec(self) -> OptionalSpec:
        """What describes this Optional where it is an element."""
        return OptionalSpec(self._element_spec)

    _type_spec = leaf_spec

    def __repr__(self) -> str:
        value = self._value if self._is_there else "empty"
        return f"<tf.experimental.Optional: {value!r}>"


@export("OptionalSpec")
class OptionalSpec(TypeSpec):
    """Describes Optionals by the spec of their values."""

    __slots__ = ("_element_spec",)

    def __init__(self, element_spec: Any) -> None:
        self._element_spec = element_spec

    @property
    def value_type(self) -> type:
        """The class of the values described."""
        return Optional

    @classmethod
    def from_value(cls, value: Optional) -> OptionalSpec:
        """Describe `value`."""
        return cls(value.element_spec)

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Return whether an Optional, or every one of a spec, has such values."""
        if isinstance(spec_or_value, Optional):
            spec_or_value = spec_or_value.leaf_spec
        return bool(self == spec_or_value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, OptionalSpec):
            return False
        return bool(self._element_spec == other._element_spec)

    def __hash__(self) -> int:
        return hash(OptionalSpec)

    def __repr__(self) -> str:
        return f"OptionalSpec({self._element_spec!r})"
