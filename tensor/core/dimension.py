"""One dimension of a shape in TF1's style, which may be unknown, and its arithmetic."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def as_dimension(value: Any) -> int | None:
    """Return one dimension as an int, or None for an unknown one.

    Raises:
        ValueError: `value` is negative.
        TypeError: `value` is not an integer.
    """
    if value is None or (type(value) is int and value >= 0):
        return value
    if isinstance(value, Dimension):
        return value.value
    try:
        number = value.__index__()
    except AttributeError:
        raise TypeError(
            f"Dimension value must be integer or None or have an __index__ method, "
            f"got value {value!r} with type {type(value)!r}"
        ) from None
    if number < 0:
        raise ValueError(f"Dimension {number} must be >= 0")
    return int(number)


def _arithmetic(function: Callable[[int, int], int], swap: bool = False) -> Any:
    """Return a method that computes with dimensions; unknown in, unknown out."""

    def method(self: Dimension, other: Any) -> Any:
        try:
            pair = self.value, as_dimension(other)
        except (TypeError, ValueError):
            return NotImplemented
        if None in pair:
            return Dimension(None)
        return Dimension(function(*(pair[::-1] if swap else pair)))  # type: ignore[arg-type]  # None is excluded

    return method


def _comparison(function: Callable[[int, int], bool]) -> Any:
    """Return a method that compares dimensions; None where one is unknown."""

    def method(self: Dimension, other: Any) -> Any:
        try:
            pair = self.value, as_dimension(other)
        except (TypeError, ValueError):
            return NotImplemented
        return None if None in pair else function(*pair)  # type: ignore[arg-type]  # None is excluded

    return method


class Dimension:
    """One dimension of a shape; its `value` is None if it is unknown."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = as_dimension(value)

    def __repr__(self) -> str:
        return f"Dimension({self.value})"

    def __str__(self) -> str:
        return "?" if self.value is None else str(self.value)

    __eq__ = _comparison(operator.eq)
    __ne__ = _comparison(operator.ne)
    __lt__ = _comparison(operator.lt)
    __le__ = _comparison(operator.le)
    __gt__ = _comparison(operator.gt)
    __ge__ = _comparison(operator.ge)

    __add__ = __radd__ = _arithmetic(operator.add)
    __mul__ = __rmul__ = _arithmetic(operator.mul)
    __sub__ = _arithmetic(operator.sub)
    __rsub__ = _arithmetic(operator.sub, swap=True)
    __floordiv__ = _arithmetic(operator.floordiv)
    __rfloordiv__ = _arithmetic(operator.floordiv, swap=True)
    __mod__ = _arithmetic(operator.mod)
    __rmod__ = _arithmetic(operator.mod, swap=True)

    def __hash__(self) -> int:
        return hash(self.value)

    def __truediv__(self, other: Any) -> Any:
        raise TypeError(
            f"unsupported operand type(s) for /: 'Dimension' and "
            f"{type(other).__name__!r}, please use // instead"
        )

    def __rtruediv__(self, other: Any) -> Any:
        raise TypeError(
            f"unsupported operand type(s) for /: {type(other).__name__!r} and "
            "'Dimension', please use // instead"
        )

    def __int__(self) -> int:
        if self.value is None:
            raise ValueError(
                "An unknown dimension has no integer value. tf.shape(x) gives it "
                "when it is known."
            )
        return self.value

    __index__ = __int__

    def is_compatible_with(self, other: Any) -> bool:
        """Return whether both may be the same: they are, or one is unknown."""
        other = as_dimension(other)
        return self.value is None or other is None or self.value == other

    def assert_is_compatible_with(self, other: Any) -> None:
        """Check that both may be the same.

        Raises:
            ValueError: They are known to differ.
        """
        if not self.is_compatible_with(other):
            raise ValueError(f"Dimensions {self} and {other} are not compatible")

    def merge_with(self, other: Any) -> Dimension:
        """Return the one of both that is known.

        Raises:
            ValueError: They are known to differ.
        """
        other = Dimension(other)
        self.assert_is_compatible_with(other)
        return other if self.value is None else self


def dimension_value(dimension: Any) -> Any:
    """Return what a dimension is in TF2: an int, or None."""
    return dimension.value if isinstance(dimension, Dimension) else dimension


def dimension_at_index(shape: Any, index: int) -> Dimension:
    """Return a dimension of a shape, in TF1's style; unknown if its rank is."""
    return Dimension(None if shape.rank is None else shape[index])
