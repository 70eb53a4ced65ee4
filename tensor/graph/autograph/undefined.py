"""Names that have no value (yet): Python has none, converted code needs a stand-in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Undefined:
    """The value of a name that has not been assigned."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<undefined {self.name}>"


class UndefinedReturnValue(Undefined):
    """What a function returns before any `return` was met."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__("the return value")


class GuardedReturnValue(UndefinedReturnValue):
    """The same in a function that goes on where it did not return.

    There is no value then, and a flag keeps anybody from reading it.
    """

    __slots__ = ()


def read(value: Any) -> Any:
    """Return the value of a name.

    Raises:
        UnboundLocalError: It has none.
    """
    if isinstance(value, Undefined):
        raise UnboundLocalError(f"{value.name!r} is used before assignment")
    return value


def attribute(get: Callable[[], Any], name: str) -> Any:
    """Return an attribute, or a stand-in if there is none."""
    try:
        return get()
    except (AttributeError, UnboundLocalError):
        return Undefined(name)


def returned(value: Any) -> Any:
    """Return a function's result: None if it met no `return`."""
    return None if isinstance(value, UndefinedReturnValue) else value
