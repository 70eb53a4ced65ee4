"""tf.debugging.assert_shapes: sizes by number or by a name that several tensors share.

What is known of shapes is checked at once; the rest when the graph runs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.shapes import TensorShape
from tensor.core.tensor import Tensor
from tensor.ops.array import shape as dynamic_shape
from tensor.ops.assertions import assert_
from tensor.ops.compare import equal
from tensor.ops.static_assertions import (
    assert_rank,
    assert_rank_at_least,
    assert_rank_in,
)

_ANY_NUMBER = ("*", "...", Ellipsis)


@export("debugging.assert_shapes")
def assert_shapes(
    shapes: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> None:
    """Check shapes, where equal names must stand for equal sizes.

    Args:
        shapes: Pairs of a tensor and its shape (a dictionary or a list): a sequence of
            sizes, names and None or "." (any size), and "..." or "*" at the start for
            any further dimensions.
        data: What to show besides.
        summarize: How many elements to show.
        message: What to say first.
        name: Accepted for compatibility.

    Raises:
        ValueError: A shape is another one, or none is described.
        InvalidArgumentError: A shape is another one, when a graph runs.
    """
    pairs = shapes.items() if isinstance(shapes, dict) else shapes
    start = f"{message}.  " if message else ""
    sizes: dict[str, tuple[Any, str]] = {}
    for value, symbols in pairs:
        tensor = _Shaped(value)
        for axis, symbol in tensor.described(symbols, message):
            size = tensor.size(axis)
            if isinstance(symbol, str) and not symbol.isdigit():
                origin = f"Specified by tensor {tensor.name} dimension {axis}"
                expected, said = sizes.setdefault(symbol, (size, origin))
            else:
                expected, said = int(symbol), "Specified explicitly"
            if isinstance(size, int) and isinstance(expected, int):
                if size != expected:
                    raise ValueError(
                        f"{start}{said}.  Tensor {tensor.name} dimension {axis} must "
                        f"have size {expected}.  Received size {size}, shape "
                        f"{tensor.shape}"
                    )
                continue
            shown = [start, said, f"Tensor {tensor.name} dimension", axis]
            shown += ["must have size", expected, "Received shape: "]
            shown += [tensor.dynamic_shape(), *(data or [])]
            assert_(equal(convert(size), expected), shown, summarize)


class _Shaped:
    """A tensor of any kind, of which only the shape matters.

    Attributes:
        shape: What is known of the shape.
        name: How messages call the tensor.
    """

    def __init__(self, value: Any) -> None:
        is_made = isinstance(value, Tensor) or hasattr(value, "composite_components")
        self._value = value if is_made else convert(value)
        self.shape = TensorShape(self._value.shape)
        name = getattr(value, "name", "") if isinstance(value, Tensor) else ""
        dtype = self._value.dtype.name
        self.name = name or f"shape={self.shape} dtype={dtype}"

    def dynamic_shape(self) -> Any:
        """Return the shape as a tensor."""
        found = getattr(self._value, "dense_shape", None)
        return dynamic_shape(self._value) if found is None else found

    def size(self, axis: int) -> Any:
        """Return the size of an axis, as a tensor if it is not known."""
        known = None if self.shape.rank is None else self.shape[axis]
        return self.dynamic_shape()[axis] if known is None else known

    def described(self, symbols: Any, message: str | None) -> list[tuple[int, Any]]:
        """Return axes whose sizes are described, with the symbols for them.

        Raises:
            ValueError: The number of dimensions is another, or no shape is described.
        """
        listed = self._listed(symbols)
        first = 0
        if listed and listed[0] in _ANY_NUMBER:
            listed = listed[1:]
            first = -len(listed)
            self._check_rank(assert_rank_at_least, len(listed), message)
        else:
            self._check_length(len(listed), message)
        if not listed and self.shape.rank == 1:
            listed = [1]  # a vector of one element may stand for a scalar
        if self.shape.rank == 0:
            return []
        if first and self.shape.rank is not None:
            first += self.shape.rank
        pairs = enumerate(listed, first)
        return [(axis, s) for axis, s in pairs if s is not None and s != "."]

    def _listed(self, symbols: Any) -> list[Any]:
        if hasattr(symbols, "as_list"):
            return list(symbols.as_list())
        if not (hasattr(symbols, "__iter__") or hasattr(symbols, "__getitem__")):
            raise ValueError(
                f"Tensor {self.name}.  Specified shape must be an iterable.  An "
                "iterable has the attribute `__iter__` or `__getitem__`.  Received "
                f"specified shape: {symbols}"
            )
        listed = list(symbols)
        for i, symbol in enumerate(listed[1:], 1):
            if symbol in _ANY_NUMBER:
                raise ValueError(
                    f"Tensor {self.name} specified shape index {i}.  Symbol `...` or "
                    "`*` for a variable number of unspecified dimensions is only "
                    "allowed as the first entry"
                )
        return listed

    def _check_length(self, count: int, message: str | None) -> None:
        if count > 1:
            self._check_rank(assert_rank, count, message)
        else:  # a scalar may stand for a vector of one element
            self._check_rank(assert_rank_in, (0, 1), message)

    def _check_rank(self, check: Any, wanted: Any, message: str | None) -> None:
        if isinstance(self._value, Tensor):
            check(self._value, wanted, message)
            return
        # Only the rank counts, and that of a sparse tensor is known.
        check(convert(np.empty((0,) * len(self.shape))), wanted, message)
