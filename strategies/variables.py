"""Variables under a strategy: equal on all replicas, or combined when read.

A variable that replicas share (`ON_WRITE`, the default) has one array in each process.
Assigning in a replica combines what the replicas assign, as `aggregation` says; the
optimizer's updates are computed alike everywhere and need no combining. Variables that
each replica has for itself (`ON_READ`) are in `on_read`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from strategies.aggregation import REDUCED, aggregate, aggregate_slices
from strategies.contexts import (
    CrossReplicaContext,
    ReplicaContext,
    entered,
)
from strategies.values import map_values, show
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.variable import Variable

if TYPE_CHECKING:
    from strategies.strategy import Strategy


class DistributedVariable(Variable):
    """A variable that belongs to a strategy."""

    _strategy: Strategy
    _refuses_in_place = False

    @property
    def distribute_strategy(self) -> Strategy:
        """The strategy in whose scope the variable was created."""
        return self._strategy

    @property
    def replication(self) -> CrossReplicaContext:
        """What the engine asks about the replicas that the variable lives on."""
        return CrossReplicaContext(self._strategy)

    @property
    def values(self) -> tuple[Any, ...]:
        """The variables of the local replicas."""
        raise NotImplementedError(f"{type(self).__name__} must define `values`.")

    @property
    def copies(self) -> tuple[Any, ...]:
        """The variables that stand for them while a graph is traced."""
        return self.values

    @property
    def device(self) -> str:
        """The device of the current replica; across replicas that of the first."""
        replica = self._replica()
        if replica is None:
            return self._device
        return self._strategy.extended.device_of(replica.local_replica)

    def __repr__(self) -> str:
        if not self._strategy.extended.has_copies:
            return Variable.__repr__(self)
        return show(self, [repr(v) for v in self.values])

    __str__ = __repr__

    def __deepcopy__(self, memo: Any) -> Any:
        with entered(CrossReplicaContext(self._strategy)):
            return super().__deepcopy__(memo)

    def _scatter_nd(self, combine: Any, indices: Any, updates: Any) -> Any:
        self._check_lone("scatter_nd_*")
        return super()._scatter_nd(combine, indices, updates)

    def batch_scatter_update(
        self, sparse_delta: Any, use_locking: bool = False, name: Any = None
    ) -> Any:
        """Replace slices; not where there are several replicas."""
        self._check_lone("batch_scatter_update")
        return super().batch_scatter_update(sparse_delta, use_locking, name)

    def _check_lone(self, what: str) -> None:
        """Check that there is one replica only.

        Raises:
            NotImplementedError: There are several.
        """
        if self._strategy.num_replicas_in_sync > 1:
            raise NotImplementedError(
                f"{what} is not supported for {self.name!r}, which "
                f"{self._strategy.num_replicas_in_sync} replicas have: assign a whole "
                "value or a slice (`v[i].assign`), or rows of a mirrored variable by "
                "`scatter_add` and the like."
            )

    def _replica(self) -> ReplicaContext | None:
        """Return the replica of this variable's strategy that runs now, if any."""
        state = context.replica
        if isinstance(state, ReplicaContext) and state.strategy is self._strategy:
            return state
        return None


class MirroredVariable(DistributedVariable):
    """A variable whose value is the same on all replicas."""

    @property
    def values(self) -> tuple[Any, ...]:
        """The variable as each local replica has it: they share its array."""
        count = self._strategy.extended.num_local_replicas
        return tuple([type.__call__(Part, self, i) for i in range(count)])

    @property
    def copies(self) -> tuple[Any, ...]:
        """The variable, once for each local replica."""
        return (self,) * self._strategy.extended.num_local_replicas

    def _update(self, how: str, value: Any, read_value: bool) -> Any:
        replica = self._replica()
        if replica is None or self._strategy.num_replicas_in_sync == 1:
            return super()._update(how, value, read_value)
        if isinstance(value, Variable):
            value = value.value()
        aggregation, dtype = self._aggregation, self._dtype

        def merge(strategy: Strategy, value: Any) -> Any:
            values = map_values(lambda v: convert(v, dtype), value)
            combined = aggregate(strategy.extended, aggregation, values, self.name)
            return Variable._update(self, how, combined, read_value)

        return replica.merge_call(merge, args=(value,))

    def assign_slice(self, index: Any, how: str, value: Any) -> Any:
        """Write to `self[index]` what the replicas' values are together."""
        replica = self._replica()
        if replica is None or self._strategy.num_replicas_in_sync == 1:
            return super().assign_slice(index, how, value)
        aggregation = self._aggregation

        def merge(strategy: Strategy, values: Any) -> Any:
            combined = aggregate(strategy.extended, aggregation, values, self.name)
            return Variable.assign_slice(self, index, how, combined)

        return replica.merge_call(merge, args=(convert(value, self._dtype),))

    def _scatter(self, combine: Any, slices: Any) -> Any:
        if self._strategy.num_replicas_in_sync == 1:
            return super()._scatter(combine, slices)
        aggregation, uncombined = self._aggregation, _UNCOMBINED.get(combine)
        if uncombined and aggregation in REDUCED:
            raise NotImplementedError(
                f"{uncombined} is only supported for mirrored variable (variable "
                "created within certain `tf.distribute.Strategy` scope) with NONE or "
                f"`ONLY_FIRST_REPLICA` aggregation, got: {aggregation}, for "
                f"{self.name!r}."
            )
        replica = self._replica()
        if replica is None:
            return super()._scatter(combine, slices)

        def merge(strategy: Strategy, slices: Any) -> Any:
            extended = strategy.extended
            combined = aggregate_slices(extended, aggregation, slices, self.name)
            return Variable._scatter(self, combine, combined)

        return replica.merge_call(merge, args=(slices,))


# Changes of rows whose sum or mean over the replicas makes no sense.
_UNCOMBINED = {
    None: "scatter_update",
    np.minimum: "scatter_min",
    np.maximum: "scatter_max",
}


class Part(Variable):
    """What one local replica has of a variable whose array it shares with others.

    The variable itself asks all replicas when it is read or changed; this one does not.
    """

    def __init__(self, whole: DistributedVariable, local_replica: int) -> None:
        self.__dict__.update(whole.__dict__)
        self._whole = whole
        self._name = name_in(whole, local_replica)
        self._device = whole.distribute_strategy.extended.device_of(local_replica)

    @property
    def _array(self) -> Any:
        return self._whole._array

    @_array.setter
    def _array(self, array: Any) -> None:
        self._whole._array = array


def name_in(variable: Variable, local_replica: int) -> str:
    """Return the name that a variable has in one of the local replicas."""
    name = variable.name.removesuffix(":0")
    return f"{name}/replica_{local_replica}" if local_replica else name
