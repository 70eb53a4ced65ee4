"""What is unknown, while a function is traced, of what datasets are made of.

Arguments may hold symbolic tensors: as they are, in structures and composite values, in
datasets and functions of elements, or as the numbers they will be. `unknown_in` lists
these tensors; `filler` puts eager ones in their place when the graph runs.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from tensor.core import errors, nest
from tensor.core.dtypes import int64
from tensor.core.tensor import EagerTensor, Tensor
from tensor.data.elements import is_constant
from tensor.data.seeds import DrawnSeeds, drawn_seeds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class UnknownCount(int):
    """A number, or bool, that is known when the graph runs; until then it passes for 1.

    Attributes:
        tensor: The symbolic tensor that it will be the value of.
    """

    tensor: Any

    def __new__(cls, tensor: Any) -> Self:
        """Return the number that `tensor` will be."""
        number = super().__new__(cls, 1)
        number.tensor = tensor
        return number


def is_unknown(value: Any) -> bool:
    """Return whether `value` is a tensor that has no value yet."""
    return (
        isinstance(value, Tensor)
        and type(value) is not EagerTensor
        and not is_constant(value)
    )


def as_count(value: Any, name: str) -> int:
    """Return an int64 argument, which may be a scalar tensor, as a Python int.

    Raises:
        ValueError: It is a tensor of another dtype.
        TypeError: It is not an integer.
        InvalidArgumentError: It is not a scalar.
    """
    if isinstance(value, Tensor) and value.dtype is not int64:
        raise ValueError(
            f"{name}: Tensor conversion requested dtype int64 for Tensor with dtype "
            f"{value.dtype.name}: {value!r}. Convert it by tf.cast."
        )
    if is_unknown(value):
        known = value.static_vector()
        return known if isinstance(known, int) else UnknownCount(value)
    array = np.asarray(value)
    if array.dtype.kind not in "iu":
        raise TypeError(f"`{name}` must be a scalar integer, got {value!r}.")
    if array.shape != ():
        raise errors.because(
            errors.InvalidArgumentError, f"{name} must be a scalar, got {value!r}."
        )
    return int(array)


def as_flag(value: Any) -> Any:
    """Return a bool argument, which may be a scalar tensor, as a Python bool."""
    return UnknownCount(value) if is_unknown(value) else bool(value)


def known_size(size: int | None) -> int | None:
    """Return a number for a static shape, None if it is not known."""
    return None if isinstance(size, UnknownCount) else size


def unknown_in(value: Any) -> list[Any]:
    """Return the symbolic tensors in the arguments of a dataset."""
    if isinstance(value, Tensor):
        return [] if type(value) is EagerTensor else [value]
    if isinstance(value, UnknownCount):
        return [value.tensor]
    return [tensor for part in _parts(value) for tensor in unknown_in(part)]


def filler(value: Any) -> Callable[[Iterator[Any]], Any]:
    """Return a function that gives `value` with other tensors for the symbolic ones.

    It takes them in the order of `unknown_in`, and is called each time a graph runs.
    """
    if isinstance(value, UnknownCount):
        return lambda tensors: next(tensors).numpy().item()
    if isinstance(value, DrawnSeeds):
        return lambda _: drawn_seeds()  # nobody chose them: each run draws its own
    if not unknown_in(value):
        return lambda _: value
    if isinstance(value, Tensor):
        return next
    fillers = [filler(part) for part in _parts(value)]
    make = getattr(value, "composite_from", None) or partial(nest.rebuilt, value)
    return lambda tensors: make([fill(tensors) for fill in fillers])


def _parts(value: Any) -> list[Any]:
    if hasattr(value, "composite_components"):
        return list(value.composite_components())
    return list(nest.children(value)) if nest.is_nested(value) else []
