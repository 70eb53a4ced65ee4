"""Values of several replicas held together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from tensor.core import nest
from tensor.core.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable


class DistributedValues:
    """One value for each replica of this process.

    Attributes:
        values: The values, by local replica.
    """

    def __init__(self, values: Any) -> None:
        self._values = tuple(values)

    @property
    def values(self) -> tuple[Any, ...]:
        """The values, by local replica."""
        return self._values

    def __repr__(self) -> str:
        inside = ",\n".join(f"  {i}: {v!r}" for i, v in enumerate(self._values))
        return f"{type(self).__name__}:{{\n{inside}\n}}"


class PerReplica(DistributedValues):
    """Values that differ between replicas: what `strategy.run` returns."""

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(
            f"PerReplica({len(self._values)}) has no attribute {name!r}: it holds one "
            "value for each replica. Use strategy.reduce(...) to combine them, or "
            "strategy.experimental_local_results(...) to look at each."
        )

    def _refuse(self, *_: Any) -> NoReturn:
        raise TypeError(
            f"PerReplica({len(self._values)}) is not a tensor: it holds one value for "
            "each replica. Use strategy.reduce(...) to combine them, or "
            "strategy.experimental_local_results(...) to look at each."
        )

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _refuse
    __truediv__ = __rtruediv__ = __matmul__ = __neg__ = __lt__ = __gt__ = _refuse
    __float__ = __int__ = __bool__ = __iter__ = __len__ = __getitem__ = _refuse
    __array__ = _refuse


class Mirrored(DistributedValues):
    """Equal values, one for each replica."""


def select(replica: int, structure: Any) -> Any:
    """Return the part of `structure` that belongs to one local replica."""
    return nest.map_structure(
        lambda v: v.values[replica] if isinstance(v, DistributedValues) else v,
        structure,
    )


def regroup(structures: list[Any]) -> Any:
    """Return one structure of PerReplica values from one structure per replica.

    With one replica its structure is returned as it is. Leaves that are the same Python
    object on all replicas stay that object, unless they are tensors.

    Raises:
        ValueError: The replicas returned different structures.
    """
    first = structures[0]
    if len(structures) == 1:
        return first
    for i, other in enumerate(structures[1:], 1):
        try:
            nest.assert_same_structure(first, other)
        except (ValueError, TypeError) as error:
            raise ValueError(
                f"Replica {i} returned another structure than replica 0: every replica "
                f"must return values of the same structure. {error}"
            ) from None
    flat = [nest.flatten(s) for s in structures]
    leaves = [_regroup_leaf(list(leaf)) for leaf in zip(*flat, strict=True)]
    return nest.pack_sequence_as(first, leaves)


def _regroup_leaf(values: list[Any]) -> Any:
    first = values[0]
    if not isinstance(first, Tensor) and all(v is first for v in values):
        return first
    if isinstance(first, int | str | bytes | bool) and all(v == first for v in values):
        return first
    return PerReplica(values)


def local_values(value: Any, replicas: int) -> tuple[Any, ...]:
    """Return the local replicas' values; a plain value stands for each of them."""
    if isinstance(value, DistributedValues):
        return value.values
    return (value,) * replicas


def map_values(function: Callable[[Any], Any], value: Any) -> Any:
    """Return `value` with `function` applied to each replica's part."""
    if isinstance(value, DistributedValues):
        return type(value)([function(v) for v in value.values])
    return function(value)
