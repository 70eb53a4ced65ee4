"""Variables under a strategy: equal on all replicas, or combined when read.

A variable that replicas share (`ON_WRITE`, the default) has one array in each process.
Assigning in a replica combines what the replicas assign, as `aggregation` says; the
optimizer's updates are computed alike everywhere and need no combining. A variable that
each replica has for itself (`ON_READ`: metrics, batch statistics) has one array for
each local replica; reading it across replicas combines them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from strategies.aggregation import REDUCED, aggregate, aggregate_slices
from strategies.contexts import (
    CrossReplicaContext,
    LoneContext,
    ReplicaContext,
    entered,
)
from strategies.reduce_op import ReduceOp
from strategies.values import show
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.registry import get_op
from tensor.core.tensor import wrap
from tensor.core.variable import Variable, VariableAggregation, VariableSynchronization

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

    def __repr__(self) -> str:
        if not self._strategy.extended.has_copies:
            return Variable.__repr__(self)
        texts = [Variable.__repr__(v) for v in self.values]
        base = self.name.removesuffix(":0")
        for i in range(1, len(texts)):
            texts[i] = texts[i].replace(f"{base}:0", f"{base}/replica_{i}:0", 1)
        return show(self, texts)

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
        """The variable, once for each local replica: they share it."""
        return (self,) * self._strategy.extended.num_local_replicas

    def _update(self, how: str, value: Any, read_value: bool) -> Any:
        replica = self._replica()
        if replica is None or self._strategy.num_replicas_in_sync == 1:
            return super()._update(how, value, read_value)
        value = convert(value, self._dtype)
        aggregation = self._aggregation

        def merge(strategy: Strategy, values: Any) -> Any:
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
        replica = self._replica()
        if replica is None or self._strategy.num_replicas_in_sync == 1:
            return super()._scatter(combine, slices)
        aggregation, uncombined = self._aggregation, _UNCOMBINED.get(combine)
        if uncombined and aggregation in REDUCED:
            raise NotImplementedError(
                f"{uncombined} is only supported for mirrored variable (variable "
                "created within certain `tf.distribute.Strategy` scope) with NONE or "
                f"`ONLY_FIRST_REPLICA` aggregation, got: {aggregation}, for "
                f"{self.name!r}."
            )

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


class FirstCopy(Variable):
    """What the first local replica has of a variable that each has for itself.

    That variable is itself combined when it is read across replicas; this one is not.
    """

    def __init__(self, whole: SyncOnReadVariable) -> None:
        self.__dict__.update(whole.__dict__)
        self._whole = whole

    @property
    def _array(self) -> Any:
        return self._whole._array

    @_array.setter
    def _array(self, array: Any) -> None:
        self._whole._array = array


class SyncOnReadVariable(DistributedVariable):
    """A variable that each replica has for itself, combined when read across them.

    Attributes:
        held: The combined value while it is being saved; else None.
    """

    _others: list[Variable]
    held: Any = None

    def add_copies(self, count: int) -> None:
        """Make the variables of the other local replicas."""
        self._others = [
            type.__call__(
                Variable,
                wrap(np.array(self._array)),
                trainable=self._trainable,
                name=self._name,
                dtype=self._dtype,
                shape=self.shape,
            )
            for _ in range(count)
        ]

    @property
    def copies(self) -> tuple[Any, ...]:
        """The variables of the local replicas; the first is this one."""
        return (self, *self._others)

    @property
    def values(self) -> tuple[Any, ...]:
        """The variables of the local replicas, each read for itself."""
        return (type.__call__(FirstCopy, self), *self._others)

    def __deepcopy__(self, memo: Any) -> Any:
        copied = super().__deepcopy__(memo)
        for theirs, mine in zip(copied.values, self.values, strict=True):
            theirs._array = np.array(mine._array)[()]
        return copied

    def _own(self) -> Variable | None:
        """Return the current replica's variable if it is another than this one."""
        replica = self._replica()
        if replica is None or replica.local_replica == 0:
            return None
        return self._others[replica.local_replica - 1]

    def _is_across(self) -> bool:
        return (
            self._strategy.num_replicas_in_sync > 1
            and self._replica() is None
            and not isinstance(context.replica, LoneContext)
        )

    def read_for_op(self) -> Any:
        """Return this replica's value; across replicas, the combined one."""
        own = self._own()
        if own is not None:
            return own.read_for_op()
        if self._is_across():
            return self._combined()
        return super().read_for_op()

    def value(self) -> Any:
        """Return this replica's value; across replicas, the combined one."""
        return get_op("Identity")(self.read_for_op())

    read_value = value

    def numpy(self) -> Any:
        """Return the value as NumPy.

        Across replicas it is the combined value: every process has to ask for it.
        """
        if self._is_across():
            return self._combined().numpy()
        own = self._own()
        return super().numpy() if own is None else own.numpy()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.numpy(), dtype=dtype)

    def read_array(self) -> Any:
        """Return the current array: while it is being saved, the combined one."""
        return super().read_array() if self.held is None else self.held._array

    def local_value(self) -> Any:
        """Return the first local replica's value, without asking the others."""
        return Variable.read_for_op(self)

    def assign_slice(self, index: Any, how: str, value: Any) -> Any:
        """Write to `self[index]` of this replica.

        Raises:
            NotImplementedError: Across replicas.
        """
        if self._is_across():
            raise NotImplementedError(
                f"A slice of {self.name!r}, of which each replica has its own, cannot "
                "be assigned across replicas. Do it inside `strategy.run`."
            )
        own = self._own()
        if own is not None:
            return own.assign_slice(index, how, value)
        return super().assign_slice(index, how, value)

    def _scatter(self, combine: Any, slices: Any) -> Any:
        self._check_lone("A scatter of rows")
        return super()._scatter(combine, slices)

    def _combined(self) -> Any:
        if self.held is not None:
            return self.held
        values = [Variable.read_for_op(v) for v in self.copies]
        extended = self._strategy.extended
        if self._aggregation is VariableAggregation.ONLY_FIRST_REPLICA:
            return extended.first_of(values[0])
        how = (
            ReduceOp.MEAN
            if self._aggregation is VariableAggregation.MEAN
            else ReduceOp.SUM
        )
        if self._aggregation is VariableAggregation.NONE:
            raise ValueError(
                f"Could not convert {self.name!r} to a tensor across replicas: with "
                "aggregation NONE there is no rule for combining the replicas' values. "
                "Create it with `aggregation=`, or read it inside `strategy.run`."
            )
        return extended.reduce_local(how, values)

    def _update(self, how: str, value: Any, read_value: bool) -> Any:
        own = self._own()
        if own is not None:
            return own._update(how, value, read_value)
        if not self._is_across():
            return super()._update(how, value, read_value)
        if self._aggregation is VariableAggregation.NONE:
            raise ValueError(
                "Could not convert from `tf.VariableAggregation` "
                f"VariableAggregation.NONE: {self.name!r} is not synchronized, so it "
                "cannot be assigned across replicas. Do it inside `strategy.run`."
            )
        if self._aggregation is VariableAggregation.SUM:
            if how != "assign":
                raise ValueError(
                    f"SyncOnReadVariable does not support `{how}` in cross-replica "
                    "context when aggregation is set to `tf.VariableAggregation.SUM` "
                    f"({self.name!r}): which replica's part would change? Use "
                    "`assign`, or call it inside `strategy.run`."
                )
            value = convert(value, self._dtype)
            value = value / self._strategy.num_replicas_in_sync
            value = get_op("Cast")(value, dtype=self._dtype)
        for other in self._others:
            other._update(how, value, False)
        return super()._update(how, value, read_value)


def create(strategy: Strategy, make: Any) -> Any:
    """Return a new variable of `strategy`, of the kind that its arguments ask for.

    Raises:
        ValueError: MEAN of integers was asked for, or synchronization NONE.
    """
    # The arguments say which class it must be: make it, then give it that class.
    variable = make(MirroredVariable)
    on_read = variable.synchronization is VariableSynchronization.ON_READ
    if variable.aggregation is VariableAggregation.MEAN and variable.dtype.is_integer:
        raise ValueError(
            "creating distributed tf.Variable with aggregation=MEAN and a non-floating "
            "dtype is not supported, please use a different aggregation or dtype "
            f"({variable.name!r} of {variable.dtype!r}: the mean of integers is no "
            "integer)."
        )
    if variable.synchronization is VariableSynchronization.NONE:
        raise ValueError(
            "`NONE` variable synchronization mode is not supported with tf.distribute "
            "strategy. Please change the `synchronization` for variable: "
            f"{variable.name.removesuffix(':0')}"
        )
    if variable.synchronization is VariableSynchronization.AUTO:
        variable._synchronization = VariableSynchronization.ON_WRITE
    variable._strategy = strategy
    extended = strategy.extended
    if extended.group is not None:
        array = extended.group.broadcast(np.array(variable._array), root=0)
        variable._array = array[()]
    if on_read:
        variable.__class__ = SyncOnReadVariable
        variable.add_copies(extended.num_local_replicas - 1)
    extended.add(variable)
    return variable
