"""UnreadVariable: what an assignment returns to who writes `print(v.assign(1))`."""

from __future__ import annotations

from typing import Any

from tensor.core.variable import Variable


class UnreadVariable(Variable):
    """The variable that was assigned to, under the name that TensorFlow gives it there.

    It has no state of its own: it reads and writes the variable's.
    """

    def __init__(self, variable: Variable) -> None:
        object.__setattr__(self, "_variable", variable)

    @property
    def name(self) -> str:
        """The name, without an output's index."""
        return "UnreadVariable"

    def __getattr__(self, name: str) -> Any:
        if name == "_variable":  # a copy on its way
            raise AttributeError(name)
        return getattr(self._variable, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._variable, name, value)


def _assigned(variable: Variable) -> Variable:
    """Return what an eager assignment to a variable returns.

    Variables of other kinds, such as those of strategies, return themselves.
    """
    if type(variable) is not Variable:
        return variable
    return UnreadVariable(variable)


Variable._assigned = _assigned  # type: ignore[method-assign, assignment]
