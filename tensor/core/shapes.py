"""Shapes with unknown dimensions, and the algebra on them.

Inside ringflow a static shape is a tuple of `int | None` (None = a dimension not known
yet), or None when not even the rank is known. `TensorShape` is the same as users see
it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from tensor.core.dimension import Dimension as Dimension, as_dimension as as_dimension
from tensor.core.shape_algebra import (
    Dims as Dims,
    are_compatible as are_compatible,
    broadcast as broadcast,
    canonical_axis as canonical_axis,
    is_known as is_known,
    merge as merge,
    num_elements as num_elements,
    relax as relax,
    to_brackets as to_brackets,
    to_text as to_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class TensorShape:
    """The shape of a tensor: known, partly known, or of unknown rank.

    `TensorShape([2, None])` has two dimensions of which one is unknown;
    `TensorShape(None)` has unknown rank. Compares equal to tuples and lists.
    """

    __slots__ = ("_dims",)
    _dims: Dims | None

    def __init__(self, dims: Any) -> None:
        """Make a shape of `dims`: None, an integer, a sequence, or a TensorShape."""
        if dims is None:
            self._dims = None
        elif isinstance(dims, TensorShape):
            self._dims = dims._dims
        elif isinstance(dims, (int, Dimension)):
            self._dims = (as_dimension(dims),)
        else:
            try:
                iterator = iter(dims)
            except TypeError:
                self._dims = (as_dimension(dims),)
            else:
                self._dims = tuple(as_dimension(d) for d in iterator)

    @classmethod
    def of(cls, dims: Dims | None) -> TensorShape:
        """Wrap a static shape without checking it."""
        shape = object.__new__(cls)
        shape._dims = dims
        return shape

    @property
    def rank(self) -> int | None:
        """The number of dimensions, or None when it is unknown."""
        return None if self._dims is None else len(self._dims)

    ndims = rank

    @property
    def dims(self) -> list[Dimension] | None:
        """The dimensions as a list of `Dimension`, or None for unknown rank."""
        return None if self._dims is None else [Dimension(d) for d in self._dims]

    def as_list(self) -> list[int | None]:
        """Return the dimensions as a list of `int | None`.

        Raises:
            ValueError: The rank is unknown.
        """
        if self._dims is None:
            raise ValueError(
                "as_list() is not defined on an unknown TensorShape. `shape.rank` is "
                "None for one."
            )
        return list(self._dims)

    def as_tuple(self) -> Dims:
        """Return the dimensions as a tuple.

        Raises:
            ValueError: The rank is unknown.
        """
        if self._dims is None:
            raise ValueError(
                "as_tuple() is not defined on an unknown TensorShape. `shape.rank` "
                "is None for one."
            )
        return self._dims

    def num_elements(self) -> int | None:
        """Return how many elements a tensor of this shape has, None when unknown."""
        return num_elements(self._dims)

    def is_fully_defined(self) -> bool:
        """Return whether rank and all dimensions are known."""
        return is_known(self._dims)

    def assert_is_fully_defined(self) -> None:
        """Check that nothing about the shape is unknown.

        Raises:
            ValueError: A dimension or the rank is unknown.
        """
        if not self.is_fully_defined():
            raise ValueError(f"Shape {self} is not fully defined")

    def is_compatible_with(self, other: Any) -> bool:
        """Return whether some fully defined shape fits both shapes."""
        return are_compatible(self._dims, TensorShape(other)._dims)

    def assert_is_compatible_with(self, other: Any) -> None:
        """Check compatibility with `other`.

        Raises:
            ValueError: No fully defined shape fits both.
        """
        if not self.is_compatible_with(other):
            raise ValueError(f"Shapes {self} and {other} are incompatible")

    def is_subtype_of(self, other: Any) -> bool:
        """Return whether every shape that fits this one also fits `other`."""
        theirs = TensorShape(other)._dims
        if theirs is None:
            return True
        if self._dims is None or len(self._dims) != len(theirs):
            return False
        return all(t is None or s == t for s, t in zip(self._dims, theirs, strict=True))

    def most_specific_common_supertype(self, others: Iterable[Any]) -> TensorShape:
        """Return the narrowest shape that this one and all `others` fit."""
        result = self._dims
        for other in others:
            result = relax(result, TensorShape(other)._dims)
        return TensorShape.of(result)

    def most_specific_compatible_shape(self, other: Any) -> TensorShape:
        """Return the narrowest shape that fits both this shape and `other`."""
        return TensorShape.of(relax(self._dims, TensorShape(other)._dims))

    def merge_with(self, other: Any) -> TensorShape:
        """Combine what both shapes know.

        Raises:
            ValueError: The shapes contradict each other.
        """
        return TensorShape.of(merge(self._dims, TensorShape(other)._dims))

    def concatenate(self, other: Any) -> TensorShape:
        """Return the dimensions of this shape followed by those of `other`."""
        theirs = TensorShape(other)._dims
        if self._dims is None or theirs is None:
            return TensorShape(None)
        return TensorShape.of(self._dims + theirs)

    def with_rank(self, rank: int) -> TensorShape:
        """Return this shape, known to have `rank` dimensions.

        Raises:
            ValueError: The shape has another rank.
        """
        if self._dims is None:
            return TensorShape.of((None,) * rank)
        if len(self._dims) != rank:
            raise ValueError(f"Shape {self} must have rank {rank}")
        return self

    def assert_has_rank(self, rank: int) -> None:
        """Check the rank.

        Raises:
            ValueError: The shape has another rank.
        """
        if self.rank not in (None, rank):
            raise ValueError(f"Shape {self} must have rank {rank}")

    def assert_same_rank(self, other: Any) -> None:
        """Check that `other` has as many dimensions, as far as both are known.

        Raises:
            ValueError: It has not.
        """
        other = TensorShape(other)
        if None not in (self.rank, other.rank) and self.rank != other.rank:
            raise ValueError(f"Shapes {self} and {other} must have the same rank")

    def with_rank_at_least(self, rank: int) -> TensorShape:
        """Return this shape after checking that it has `rank` dimensions or more.

        Raises:
            ValueError: The shape has fewer dimensions.
        """
        if self._dims is not None and len(self._dims) < rank:
            raise ValueError(f"Shape {self} must have rank at least {rank}")
        return self

    def with_rank_at_most(self, rank: int) -> TensorShape:
        """Return this shape after checking that it has `rank` dimensions or fewer.

        Raises:
            ValueError: The shape has more dimensions.
        """
        if self._dims is not None and len(self._dims) > rank:
            raise ValueError(f"Shape {self} must have rank at most {rank}")
        return self

    def as_proto(self) -> Any:
        """Raise: protocol buffers are not part of the base install."""
        raise NotImplementedError(
            "TensorShape.as_proto needs TensorFlow's protocol buffers, which ringflow "
            "does not carry. `as_list()` gives the same facts."
        )

    def __len__(self) -> int:
        if self._dims is None:
            raise ValueError(
                "Cannot take the length of shape with unknown rank. `shape.rank` is "
                "None for one."
            )
        return len(self._dims)

    def __iter__(self) -> Iterator[int | None]:
        if self._dims is None:
            raise ValueError(
                "Cannot iterate over a shape with unknown rank. `shape.rank` is None "
                "for one."
            )
        return iter(self._dims)

    @overload
    def __getitem__(self, key: int) -> int | None: ...
    @overload
    def __getitem__(self, key: slice) -> TensorShape: ...
    def __getitem__(self, key: int | slice) -> int | TensorShape | None:
        if self._dims is not None:
            if isinstance(key, slice):
                return TensorShape.of(self._dims[key])
            return self._dims[key]
        if not isinstance(key, slice):
            return None
        start, stop = key.start or 0, key.stop
        if key.step is not None and key.step != 1:
            raise ValueError(
                f"Steps are not supported on a shape of unknown rank, got {key}."
            )
        if stop is None or start < 0 or stop < 0:
            return TensorShape(None)
        return TensorShape.of((None,) * max(0, stop - start))

    def __bool__(self) -> bool:
        return self._dims is not None

    def __eq__(self, other: object) -> bool:
        if type(other) is tuple:
            return self._dims == other
        try:
            theirs = TensorShape(other)._dims
        except (TypeError, ValueError):
            return NotImplemented
        return self._dims == theirs

    def __hash__(self) -> int:
        return hash(self._dims)

    def __add__(self, other: Any) -> TensorShape:
        return self.concatenate(other)

    def __radd__(self, other: Any) -> TensorShape:
        return TensorShape(other).concatenate(self)

    def __repr__(self) -> str:
        return f"TensorShape({None if self._dims is None else list(self._dims)})"

    def __str__(self) -> str:
        return to_text(self._dims)

    def __reduce__(self) -> tuple[Any, ...]:
        return TensorShape, (self._dims,)
