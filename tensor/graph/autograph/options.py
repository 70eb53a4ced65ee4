"""tf.autograph.experimental.set_loop_options: what a user may say about a loop."""

from __future__ import annotations

import enum
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from tensor.core.public_api import export
from tensor.graph.control.structure import dims_of_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tensor.core.shapes import Dims


class LoopOptions:
    """Options of one loop.

    Attributes:
        shape_invariants: Pairs of a value and the shape that it keeps.
        limit: The number of rounds after which the loop ends, or None.
        relaxes: Whether shapes are forgotten where rounds change them.
    """

    relaxes = False

    def __init__(self, shape_invariants: Any = (), limit: Any = None) -> None:
        self.shape_invariants = list(shape_invariants or ())
        self.limit = limit

    def shapes_of(self, value: Any) -> list[Dims | None] | None:
        """Return the shapes that the user said a value's parts keep, or None."""
        for known, given in self.shape_invariants:
            if known is value:
                return dims_of_parts(value, given)
        return None

    @classmethod
    def of(cls, options: Callable[[], dict[str, Any]] | None) -> LoopOptions:
        """Return what a block gives to `set_loop_options`."""
        given = {} if options is None else options()
        return cls(given.get("shape_invariants"), given.get("maximum_iterations"))


@export("autograph.experimental.set_loop_options")
def set_loop_options(
    parallel_iterations: Any = None,
    swap_memory: Any = None,
    maximum_iterations: Any = None,
    shape_invariants: Any = None,
) -> None:
    """Set options of the loop in whose body this is the first statement.

    AutoGraph reads the arguments when it converts the loop; elsewhere the call does
    nothing.

    Args:
        parallel_iterations: Accepted for compatibility.
        swap_memory: Accepted for compatibility.
        maximum_iterations: The number of rounds after which the loop ends anyway.
        shape_invariants: Pairs of a loop variable and a shape that it keeps.
    """


@export("autograph.experimental.Feature")
class Feature(enum.Enum):
    """TensorFlow's names of what AutoGraph may be asked to convert, or not.

    `BUILTIN_FUNCTIONS` makes `print` of tensors print their values. The others are
    accepted for compatibility: everything but lists is always converted. Elements that
    a staged loop makes go into a `tf.TensorArray`.
    """

    ALL = "ALL"
    AUTO_CONTROL_DEPS = "AUTO_CONTROL_DEPS"
    ASSERT_STATEMENTS = "ASSERT_STATEMENTS"
    BUILTIN_FUNCTIONS = "BUILTIN_FUNCTIONS"
    EQUALITY_OPERATORS = "EQUALITY_OPERATORS"
    LISTS = "LISTS"
    NAME_SCOPES = "NAME_SCOPES"

    @classmethod
    def all(cls) -> tuple[Feature, ...]:
        """Return every feature."""
        return tuple(cls)

    @classmethod
    def all_but(cls, exclude: Feature | Iterable[Feature]) -> tuple[Feature, ...]:
        """Return every feature except those in `exclude`."""
        excluded = (exclude,) if isinstance(exclude, Feature) else tuple(exclude)
        return tuple(f for f in cls if f not in (*excluded, cls.ALL))


_asked_for: ContextVar[tuple[Feature, ...]] = ContextVar("features", default=())


@contextmanager
def features(asked_for: Any) -> Iterator[None]:
    """Have features converted for as long as the block runs; None changes nothing."""
    if asked_for is None:
        yield
        return
    single = isinstance(asked_for, Feature)
    token = _asked_for.set((asked_for,) if single else tuple(asked_for))
    try:
        yield
    finally:
        _asked_for.reset(token)


def is_asked_for(feature: Feature) -> bool:
    """Return whether the function being traced was to have a feature converted."""
    return feature in _asked_for.get() or Feature.ALL in _asked_for.get()
