"""How public functions hand composite arguments, such as ragged ones, to others.

`convert` cannot make a tensor of a composite value; it raises `CompositeArgument`. The
function that the user called catches it and asks the composite's handler instead. So
the usual path pays nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from tensor.core import api_dispatch, dtypes

if TYPE_CHECKING:
    from tensor.core.indexed_slices import CompositeTensor

F = TypeVar("F", bound=Callable[..., Any])

# Pairs of a composite class and `f(function, args, kwargs)`.
handlers: list[tuple[type, Callable[..., Any]]] = []


class CompositeArgument(TypeError, ValueError):  # noqa: N818  # caught, rarely seen
    """A composite value stood where a tensor is needed.

    Attributes:
        value: The composite.
    """

    def __init__(self, value: CompositeTensor) -> None:
        super().__init__(
            f"Attempt to convert a value ({value!r}) with an unsupported type "
            f"({type(value)!r}) to a Tensor. Convert it first, such as by "
            "`.to_tensor()` or tf.sparse.to_dense."
        )
        self.value = value


def hand_over(error: CompositeArgument, function: Any, args: Any, kwargs: Any) -> Any:
    """Let a target that the user registered, or a handler, apply the public function.

    Raises:
        CompositeArgument: There is neither.
    """
    result = api_dispatch.answer(function, args, kwargs)
    if result is not NotImplemented:
        return result
    for cls, handler in handlers:
        if isinstance(error.value, cls):
            return handler(function, args, kwargs)
    raise error


def takes_composites(function: F) -> F:
    """Decorate a public function so that handlers see its composite arguments."""

    @functools.wraps(function)
    def public(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except CompositeArgument as error:
            return hand_over(error, public, args, kwargs)

    public.takes_composites = True  # type: ignore[attr-defined]  # users may ask
    return public  # type: ignore[return-value]  # of the same signature


def int_dtype(dtype: Any) -> dtypes.DType:
    """Return an integer dtype, int32 by default."""
    return dtypes.int32 if dtype is None else dtypes.as_dtype(dtype)
