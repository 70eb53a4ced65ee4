"""Custom objects: how saved models find classes and functions that users wrote."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_OBJECTS: dict[str, Any] = {}
_NAMES: dict[Any, str] = {}
_thread = threading.local()


def register_keras_serializable(
    package: str = "Custom", name: str | None = None
) -> Callable[[T], T]:
    """Let a class or function be found by `package>name` when a model is loaded.

    Raises:
        ValueError: A class has no `get_config`, or the name is taken.
    """

    def register(thing: T) -> T:
        registered = f"{package}>{name or thing.__name__}"  # type: ignore[attr-defined]
        if isinstance(thing, type) and not hasattr(thing, "get_config"):
            raise ValueError(
                "Cannot register a class that does not have a get_config() method: "
                f"{thing.__name__}."
            )
        _OBJECTS[registered] = thing
        _NAMES[thing] = registered
        return thing

    return register


def get_custom_objects() -> dict[str, Any]:
    """Return the global table of custom objects, which may be changed."""
    return _OBJECTS


def get_registered_name(obj: Any) -> str:
    """Return the name under which a class or function was registered, or its own."""
    try:
        return _NAMES[obj]
    except (KeyError, TypeError):
        return obj.__name__


def registered_name_or_none(obj: Any) -> str | None:
    """Return the name under which a class or function was registered, or None."""
    try:
        return _NAMES.get(obj)
    except TypeError:  # not hashable
        return None


def get_registered_object(
    name: str, custom_objects: Any = None, module_objects: Any = None
) -> Any:
    """Return the class or function that `name` stands for, None if there is none."""
    for table in (scope_objects(), custom_objects, _OBJECTS, module_objects):
        if table and name in table:
            return table[name]
    return None


def scope_objects() -> dict[str, Any]:
    """Return what the open `custom_object_scope`s of this thread define."""
    return getattr(_thread, "objects", {})


class custom_object_scope:  # noqa: N801  # Keras's name
    """Makes custom objects known by name inside a `with` block."""

    def __init__(self, *args: dict[str, Any]) -> None:
        """Take dictionaries from names to classes and functions."""
        self._tables = args

    def __enter__(self) -> custom_object_scope:
        self._outer = scope_objects()
        merged = dict(self._outer)
        for table in self._tables:
            merged.update(table or {})
        _thread.objects = merged
        return self

    def __exit__(self, *exception: object) -> None:
        _thread.objects = self._outer


CustomObjectScope = custom_object_scope
