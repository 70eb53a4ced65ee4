"""What converted code calls, under the name `ag__`.

Each operator looks at the values: where they are plain Python, it does what Python
does; where a symbolic tensor decides, the control flow becomes part of the graph.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from tensor.core.public_api import names_in
from tensor.core.tensor import EagerTensor, Tensor
from tensor.graph.autograph.calls import call as call
from tensor.graph.autograph.conditionals import if_ as if_
from tensor.graph.autograph.for_loops import for_ as for_
from tensor.graph.autograph.loops import while_ as while_
from tensor.graph.autograph.undefined import (
    GuardedReturnValue as GuardedReturnValue,
    Undefined as Undefined,
    UndefinedReturnValue as UndefinedReturnValue,
    attribute as attribute,
    read as read,
    returned as returned,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def is_symbolic(value: Any) -> bool:
    """Return whether a value is a tensor without a value of its own."""
    return isinstance(value, Tensor) and type(value) is not EagerTensor


def and_(*thunks: Callable[[], Any]) -> Any:
    """`a and b`: the right side is evaluated only if the left one is true."""
    value = thunks[0]()
    if len(thunks) == 1:
        return value
    if not is_symbolic(value):
        return and_(*thunks[1:]) if value else value
    from tensor.core.convert import convert
    from tensor.graph.control.cond import cond

    return cond(value, lambda: convert(and_(*thunks[1:])), lambda: value)


def or_(*thunks: Callable[[], Any]) -> Any:
    """`a or b`: the right side is evaluated only if the left one is false."""
    value = thunks[0]()
    if len(thunks) == 1:
        return value
    if not is_symbolic(value):
        return value or or_(*thunks[1:])
    from tensor.core.convert import convert
    from tensor.graph.control.cond import cond

    return cond(value, lambda: value, lambda: convert(or_(*thunks[1:])))


def not_(value: Any) -> Any:
    """`not a`."""
    if not is_symbolic(value):
        return not value
    return names_in("")["logical_not"](value)


def _is_in(x: Any, container: Any) -> Any:
    return x in container


def _is_not_in(x: Any, container: Any) -> Any:
    return x not in container


_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "eq": operator.eq,
    "ne": operator.ne,
    "is_": operator.is_,
    "is_not": operator.is_not,
    "in_": _is_in,
    "not_in": _is_not_in,
}


def compare(left: Any, *rest: Any) -> Any:
    """`a < b < c`: every neighbouring pair compares; each value is computed once.

    Args:
        left: The first value.
        *rest: The name of a comparison and a function that gives the next value, in
            turns.
    """
    right = rest[1]()
    holds = _COMPARISONS[rest[0]](left, right)
    if len(rest) == 2:
        return holds
    return and_(lambda: holds, lambda: compare(right, *rest[2:]))


def if_expression(
    test: Any, body: Callable[[], Any], orelse: Callable[[], Any], text: str
) -> Any:
    """`body if test else orelse`; the test's source is `text`."""
    if not is_symbolic(test):
        return body() if test else orelse()
    from tensor.graph.autograph.conditionals import staged_choice

    return staged_choice(test, body, orelse, text)


def assert_(test: Any, message: Callable[[], Any]) -> None:
    """`assert test, message`.

    Raises:
        AssertionError: The test fails now. One that depends on symbolic tensors fails
            when the graph runs, with InvalidArgumentError.
    """
    if is_symbolic(test):
        from tensor.graph.control.assertion import assert_true

        text = message()
        assert_true(test, [] if text is None else [text])
    elif not test:
        text = message()
        raise AssertionError(*([] if text is None else [text]))
