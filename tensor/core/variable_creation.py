"""How variables come into being: what they are created with, and who creates them."""

from __future__ import annotations

import contextlib
import enum
import functools
import inspect
from typing import TYPE_CHECKING, Any

from tensor.core.context import context
from tensor.core.public_api import export
from tensor.core.replica import current

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@export("VariableSynchronization")
class VariableSynchronization(enum.Enum):
    """When a variable's copies on several replicas are brought together."""

    AUTO = 0
    NONE = 1
    ON_WRITE = 2
    ON_READ = 3


@export("VariableAggregation")
class VariableAggregation(enum.Enum):
    """How the values of several replicas become one."""

    NONE = 0
    SUM = 1
    MEAN = 2
    ONLY_FIRST_REPLICA = 3


def choice(options: type[enum.Enum], value: Any, name: str | None) -> Any:
    """Return one of the options for a variable; None is the first.

    Raises:
        ValueError: `value` is none of them.
    """
    if value is None:
        return next(iter(options))
    if not isinstance(value, options):
        kind = options.__name__.removeprefix("Variable").lower()
        raise ValueError(
            f"Invalid variable {kind} mode: {value} for variable: {name}. Expected one "
            f"of {', '.join(str(option) for option in options)}."
        )
    return value


class VariableType(type):
    """Lets creators (`tf.variable_creator_scope`, strategies) make the variable.

    Only calls of a class that says so itself (`has_creators`) go through them: what
    creators make are instances of its subclasses.
    """

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if "has_creators" not in cls.__dict__:
            return type.__call__(cls, *args, **kwargs)
        if context.variable_creators:
            return _through_creators(cls, args, kwargs)
        return current().create_variable(_maker(cls, args, kwargs))


def _maker(cls: type, args: Any, kwargs: Any) -> Callable[..., Any]:
    def make(kind: Any = cls) -> Any:
        return type.__call__(kind, *args, **kwargs)

    # Replicas that each create a variable of one name create the same one.
    make.requested_name = kwargs.get("name") or "Variable"  # type: ignore[attr-defined]
    return make


def _through_creators(cls: type, args: Any, kwargs: Any) -> Any:
    """Let the creators of `tf.variable_creator_scope` make a variable."""
    signature = inspect.signature(cls.__init__)  # type: ignore[misc]  # of this class
    given = signature.bind(None, *args, **kwargs)
    given.apply_defaults()
    arguments = dict(given.arguments)
    del arguments["self"]

    def last(**kwargs: Any) -> Any:
        return current().create_variable(_maker(cls, (), kwargs))

    create: Callable[..., Any] = last
    for creator in context.variable_creators:
        create = functools.partial(creator, create)
    return create(**arguments)


@export("variable_creator_scope")
@contextlib.contextmanager
def variable_creator_scope(variable_creator: Callable[..., Any]) -> Iterator[None]:
    """Let a function make the variables of the `with` block.

    Args:
        variable_creator: `f(next_creator, **kwargs)` returns a variable, such as the
            one that `next_creator(**kwargs)` makes. The innermost scope's is called
            first.
    """
    creators = context.variable_creators
    context.variable_creators = [*creators, variable_creator]
    try:
        yield
    finally:
        context.variable_creators = creators
