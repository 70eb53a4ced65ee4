"""ResourceHandle: what `variable.handle` is, the variable itself and not its value."""

from __future__ import annotations

import weakref
from typing import Any, NoReturn

from tensor.core import dtypes, errors
from tensor.core.tensor import Tensor


class ResourceHandle(Tensor):
    """A scalar of dtype resource. It names a variable, and has no arithmetic.

    Attributes:
        variable: The variable.
    """

    __slots__ = ("variable",)

    def __init__(self, variable: Any) -> None:
        self.variable = variable
        self._track_id = variable._track_id

    @property
    def static_shape(self) -> tuple[int, ...]:
        """The shape of the handle: none."""
        return ()

    @property
    def dtype(self) -> dtypes.DType:
        """The dtype `resource`."""
        return dtypes.resource

    @property
    def device(self) -> str:
        """Where the variable is."""
        return str(self.variable.device)

    @property
    def name(self) -> str:
        """The variable's name."""
        return str(self.variable.name)

    def call_op(
        self, op: Any, inputs: Any, attrs: Any, name: str | None = None
    ) -> NoReturn:
        """Raise: only `tf.raw_ops` take handles.

        Raises:
            InvalidArgumentError: Always.
        """
        raise errors.because(
            errors.InvalidArgumentError,
            f"An input of {op.type_name} cannot be a resource variable's handle. Pass "
            f"the variable {self.name!r}, or its value. [Op:{op.type_name}]",
        )

    def __repr__(self) -> str:
        return f"<handle of {self.variable!r}>"


# A handle holds its variable, so the number stays that variable's while it is here.
_handles: weakref.WeakValueDictionary[int, ResourceHandle] = (
    weakref.WeakValueDictionary()
)


def handle_of(variable: Any) -> ResourceHandle:
    """Return the handle of a variable, the same as long as somebody has it."""
    handle = _handles.get(id(variable))
    if handle is None:
        handle = _handles[id(variable)] = ResourceHandle(variable)
    return handle
