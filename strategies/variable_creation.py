"""How variables of a strategy come into being."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from strategies.on_read import SyncOnReadVariable
from strategies.variables import MirroredVariable
from tensor.core.variable import VariableAggregation, VariableSynchronization

if TYPE_CHECKING:
    from strategies.strategy import Strategy


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
    variable._device = extended.device_of(0)
    if extended.group is not None:
        array = extended.group.broadcast(np.array(variable._array), root=0)
        variable._array = array[()]
    if on_read:
        variable.__class__ = SyncOnReadVariable
        variable.add_copies(extended.num_local_replicas - 1)
    extended.add(variable)
    return variable
