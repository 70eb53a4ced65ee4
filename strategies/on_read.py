"""Variables that each replica has for itself, combined when read across replicas.

Such a variable (`ON_READ`: metrics, batch statistics) has one array for each local
replica.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from strategies.contexts import LoneContext
from strategies.reduce_op import ReduceOp
from strategies.variables import DistributedVariable, Part, name_in
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.registry import get_op
from tensor.core.tensor import wrap
from tensor.core.variable import Variable, VariableAggregation


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
                dtype=self._dtype,
                shape=self.shape,
            )
            for _ in range(count)
        ]
        for i, other in enumerate(self._others, 1):
            other._name = name_in(self, i)
            other._device = self._strategy.extended.device_of(i)

    @property
    def copies(self) -> tuple[Any, ...]:
        """The variables of the local replicas; the first is this one."""
        return (self, *self._others)

    @property
    def values(self) -> tuple[Any, ...]:
        """The variables of the local replicas, each read for itself."""
        return (type.__call__(Part, self, 0), *self._others)

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

    def _assigned(self) -> Any:
        return type.__call__(Part, self, 0) if self._replica() else self

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
