"""Objects with fields: made, checked, and then never changed.

Extension types and their specs share this. A constructor written by the user may assign
to the fields; one made from the annotations takes them as its parameters.
"""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

from tensor.ops.extension_types.fields import Context, ExtensionTypeField, fitted

if TYPE_CHECKING:
    from collections.abc import Callable

_IN_CONSTRUCTOR = "_tf_extension_type_in_constructor"
_POSITIONAL = inspect.Parameter.POSITIONAL_OR_KEYWORD


class WithFields:
    """An object whose attributes are set in its constructor and never after."""

    _context = Context.VALUE
    _base_name = "ExtensionType"

    @classmethod
    def _fields(cls) -> tuple[ExtensionTypeField, ...]:
        """Return the fields."""
        raise NotImplementedError(f"{cls.__name__} must define `_fields`.")

    def _field_values(self) -> dict[str, Any]:
        """Return the values of the fields by name, in their order."""
        return {f.name: self.__dict__[f.name] for f in self._fields()}

    def _fit_fields(self) -> None:
        """Make the values that were assigned fit the annotations.

        Raises:
            ValueError: Some field has no value.
            TypeError: A value does not fit.
        """
        fields = self._fields()
        missing = {f.name for f in fields} - set(self.__dict__)
        if missing:
            raise ValueError(f"Missing required fields: {missing}")
        for f in fields:
            given = self.__dict__.pop(f.name)  # so that they come in their order
            self.__dict__[f.name] = fitted(given, f.value_type, f.name, self._context)

    def __validate__(self) -> None:
        """Check what annotations cannot say; for users to define."""

    def __setattr__(self, name: str, value: Any) -> None:
        self._check_open(name)
        self.__dict__[name] = value

    def __delattr__(self, name: str) -> None:
        self._check_open(name)
        del self.__dict__[name]

    def _check_open(self, name: str) -> None:
        is_field = any(f.name == name for f in self._fields())
        if not is_field or _IN_CONSTRUCTOR not in self.__dict__:
            raise AttributeError(
                f"Cannot mutate attribute `{name}` outside the custom constructor of "
                f"{self._base_name}."
            )


def made_of(cls: type, fields: dict[str, Any]) -> Any:
    """Return an object with these fields as they are; no constructor runs."""
    result: Any = object.__new__(cls)
    result.__dict__.update(fields)
    return result


def wrapped_constructor(user_constructor: Callable[..., None]) -> Callable[..., None]:
    """Return a user's constructor that may assign to fields, and makes them fit."""

    @functools.wraps(user_constructor)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        self.__dict__[_IN_CONSTRUCTOR] = True
        user_constructor(self, *args, **kwargs)
        self.__dict__.pop(_IN_CONSTRUCTOR, None)
        self._fit_fields()
        self.__validate__()

    return __init__


def constructor_for(
    cls: type, fields: tuple[ExtensionTypeField, ...], is_annotated: bool
) -> Callable[..., None]:
    """Return a constructor whose parameters are the fields."""
    parameters = _parameters(fields) if is_annotated else _bare_parameters(fields)
    signature = inspect.Signature(parameters)

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        self.__dict__.update(bound.arguments)
        self._fit_fields()
        self.__validate__()

    with_self = [inspect.Parameter("self", _POSITIONAL), *parameters]
    whole = inspect.Signature(with_self, return_annotation=cls)
    __init__.__signature__ = whole  # type: ignore[attr-defined]  # what inspect reads
    __init__.__qualname__ = f"{cls.__qualname__}.__init__"
    return __init__


def _bare_parameters(
    fields: tuple[ExtensionTypeField, ...],
) -> list[inspect.Parameter]:
    return [inspect.Parameter(f.name, _POSITIONAL) for f in fields]


def _parameters(fields: tuple[ExtensionTypeField, ...]) -> list[inspect.Parameter]:
    """Return parameters with annotations and defaults.

    From the first field without default that follows one with a default on, they are
    given by name only.
    """
    result = []
    kind, has_default = _POSITIONAL, False
    for field in fields:
        if has_default and not field.has_default:
            kind = inspect.Parameter.KEYWORD_ONLY
        has_default = has_default or field.has_default
        default = field.default if field.has_default else inspect.Parameter.empty
        parameter = inspect.Parameter(
            field.name, kind, annotation=field.value_type, default=default
        )
        result.append(parameter)
    return result
