"""Values of several replicas held together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from tensor.core import distributed_values as types, nest
from tensor.core.indexed_slices import CompositeTensor, IndexedSlices
from tensor.core.registry import get_op
from tensor.core.tensor import Tensor
from tensor.core.tensor_spec import CompositeSpec, TensorSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class DistributedValues(CompositeTensor):
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

    # Traced functions, loops and Optionals take the values apart and put them together.

    def composite_components(self) -> list[Any]:
        """Return the tensors of all replicas."""
        return nest.flatten(self._values, True)

    def composite_from(self, parts: Sequence[Any]) -> Any:
        """Return values like these made of other tensors."""
        return type(self)(nest.pack_sequence_as(self._values, parts, True))

    def __repr__(self) -> str:
        return show(self, [repr(v) for v in self._values])

    def __str__(self) -> str:
        return show(self, [str(v) for v in self._values])


def show(whole: Any, values: list[str]) -> str:
    """Return the text of something that has a value for each replica."""
    inside = ",\n".join(f"  {i}: {v}" for i, v in enumerate(values))
    return f"{type(whole).__name__}:{{\n{inside}\n}}"


class PerReplica(DistributedValues, types.PerReplica):
    """Values that differ between replicas: what `strategy.run` returns."""

    @property
    def _type_spec(self) -> PerReplicaSpec:
        return PerReplicaSpec(*[_spec_of(value) for value in self._values])

    def __tf_tensor__(self, dtype: Any, name: Any) -> NoReturn:
        raise ValueError(
            "It looks like you are using a PerReplica object while not inside a "
            "replica context, which is not supported. Try running your op or function "
            "inside a replica context by using `strategy.run`, or combine the values "
            "by `strategy.reduce`."
        )

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(
            f"PerReplica({len(self._values)}) has no attribute {name!r}: it holds one "
            "value for each replica. Use strategy.reduce(...) to combine them, or "
            "strategy.experimental_local_results(...) to look at each."
        )

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(
            f"PerReplica({len(self._values)}) is not a tensor: it holds one value for "
            "each replica. Use strategy.reduce(...) to combine them, or "
            "strategy.experimental_local_results(...) to look at each."
        )

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _refuse
    __truediv__ = __rtruediv__ = __matmul__ = __neg__ = __lt__ = __gt__ = _refuse
    __float__ = __int__ = __bool__ = __iter__ = __len__ = __getitem__ = _refuse
    __array__ = _refuse


class Mirrored(DistributedValues, types.Mirrored):
    """Equal values, one for each replica."""


class PerReplicaSpec(CompositeSpec):
    """Describes values that differ between replicas, by the spec of each."""

    __slots__ = ("_value_specs",)
    value_type = PerReplica

    def __init__(self, *value_specs: Any) -> None:
        self._value_specs = value_specs

    def composite_components(self) -> list[Any]:
        """Return the specs of the tensors of all replicas."""
        return nest.flatten(self._value_specs, True)

    def composite_from(self, parts: Sequence[Any]) -> PerReplica:
        """Return values that fit this spec."""
        return PerReplica(nest.pack_sequence_as(self._value_specs, parts, True))

    def _parameters(self) -> tuple[Any, ...]:
        return self._value_specs

    def __repr__(self) -> str:
        return f"PerReplicaSpec({', '.join(map(repr, self._value_specs))})"


def _spec_of(value: Any) -> Any:
    if isinstance(value, Tensor):
        return TensorSpec.of(value.static_shape, value.dtype)
    return getattr(value, "_type_spec", value)


def spec_for_replicas(element_spec: Any, count: int) -> Any:
    """Return the spec of batches for `count` replicas; of plain ones for one."""
    if count == 1:
        return element_spec
    return nest.map_structure(lambda s: PerReplicaSpec(*[s] * count), element_spec)


def select(replica: int, structure: Any) -> Any:
    """Return the part of `structure` that belongs to one local replica."""
    return nest.map_structure(
        lambda v: v.values[replica] if isinstance(v, DistributedValues) else v,
        structure,
    )


def regroup(structures: list[Any], merges: bool = True) -> Any:
    """Return one structure of PerReplica values from one structure per replica.

    With one replica its structure is returned as it is. Leaves that are the same Python
    object on all replicas stay that object, if `merges`.

    Raises:
        AssertionError: The replicas returned different structures.
    """
    first = structures[0]
    if len(structures) == 1:
        return first
    for i, other in enumerate(structures[1:], 1):
        try:
            nest.assert_same_structure(first, other)
        except (ValueError, TypeError) as error:
            raise AssertionError(
                f"Replica {i} returned another structure than replica 0: every replica "
                f"must return values of the same structure. {error}"
            ) from None
    flat = [nest.flatten(s) for s in structures]
    group = _regroup_leaf if merges else PerReplica
    leaves = [group(list(leaf)) for leaf in zip(*flat, strict=True)]
    return nest.pack_sequence_as(first, leaves)


def _regroup_leaf(values: list[Any]) -> Any:
    first = values[0]
    if all(v is first for v in values):
        return first
    if isinstance(first, int | str | bytes | bool) and all(v == first for v in values):
        return first
    return PerReplica(values)


def local_values(value: Any, replicas: int) -> tuple[Any, ...]:
    """Return the local replicas' values; a plain value stands for each of them."""
    if isinstance(value, DistributedValues):
        return value.values
    return (value,) * replicas


def own(value: Any) -> Any:
    """Return a tensor or IndexedSlices as objects that nobody else has.

    What several replicas return of the very same object counts as one value.
    """
    identity = get_op("Identity")
    return value.map(identity) if isinstance(value, IndexedSlices) else identity(value)


def map_values(function: Callable[[Any], Any], value: Any) -> Any:
    """Return `value` with `function` applied to each replica's part."""
    if isinstance(value, DistributedValues):
        return type(value)([function(v) for v in value.values])
    return function(value)
