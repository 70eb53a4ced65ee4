"""FunctionType: the parameters and results of a function, with what a trace knows."""

from __future__ import annotations

import inspect
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from tensor.graph.trace_types import type_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class _CapturedDefault:
    """Stands for a default value, which the function keeps to itself."""

    def __repr__(self) -> str:
        return "<captured_default_value>"


CAPTURED_DEFAULT = _CapturedDefault()


class Parameter(inspect.Parameter):
    """A parameter, whether it may be left out, and the type that arguments have.

    Args:
        name: Its name.
        kind: How arguments are passed, as in `inspect.Parameter`.
        optional: Whether it may be left out.
        type_constraint: The type of the arguments; None if any will do.
    """

    __slots__ = ()

    def __init__(
        self, name: str, kind: Any, optional: bool, type_constraint: Any
    ) -> None:
        super().__init__(
            name,
            kind,
            default=CAPTURED_DEFAULT if optional else inspect.Parameter.empty,
            annotation=inspect.Parameter.empty
            if type_constraint is None
            else type_constraint,
        )

    @property
    def optional(self) -> bool:
        """Whether it may be left out."""
        return self.default is not self.empty

    @property
    def type_constraint(self) -> Any:
        """The type of the arguments; None if any will do."""
        return None if self.annotation is self.empty else self.annotation

    def __repr__(self) -> str:
        return (
            f"Parameter(name={self.name}, kind={self.kind!s}, "
            f"optional={self.optional!r}, type_constraint={self.type_constraint!r})"
        )

    def __reduce__(self) -> Any:
        facts = self.name, self.kind, self.optional, self.type_constraint
        return type(self), facts


class FunctionType(inspect.Signature):
    """The parameters and results of a function, with the types that a trace knows.

    Attributes:
        captures: The types of what it takes from outside, by the object's id.
        output: The type of what it returns; None before it is traced.
    """

    def __init__(
        self,
        parameters: Iterable[inspect.Parameter] | None = None,
        captures: Mapping[int, Any] | None = None,
        **options: Any,
    ) -> None:
        self.captures = OrderedDict(captures or {})
        super().__init__(list(parameters or ()), **options)

    @property
    def output(self) -> Any:
        """The type of what the function returns; None before it is traced."""
        found = self.return_annotation
        return None if found is inspect.Signature.empty else found

    def __repr__(self) -> str:
        own = [p for p in self.parameters.values() if isinstance(p, Parameter)]
        if len(own) < len(self.parameters):
            return super().__repr__()
        lines = [f"  {p.name} ({p.kind!s}): {p.type_constraint!r}" for p in own]
        captures = [f"  {key}: {spec!r}" for key, spec in self.captures.items()]
        return "\n".join(
            [
                "Input Parameters:",
                *(lines or ["  None"]),
                "Output Type:",
                f"  {self.output!r}",
                "Captures:",
                *(captures or ["  None"]),
            ]
        )


def untraced(
    signature: inspect.Signature, constraints: Mapping[str, Any]
) -> FunctionType:
    """Return the type of a function before it is traced.

    Args:
        signature: Its parameters.
        constraints: What arguments have to fit, or be, by the parameter's name.
    """
    return FunctionType(
        [
            Parameter(
                p.name,
                p.kind,
                p.default is not p.empty,
                type_of(constraints[p.name]) if p.name in constraints else None,
            )
            for p in signature.parameters.values()
        ]
    )
