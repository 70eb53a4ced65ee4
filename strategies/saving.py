"""What a strategy's variables are saved as, and by which process.

Variables that replicas share are equal everywhere: the chief writes them and nobody has
to wait. Those that each replica has for itself (batch statistics) are saved combined,
all of them in one exchange for each dtype; for that every process has to save. A chief
that saves alone is told so instead of waiting for ever.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import numpy as np

from dist import CollectiveTimeoutError
from strategies.variables import SyncOnReadVariable
from tensor.core.tensor import wrap
from tensor.core.variable import Variable, VariableAggregation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from strategies.extended import StrategyExtended
    from strategies.strategy import Strategy

# How long the chief waits for the others to save too, before it asks whether they will.
OTHERS_TIMEOUT_S = 10.0


@contextlib.contextmanager
def combined(strategy: Strategy, variables: list[Any]) -> Iterator[bool]:
    """Let variables read as they are to be saved; says whether to write them here.

    Raises:
        CollectiveTimeoutError: The chief saves, and the others do not.
    """
    extended = strategy.extended
    separate = [
        variable
        for variable in variables
        if isinstance(variable, SyncOnReadVariable) and variable.held is None
    ]
    if strategy.num_replicas_in_sync == 1:
        separate = []
    try:
        _hold_combined(extended, separate)
        yield extended.is_chief
    finally:
        for variable in separate:
            variable.held = None


def _hold_combined(
    extended: StrategyExtended, variables: list[SyncOnReadVariable]
) -> None:
    """Give variables the value that all replicas have together."""
    by_dtype: dict[Any, list[SyncOnReadVariable]] = {}
    for variable in variables:
        if variable.aggregation is VariableAggregation.NONE:
            variable.numpy()  # raises: there is no rule for combining
        by_dtype.setdefault(variable.dtype, []).append(variable)
    for together in by_dtype.values():
        parts = [_local_part(extended, variable) for variable in together]
        total = _summed(extended, np.concatenate([part.ravel() for part in parts]))
        start = 0
        for variable, part in zip(together, parts, strict=True):
            array = total[start : start + part.size].reshape(part.shape)
            start += part.size
            if variable.aggregation is VariableAggregation.MEAN:
                array = array / array.dtype.type(extended.num_replicas)
            variable.held = wrap(array[()])


def _local_part(extended: StrategyExtended, variable: SyncOnReadVariable) -> Any:
    """Return what the replicas of this process add to the combined value."""
    arrays = [np.asarray(Variable.read_array(v)) for v in variable.values]
    if variable.aggregation is VariableAggregation.ONLY_FIRST_REPLICA:
        return arrays[0] if extended.is_chief else np.zeros_like(arrays[0])
    total = arrays[0]
    for array in arrays[1:]:
        total = total + array
    return total


def _summed(extended: StrategyExtended, array: Any) -> Any:
    group = extended.group
    if group is None:
        return array
    timeout_s = OTHERS_TIMEOUT_S if extended.is_chief else None
    try:
        return group.all_reduce(array, timeout=timeout_s)
    except CollectiveTimeoutError as error:
        error.add_note(
            "The model has variables that every replica has for itself, such as the "
            "statistics of BatchNormalization: saving combines them, so every process "
            "has to save. Call `save` in all of them; the chief alone writes."
        )
        raise
