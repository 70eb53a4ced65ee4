"""tf.experimental.ExtensionType: a class whose values are made of tensors.

A subclass annotates its fields; from them follow a constructor, `==`, `repr`, and a
`Spec`. Its values are composite tensors: they go through tf.function, control flow,
tf.nest and data sets. What TensorFlow's functions do with them is for
tf.experimental.dispatch_for_api and kin to say::

    class MaskedTensor(tf.experimental.ExtensionType):
        values: tf.Tensor
        mask: tf.Tensor
"""

from __future__ import annotations

import inspect
import typing
from typing import TYPE_CHECKING, Any

from tensor.core import nest
from tensor.core.dtypes import int32
from tensor.core.indexed_slices import CompositeTensor
from tensor.core.public_api import export
from tensor.core.registry import get_op
from tensor.core.tensor import Tensor
from tensor.ops.extension_types.construction import (
    WithFields,
    constructor_for,
    wrapped_constructor,
)
from tensor.ops.extension_types.extension_spec import ExtensionTypeSpec
from tensor.ops.extension_types.fields import ExtensionTypeField

if TYPE_CHECKING:
    from collections.abc import Sequence

_CACHED = "_tf_extension_type_cached_fields"


@export("experimental.ExtensionType")
class ExtensionType(WithFields, CompositeTensor):
    """The base of users' types made of tensors; see the module."""

    # Not annotated: it would be a field.
    _spec_base = ExtensionTypeSpec
    is_one_tensor = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Make constructor and `Spec` from the annotated fields.

        Raises:
            ValueError: A name is reserved or has no annotation.
            TypeError: An annotation is not supported, or a default does not fit it.
        """
        super().__init_subclass__(**kwargs)
        if cls.__dict__.get("_is_base"):
            return
        _check_names(cls)
        user_constructor = cls.__dict__.get("__init__")
        fields = cls._tf_extension_type_fields()
        if user_constructor is None:
            cls.__init__ = constructor_for(cls, fields, True)
        else:
            cls.__init__ = wrapped_constructor(user_constructor)
        cls.Spec = _spec_class(cls)  # type: ignore[attr-defined]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise AssertionError(
            f"Cannot create an instance of {type(self).__name__} because "
            f"{type(self).__name__} is an abstract base class."
        )

    @classmethod
    def _tf_extension_type_fields(cls) -> tuple[ExtensionTypeField, ...]:
        """Return the fields in the order of their annotations."""
        known = cls.__dict__.get(_CACHED)
        if known is None:
            hints, is_final = _annotations(cls)
            known = tuple(
                [
                    ExtensionTypeField(
                        name, hint, getattr(cls, name, ExtensionTypeField.NO_DEFAULT)
                    )
                    for name, hint in hints.items()
                ]
            )
            if is_final:
                setattr(cls, _CACHED, known)
        return known

    @classmethod
    def _tf_extension_type_has_field(cls, name: str) -> bool:
        """Return whether there is a field of this name."""
        return any(f.name == name for f in cls._tf_extension_type_fields())

    @classmethod
    def _fields(cls) -> tuple[ExtensionTypeField, ...]:
        return cls._tf_extension_type_fields()

    # ---- a composite tensor

    @property
    def _type_spec(self) -> Any:
        return self.Spec.from_value(self)  # type: ignore[attr-defined]  # made above

    def composite_components(self) -> list[Any]:
        """Return the tensors that this value is made of."""
        leaves = nest.flatten(list(self._field_values().values()), True)
        return [leaf for leaf in leaves if isinstance(leaf, Tensor)]

    def composite_from(self, parts: Sequence[Any]) -> Any:
        """Return a value like this one made of other tensors."""
        return self._type_spec.composite_from(parts)

    @property
    def differentiable_part(self) -> Any:
        """The tensor that gradients are about: no type says by itself which it is."""
        raise ValueError(
            f"Type {type(self).__name__} is not supported as a gradient source or "
            "gradient target. Use its tensors."
        )

    # ---- Python's protocols

    def __eq__(self, other: object) -> Any:
        if type(self) is not type(other) or self._type_spec != other._type_spec:
            return False
        pairs = zip(
            self.composite_components(),
            other.composite_components(),
            strict=True,
        )
        same = [part for x, y in pairs for part in _comparisons(x, y)]
        return get_op("All")(get_op("Pack")(*same, axis=0), axis=None, keepdims=False)

    def __ne__(self, other: object) -> Any:
        equal = self.__eq__(other)
        is_tensor = isinstance(equal, Tensor)
        return get_op("LogicalNot")(equal) if is_tensor else not equal

    __hash__ = None

    def __repr__(self) -> str:
        fields = ", ".join(f"{k}={v!r}" for k, v in self._field_values().items())
        return f"{type(self).__name__}({fields})"

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: Any) -> Any:
        return self


def _comparisons(x: Any, y: Any) -> list[Any]:
    """Return whether two tensors have one shape, and whether they hold the same."""
    shapes = [get_op("Shape")(v, out_type=int32) for v in (x, y)]
    return [_all_equal(*shapes), _all_equal(x, y)]


def _all_equal(x: Any, y: Any) -> Any:
    equal = get_op("Equal").public(x, y)
    return get_op("All")(equal, axis=None, keepdims=False)


# ---- how a class is made


def _annotations(cls: type) -> tuple[dict[str, Any], bool]:
    """Return the annotations by name, and whether all of them are known types."""
    try:
        return typing.get_type_hints(cls), True
    except (NameError, AttributeError):
        hints: dict[str, Any] = {}
        for base in reversed(cls.__mro__):
            hints.update(inspect.get_annotations(base))
        return hints, False


def _check_names(cls: type) -> None:
    start = f"The field annotations for {cls.__name__} are invalid."
    annotated = inspect.get_annotations(cls)
    for name in annotated:
        if ExtensionTypeField.is_reserved_name(name):
            raise ValueError(f"{start} Field {name!r} is reserved.")
    for name, value in cls.__dict__.items():
        is_method = callable(value) or isinstance(
            value, property | classmethod | staticmethod
        )
        if not (is_method or name in annotated or name.startswith("_")):
            raise ValueError(f"{start} Field {name} is missing a type annotation.")


def _spec_class(cls: Any) -> type:
    """Return the class of the specs of an extension type.

    A class `Spec` in its body says what differs: a constructor, a text, properties.
    """
    written = cls.__dict__.get("Spec")
    if hasattr(cls, "__batch_encoder__") and cls._spec_base is ExtensionTypeSpec:
        raise ValueError(
            "__batch_encoder__ should only be defined for BatchableExtensionType "
            "classes."
        )
    body = {
        name: value
        for name, value in (vars(written) if written else {}).items()
        if name not in ("__module__", "__dict__", "__weakref__", "__qualname__")
    }
    for name in body:
        if cls._tf_extension_type_has_field(name):
            raise ValueError(
                f"TypeSpec {cls.__qualname__}.Spec defines a variable {name!r} which "
                f"shadows {cls.__qualname__}.{name}"
            )
    body |= {
        "value_type": cls,
        "__module__": cls.__module__,
        "__doc__": f"Describes values of {cls.__name__}.",
    }
    spec = type(f"{cls.__name__}.Spec", (cls._spec_base,), body)
    spec.__qualname__ = f"{cls.__qualname__}.Spec"
    constructor = body.get("__init__")
    spec.__init__ = (  # type: ignore[misc]  # the class is being made
        constructor_for(spec, cls._tf_extension_type_fields(), False)
        if constructor is None
        else wrapped_constructor(constructor)
    )
    return spec


@export("experimental.extension_type.as_dict")
def as_dict(value: Any) -> dict[str, Any]:
    """Return the fields of a value of an extension type by name."""
    return dict(value._field_values())
